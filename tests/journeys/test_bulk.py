"""Inbox icon, +New, Text Message, To: the whole caseload is written to, by keyboard
alone, by pointer, and without scripts.
"""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from quadline.broadcasts.models import Audience, Broadcast
from quadline.broadcasts.rules import BroadcastState
from quadline.conversations.models import Message
from tests.browser import Person
from tests.cast import Cast
from tests.house import House, eventually
from tests.journeys.test_keyboard import tab_to

Arrive = Callable[..., Person]
PASTE = """(text) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text", text);
  const paste = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
  document.querySelector("#to-input").dispatchEvent(paste);
}"""
HELLO = "Hi [Student Name], registration opens Monday. Maya Alvarez"


def to_field(page: Page, name: str = "To") -> Locator:
    return page.get_by_role("combobox", name=name, exact=True)


def said(page: Page) -> Locator:
    return page.locator("#say")


def test_the_caseload_is_written_to_by_keyboard_alone(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    page = at_the_screen("maya@alder.example").page
    page.keyboard.press("c")
    page.wait_for_url("**/inbox/new/")
    page.wait_for_load_state()
    tab_to(page, r"^INPUT$|^INPUT ")
    expect(to_field(page)).to_be_focused()
    page.keyboard.type("all")
    page.keyboard.press("Enter")  # quicker than the list
    expect(page.locator("[data-recipients=to] [data-chip]")).to_have_text(
        "All Students on My Caseload (4)"
    )
    expect(to_field(page)).to_be_focused()
    expect(page.locator("#how-many")).to_have_text(
        "4 students, each in their own conversation. You review it before anything is"
        " sent."
    )
    tab_to(page, r"^TEXTAREA Text Message")
    page.keyboard.type(HELLO)
    tab_to(page, r"^BUTTON Review$")
    page.keyboard.press("Enter")

    page.wait_for_url("**/review/")
    page.wait_for_load_state()
    expect(page.get_by_role("heading", level=1)).to_have_text("Review before sending")
    assert the_house.simulator.accepts() == []
    tab_to(page, r"^A Rosa Calderón|^A .*Bo Jensen")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Bo Jensen")
    page.keyboard.press("Escape")
    tab_to(page, r"^BUTTON Send 2 texts and 2 emails$")
    page.keyboard.press("Enter")

    page.wait_for_url(re.compile(r"/broadcasts/[\w-]{36}/$"))
    # automatically, without a reload
    expect(page.locator("#progress")).to_contain_text("Finished")
    expect(page.locator("#progress-words")).to_have_text("4 of 4 sent.")
    broadcast = Broadcast.objects.get()
    got = {text["to"]: text["body"] for text in the_house.simulator.accepts()}
    assert {phone: body.split(",")[0] for phone, body in got.items()} == {
        people.rosa.mobile: "Hi Rosa",
        people.bo.mobile: "Hi Bo",
    }
    assert broadcast.state == BroadcastState.FINISHED


def test_the_combobox_is_one_by_keyboard_and_by_pointer(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here = at_the_screen("maya@alder.example")
    page = here.page
    here.open("/inbox/new/")
    field = to_field(page)
    chips = page.locator("[data-recipients=to] [data-chip]")
    expect(field).to_have_attribute("aria-expanded", "false")
    field.press("ArrowDown")
    options = page.get_by_role("option")
    expect(options.first).to_contain_text("All Students on My Caseload (4)")
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(said(page)).to_have_text("5 results.")
    for _ in range(2):
        field.press("ArrowDown")
    active = field.get_attribute("aria-activedescendant")
    expect(page.locator(f"#{active}")).to_have_attribute("aria-selected", "true")
    name = page.locator(f"#{active}").get_attribute("data-label")
    field.press("Enter")
    expect(chips).to_have_text([str(name)])
    expect(said(page)).to_have_text(f"Added {name}. 1 choice.")

    field.press_sequentially("zzzz")
    expect(page.locator(".options-none")).to_contain_text("Nothing matches “zzzz”.")
    expect(field).to_have_attribute("aria-expanded", "false")
    field.press("Escape")
    expect(page.locator(".options-none")).to_be_hidden()
    field.fill("")
    field.press_sequentially("bo")
    page.get_by_role("option", name=re.compile("Bo Jensen")).click()
    expect(field).to_be_focused()
    expect(chips).to_have_count(2)
    field.press("Backspace")
    expect(said(page)).to_have_text("Removed Bo Jensen. 1 choice left.")
    page.get_by_role("button", name=f"Remove {name}").click()
    expect(chips).to_have_count(0)
    expect(field).to_be_focused()


def test_a_button_says_whether_it_is_sent_or_reviewed(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here = at_the_screen("maya@alder.example")
    page = here.page
    here.open(f"/inbox/new/?to={people.bo.pk}")
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()
    to_field(page).press_sequentially("rosa")
    to_field(page).press("Enter")
    expect(page.get_by_role("button", name="Review", exact=True)).to_be_visible()
    page.get_by_role("button", name="Remove Rosa Calderón").click()
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()
    page.get_by_role("textbox", name="Text Message").fill("Only for you")
    page.get_by_role("button", name="Send", exact=True).click()
    page.wait_for_url("**/inbox/c/*/")
    assert not Broadcast.objects.exists()


def test_a_pasted_list_is_read_and_reported(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here = at_the_screen("maya@alder.example")
    page = here.page
    here.open("/inbox/new/")
    page.get_by_text("Paste a list").click()
    page.get_by_label("Student IDs or email addresses").fill(
        f"{people.rosa.institutional_id}\n{people.bo.email}; 99999999"
    )
    page.get_by_role("button", name="Add these students").click()
    expect(page.locator("[data-recipients=to] [data-chip]")).to_have_text(
        ["Rosa Calderón", "Bo Jensen"]
    )
    expect(page.locator("#pasted-report")).to_contain_text("2 students found.")
    expect(to_field(page)).to_be_focused()
    page.get_by_role("button", name="Remove 99999999").click()
    expect(page.locator("#pasted-report")).to_be_empty()

    page.evaluate(
        PASTE,
        "\n".join(
            student.institutional_id
            for student in (people.gus, people.nell, people.kim)
        ),
    )
    expect(page.locator("[data-recipients=to] [data-chip]")).to_have_count(4)
    expect(page.locator("#pasted-report")).to_contain_text(people.kim.institutional_id)


def test_what_is_written_and_for_whom_outlives_the_tab(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here = at_the_screen("maya@alder.example")
    page = here.page
    here.open("/inbox/new/")
    to_field(page).press_sequentially("all")
    to_field(page).press("Enter")
    page.get_by_text("Except…").click()
    to_field(page, "Except").press_sequentially("gus")
    to_field(page, "Except").press("Enter")
    page.get_by_role("textbox", name="Text Message").fill(HELLO)
    expect(page.locator("#how-many")).to_contain_text("3 students")
    here.open("/students/")
    here.open("/inbox/new/")
    expect(page.locator("[data-chip]")).to_have_count(2)
    expect(page.get_by_role("textbox", name="Text Message")).to_have_value(HELLO)

    page.get_by_text("Save these recipients").click()
    page.get_by_label("Name of the audience").fill("Mine without Gus")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("Saved as “Mine without Gus”.")
    expect(page.get_by_role("textbox", name="Text Message")).to_have_value(HELLO)
    assert Audience.objects.get().owner == people.maya
    page.get_by_role("button", name="Review").click()
    page.get_by_role("link", name="Back to editing").click()
    expect(page.locator("[data-chip]")).to_have_count(2)
    expect(page.get_by_role("textbox", name="Text Message")).to_have_value(HELLO)
    here.open("/inbox/new/")
    expect(page.locator("[data-chip]")).to_have_count(0)  # it is a draft now
    expect(page.get_by_role("textbox", name="Text Message")).to_have_value("")


def test_the_rest_is_stopped_after_one_question(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    the_house.simulator.settings(registration_delay=24 * 3600)
    here = at_the_screen("maya@alder.example")
    page = here.page
    here.open("/inbox/new/?to=caseload")
    page.get_by_role("textbox", name="Text Message").fill(HELLO)
    page.get_by_role("button", name="Review").click()
    page.get_by_role("button", name="Send 2 texts and 2 emails").click()
    expect(page.locator("#progress")).to_contain_text("Waiting for the number")
    page.get_by_role("link", name="Cancel remaining").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Sent messages can’t be recalled.")
    dialog.get_by_role("button", name="Keep sending").click()
    expect(page.get_by_role("link", name="Cancel remaining")).to_be_focused()
    page.get_by_role("link", name="Cancel remaining").click()
    dialog.get_by_role("button", name=re.compile("Cancel ")).click()
    expect(page.locator("#progress")).to_contain_text("Stopped")
    assert Message.objects.filter(status="cancelled").count() >= 2


def test_the_caseload_is_written_to_without_scripts(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here = at_the_screen("maya@alder.example", java_script_enabled=False)
    page = here.page
    page.get_by_role("link", name="New", exact=True).click()
    page.get_by_label("To", exact=True).fill("bo")
    page.get_by_label("To", exact=True).press("Enter")
    page.get_by_role("checkbox", name="Add Bo Jensen").check()
    page.get_by_role("button", name="Add the ticked ones").click()
    expect(page.locator("[data-chip]")).to_have_text("Bo Jensen")
    page.get_by_role("button", name="Remove Bo Jensen").click()
    expect(page.locator("[data-chip]")).to_have_count(0)
    page.get_by_role("link", name="All Students on My Caseload").click()
    page.get_by_role("textbox", name=re.compile("Text Message")).fill(HELLO)
    page.get_by_role("button", name="Review").click()
    page.get_by_role("link", name="Next recipient").click()
    expect(page.locator("#read")).to_contain_text("Hi Gus")
    page.get_by_role("link", name=re.compile("Rosa Calderón|See all")).first.click()
    expect(page.get_by_role("main")).to_contain_text("Bo Jensen")
    page.get_by_role("link", name="Review before sending").click()
    page.get_by_role("button", name="Send 2 texts and 2 emails").click()

    eventually(lambda: len(the_house.simulator.accepts()) == 2)
    assert {text["to"] for text in the_house.simulator.accepts()} == {
        people.rosa.mobile,
        people.bo.mobile,
    }
    eventually(lambda: Message.objects.filter(status="emailed").count() == 2)
    page.reload()  # without scripts it shows what was so when it was made
    expect(page.locator("#results")).to_contain_text("Sent as email instead")
    page.get_by_role("link", name=re.compile("Sent as email instead")).click()
    expect(page.locator("#results tbody tr")).to_have_count(2)
