"""The Email tab at the screen: by keyboard, from a template, with the words of a text
that cannot go, without scripts.
"""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from quadline.consent import ledger
from quadline.consent.rules import Change, Source
from quadline.conversations.models import MessageTemplate
from quadline.conversations.starters import INTRODUCTION
from tests.browser import Person
from tests.cast import Cast
from tests.house import House, eventually
from tests.journeys.furnished import furnish, give_number
from tests.journeys.test_keyboard import FOCUS_IS_SEEN, tab_to

Arrive = Callable[..., Person]
PHONE = "+17342340001"


def tabs_of(place: Page | Locator) -> tuple[Locator, Locator]:
    return place.get_by_role("tab", name="Text Message"), place.get_by_role(
        "tab", name="Email"
    )


def open_dialog(page: Page) -> Locator:
    page.get_by_role("link", name="Message", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    return dialog


def test_the_tabs_are_one_stop_and_the_arrows_move_between_them(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here = at_the_screen("maya@alder.example")
    page = here.page
    here.open(f"/students/{people.rosa.pk}/")
    dialog = open_dialog(page)
    text, email = tabs_of(dialog)
    expect(text).to_have_attribute("aria-selected", "true")
    expect(dialog.get_by_role("textbox", name="Text Message")).to_be_focused()

    page.keyboard.press("Shift+Tab")
    expect(text).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(email).to_be_focused()
    assert page.evaluate(FOCUS_IS_SEEN)
    expect(email).to_have_attribute("aria-selected", "true")
    expect(text).to_have_attribute("tabindex", "-1")
    expect(dialog.get_by_role("tabpanel", name="Email")).to_be_visible()
    expect(dialog.get_by_role("textbox", name="Text Message")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(text).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    expect(email).to_be_focused()

    page.keyboard.press("Tab")
    page.keyboard.type("Your plan, [Student Name]")
    page.keyboard.press("Tab")
    page.keyboard.type("Hello [Student Name],")
    page.keyboard.press("Enter")
    page.keyboard.type("call me at [Office Phone Number].")
    page.keyboard.press("Control+Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#toasts")).to_contain_text("Email accepted.")
    expect(page.get_by_role("link", name="Message", exact=True)).to_be_focused()
    [mail] = eventually(lambda: the_house.simulator.mail(people.rosa.email))
    assert mail["subject"] == "Your plan, Rosa"
    assert "Hello Rosa,\ncall me at (734) 555-0100." in mail["text"].replace(
        "\r\n", "\n"
    )


def test_an_email_stands_in_the_conversation_and_the_tab_is_remembered(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    found = furnish(people)
    here = at_the_screen("maya@alder.example")
    page = here.page
    here.open(f"/inbox/c/{found['sally'].pk}/")
    tabs_of(page)[1].click()
    page.get_by_label("Subject").fill("About Thursday")
    page.get_by_role("textbox", name="Email").fill("Hello [Student Name]")
    page.get_by_role("button", name="Send", exact=True).click()
    bubble = page.locator("#log .message").last
    expect(bubble).to_contain_text("About Thursday")
    expect(bubble).to_contain_text("Hello Sally")
    expect(bubble).to_contain_text("Sent")
    expect(
        page.locator("#log .message").filter(has_text="About Thursday")
    ).to_have_count(1)
    expect(page.get_by_label("Subject")).to_have_value("")

    page.locator(f"#row-{found['rosa'].pk} a").click()
    expect(page.locator("#conversation-title")).to_have_text("Rosa Calderón")
    expect(tabs_of(page)[1]).to_have_attribute("aria-selected", "true")
    here.open(f"/students/{people.rosa.pk}/")
    expect(tabs_of(open_dialog(page))[0]).to_have_attribute("aria-selected", "true")


def test_a_refused_email_comes_back_into_the_form(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    found = furnish(people)
    here = at_the_screen("maya@alder.example")
    page = here.page
    here.open(f"/inbox/c/{found['sally'].pk}/?tab=email")
    page.get_by_label("Subject").fill("About the form")
    page.get_by_role("textbox", name="Email").fill("Due [Due Date]")
    expect(page.locator("#panel-email [data-open-fields]")).to_contain_text(
        "[Due Date]: not a merge field."
    )
    page.get_by_role("button", name="Send", exact=True).click()

    expect(page.locator("#refusal")).to_contain_text("[Due Date] is not a merge field.")
    expect(page.get_by_label("Subject")).to_have_value("About the form")
    expect(page.get_by_role("textbox", name="Email")).to_have_value("Due [Due Date]")
    expect(
        page.locator("#log .message").filter(has_text="Due [Due Date]")
    ).to_have_count(0)
    page.reload()
    expect(page.get_by_role("textbox", name="Email")).to_have_value("Due [Due Date]")
    here.faults.remove(
        "console: Failed to load resource: the server responded with a status of 422"
        " (Unprocessable Entity)"
    )


def test_the_words_of_a_text_that_cannot_go_become_an_email(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    found = furnish(people)
    here = at_the_screen("maya@alder.example")
    page = here.page
    here.open(f"/inbox/c/{found['rosa'].pk}/")
    page.get_by_role("textbox", name="Text Message").fill("See you at 3")
    pair = (people.rosa.mobile, PHONE)
    ledger.record_consent(
        pair=pair,
        change=Change.OPT_OUT,
        source=Source.REPLY,
        occurred_at=people.maya.created_at,
        keyword="STOP",
    )
    page.reload()
    page.get_by_role("link", name="Send as email").click()

    expect(page.get_by_role("textbox", name="Email")).to_have_value("See you at 3")
    expect(page.get_by_label("Subject")).to_be_focused()
    page.keyboard.type("Today")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#log .message").last).to_contain_text("See you at 3")
    eventually(lambda: the_house.simulator.mail(people.rosa.email))
    expect(page.get_by_role("link", name="Send as email")).to_be_hidden()


def test_a_template_is_put_in_by_keyboard_with_the_students_name(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    furnish(people)
    here = at_the_screen("maya@alder.example")
    page = here.page
    here.open(f"/students/{people.rosa.pk}/")
    dialog = open_dialog(page)
    tabs_of(dialog)[1].click()
    tab_to(page, r"^BUTTON Templates")
    page.keyboard.press("ArrowDown")
    tab_to(page, rf"^A {INTRODUCTION}")
    page.keyboard.press("Enter")

    expect(dialog.get_by_role("textbox", name=re.compile("^Email"))).to_be_focused()
    expect(dialog.get_by_label("Subject")).to_have_value(
        "New Texting Number for Maya Alvarez"
    )
    expect(dialog.get_by_role("textbox", name=re.compile("^Email"))).to_have_value(
        re.compile("Hello Rosa,.*234-0001", re.S)
    )
    expect(dialog.get_by_label("Attach my contact card")).to_be_checked()
    dialog.get_by_role("button", name="Send", exact=True).click()
    expect(dialog).to_be_hidden()
    [mail] = eventually(lambda: the_house.simulator.mail(people.rosa.email))
    assert [each["name"] for each in mail["attachments"]] == ["text-only-number.vcf"]


def test_an_email_is_sent_without_scripts(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    give_number(people.maya, PHONE)
    page = at_the_screen("maya@alder.example", java_script_enabled=False).page
    page.goto(f"{the_house.url}/students/{people.rosa.pk}/message/")
    tabs_of(page)[1].click()
    page.get_by_role("button", name="Templates").click()
    page.get_by_role("link", name=INTRODUCTION).click()
    page.get_by_role("button", name="Send", exact=True).click()

    expect(page.locator("#log .subject")).to_have_text(
        "New Texting Number for Maya Alvarez"
    )
    [mail] = eventually(lambda: the_house.simulator.mail(people.rosa.email))
    assert "Hello Rosa," in mail["text"]


def test_a_template_is_written_with_its_preview_beside_it(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here = at_the_screen("maya@alder.example")
    page = here.page
    here.open("/templates/")
    page.get_by_role("link", name="New template").click()
    page.get_by_label("Name", exact=True).fill("Check in")
    page.get_by_label("Message", exact=True).fill("Hi ")
    page.get_by_role("button", name="Merge fields").click()
    page.get_by_role("button", name="[Student Name]").click()
    expect(page.get_by_label("Message", exact=True)).to_be_focused()
    page.keyboard.type(", how are you?")
    expect(page.locator("#preview")).to_contain_text("Hi Rosa, how are you?")
    page.get_by_role("searchbox", name=re.compile("another student")).fill("jensen")
    expect(page.locator("#preview")).to_contain_text("Hi Bo, how are you?")
    expect(page.locator("#preview")).to_contain_text("Counts as 1 text for Bo.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("“Check in” is saved.")
    assert (
        MessageTemplate.objects.get(owner=people.maya).body
        == "Hi [Student Name], how are you?"
    )
