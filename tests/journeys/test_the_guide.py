"""The guide from its first step to its last, in its words: by
pointer, and with the keyboard alone.
"""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from quadline.numbers.models import SystemNumber
from tests.browser import Person
from tests.cast import Cast
from tests.house import House, eventually
from tests.journeys.test_keyboard import tab_to

Arrive = Callable[..., Person]
DAY = 24 * 3600
REPORT = "Report for Student Opt Outs"


def test_the_whole_guide_by_pointer(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    the_house.simulator.settings(registration_delay=DAY)
    maya = at_the_screen("maya@alder.example")
    system_phone = trigger_your_number_assignment(maya, the_house, people)
    notify_your_students(maya, the_house, people, system_phone)
    text_the_whole_caseload(maya.page, the_house, people)
    handle_an_opt_out(maya.page, the_house, people, system_phone)


def trigger_your_number_assignment(maya: Person, house: House, people: Cast) -> str:
    page = maya.page
    page.get_by_role("link", name="Students", exact=True).click()
    page.get_by_role("searchbox").fill("Sally Student-Taynor")
    page.get_by_role("link", name=re.compile("Sally Student-Taynor")).first.click()
    page.get_by_role("link", name="Message", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("tab", name="Text Message").click()
    dialog.get_by_role("textbox", name=re.compile("Text Message")).fill("Setup test")
    dialog.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("Waiting for your number")

    maya.open("/me/announce/")  # not before the number is active
    expect(page.get_by_role("button", name="Continue")).to_have_count(0)
    maya.open("/me/")
    expect(page.locator("#system-number")).to_contain_text("Being set up")
    eventually(lambda: SystemNumber.objects.filter(attached_at__isnull=False).exists())
    house.simulator.fast_forward(hours=24)
    expect(page.locator("#system-number")).to_contain_text("System · Text Only")
    number = SystemNumber.objects.get(inbox__owner=people.maya)
    expect(page.locator("#system-number")).to_contain_text(number.written)
    assert len(house.simulator.purchases()) == 1
    eventually(lambda: house.simulator.accepts(to=people.sally.mobile))
    return number.phone


def notify_your_students(
    maya: Person, house: House, people: Cast, system_phone: str
) -> None:
    page = maya.page
    page.get_by_role("link", name="Tell your students").click()
    expect(page.get_by_label("Subject")).to_have_value(re.compile("New Texting Number"))
    expect(page.locator("#preview")).to_contain_text(
        SystemNumber.objects.get(phone=system_phone).written
    )
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Send 4 emails").click()
    expect(page.locator("#progress")).to_contain_text("Finished")

    on_caseload = (people.rosa, people.bo, people.gus, people.nell)
    for student in on_caseload:
        letter = eventually(
            lambda student=student: house.simulator.mail(student.email)  # type: ignore[misc]
        )[0]
        assert letter["subject"] == "New Texting Number for Maya Alvarez"
        assert student.first_name in letter["text"]
        assert SystemNumber.objects.get(phone=system_phone).written in letter["text"]
        assert "(734) 555-0100" in letter["text"], "the office line"
        assert [
            name for name in letter["attachments"] if str(name).endswith(".vcf")
        ] or "vcf" in str(letter["attachments"])
    assert mailed_students(house) == {student.email for student in on_caseload}


def mailed_students(house: House) -> set[str]:
    """Maya herself got one too, that her number is active."""
    return {line["to"] for line in house.simulator.mail_ledger()} - {
        "maya@alder.example"
    }


def text_the_whole_caseload(page: Page, house: House, people: Cast) -> None:
    page.get_by_role("link", name=re.compile("^Inbox")).first.click()
    page.get_by_role("link", name=re.compile("New", re.IGNORECASE)).first.click()
    page.get_by_role("tab", name="Text Message").click()
    page.get_by_role("combobox", name="To", exact=True).click()
    page.get_by_role(
        "option", name=re.compile(r"All Students on My Caseload \(4\)")
    ).click()
    page.get_by_role("textbox", name=re.compile("Text Message")).fill(
        "Hi [Student Name], registration opens Monday. Maya Alvarez"
    )
    page.get_by_role("button", name="Review").click()
    page.get_by_role("button", name="Send 2 texts and 2 emails").click()
    expect(page.locator("#progress")).to_contain_text("Finished")

    for student in (people.rosa, people.bo):
        (text,) = house.simulator.accepts(to=student.mobile)
        assert text["body"].startswith(f"Hi {student.first_name}, registration")
        assert "Reply STOP to opt out" in text["body"], (
            "the first text of this number to them"
        )
    for student in (people.gus, people.nell):  # Email Fail-Safe
        letters = eventually(
            lambda student=student: house.simulator.mail(student.email)[1:]  # type: ignore[misc]
        )
        assert len(letters) == 1
        assert (
            f"Hi {student.first_name}, registration opens Monday." in letters[0]["text"]
        )


def handle_an_opt_out(
    page: Page, house: House, people: Cast, system_phone: str
) -> None:
    house.simulator.text(people.bo.mobile, system_phone, "STOP")
    page.get_by_role("link", name="Reports", exact=True).first.click()
    page.get_by_role("link", name=REPORT).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(REPORT)
    row = page.get_by_role("row", name=re.compile("Bo Jensen"))
    expect(row).to_contain_text("Replied STOP")

    row.get_by_role("link", name="Bo Jensen").click()
    page.get_by_role("link", name="Message", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Bo must text START to")
    page.keyboard.press("Escape")

    house.simulator.a_second_passes()
    house.simulator.text(people.bo.mobile, system_phone, "UNSTOP")
    page.reload()
    page.get_by_role("link", name="Message", exact=True).click()
    writing = page.get_by_role("dialog").get_by_role(
        "textbox", name=re.compile("Text Message")
    )
    expect(writing).to_be_enabled()
    writing.fill("Welcome back")
    page.get_by_role("dialog").get_by_role("button", name="Send", exact=True).click()
    eventually(
        lambda: [
            text
            for text in house.simulator.accepts(to=people.bo.mobile)
            if text["body"] == "Welcome back"
        ]
    )


def test_the_whole_guide_by_keyboard(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    page = at_the_screen("maya@alder.example").page
    go(page, r"^A Students")
    page.wait_for_url("**/students/")
    page.wait_for_load_state()
    page.keyboard.press("/")
    page.keyboard.type("Sally Student-Taynor")
    expect(page.locator("#results")).to_contain_text("1 student")
    go(page, r"^A Sally Student-Taynor")
    page.wait_for_url("**/students/*/")
    page.wait_for_load_state()
    go(page, r"^A Message$")
    expect(
        page.get_by_role("dialog").get_by_role(
            "textbox", name=re.compile("Text Message")
        )
    ).to_be_focused()
    page.keyboard.type("Setup test")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    eventually(
        lambda: SystemNumber.objects.filter(
            inbox__owner=people.maya, state="active"
        ).exists()
    )
    number = SystemNumber.objects.get(inbox__owner=people.maya)

    introduce_the_number(page, the_house)
    text_the_caseload_by_keyboard(page, the_house, people)
    see_an_opt_out_and_its_end(page, the_house, people, number.phone)


def introduce_the_number(page: Page, the_house: House) -> None:
    page.goto(f"{the_house.url}/me/")
    go(page, r"^A Tell your students")
    page.wait_for_url("**/announce/")
    page.wait_for_load_state()
    go(page, r"^BUTTON Continue")
    page.wait_for_url("**/review/")
    page.wait_for_load_state()
    go(page, r"^BUTTON Send 4 emails")
    expect(page.locator("#progress")).to_contain_text("Finished")
    assert len(mailed_students(the_house)) == 4


def text_the_caseload_by_keyboard(page: Page, the_house: House, people: Cast) -> None:
    go(page, r"^A Inbox")
    page.wait_for_url("**/inbox/")
    page.wait_for_load_state()
    go(page, r"^A .*New")
    page.wait_for_url("**/inbox/new/")
    page.wait_for_load_state()
    tab_to(page, r"^INPUT$|^INPUT ")
    page.keyboard.type("all students")
    page.keyboard.press("Enter")
    expect(page.locator("[data-recipients=to] [data-chip]")).to_have_text(
        "All Students on My Caseload (4)"
    )
    expect(page.locator("#how-many")).to_contain_text(
        "4 students, each in their own conversation."
    )
    tab_to(page, r"^TEXTAREA Text Message")
    page.keyboard.type("Hi [Student Name], registration opens Monday. Maya Alvarez")
    go(page, r"^BUTTON Review$")
    page.wait_for_url("**/review/")
    page.wait_for_load_state()
    go(page, r"^BUTTON Send 2 texts and 2 emails$")
    expect(page.locator("#progress")).to_contain_text("Finished")
    assert len(the_house.simulator.accepts(to=people.rosa.mobile)) == 1
    # the announcement, and the fail-safe
    eventually(lambda: len(the_house.simulator.mail(people.gus.email)) == 2)


def see_an_opt_out_and_its_end(
    page: Page, the_house: House, people: Cast, system_phone: str
) -> None:
    the_house.simulator.text(people.bo.mobile, system_phone, "STOP")
    page.wait_for_load_state()
    go(page, r"^A Reports")
    page.wait_for_url("**/reports/")
    page.wait_for_load_state()
    go(page, rf"^A {REPORT}")
    expect(page.get_by_role("row", name=re.compile("Bo Jensen"))).to_contain_text(
        "Replied STOP"
    )
    the_house.simulator.a_second_passes()
    the_house.simulator.text(people.bo.mobile, system_phone, "START")
    expect(page.get_by_text("No students have opted out.")).to_be_visible()


def go(page: Page, name: str) -> None:
    tab_to(page, name)
    page.keyboard.press("Enter")
