"""The screens in a browser: a student reads, answers, stops,
calls; the trainer turns a knob.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from quadline.simulator.tests.college import College
from quadline.simulator.tests.driver import STUDENT, Simulator
from quadline.simulator.tests.intake import Intake
from quadline.simulator.tests.letters import SALLY, letter, post

AXE = Path(__file__).parents[3] / "tests" / "vendor" / "axe.min.js"
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
]
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any, simulator: Simulator) -> Iterator[Page]:
    simulator.post(
        "directory", phone_number=STUDENT, name="Sally Student-Taynor", email=SALLY
    )
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    problems: list[str] = []
    page.on(
        "console",
        lambda message: (
            problems.append(message.text) if message.type == "error" else None
        ),
    )
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()
    assert problems == []


def test_a_student_reads_and_answers(
    page: Page, simulator: Simulator, college: College, advisor_number: str
) -> None:
    simulator.final(simulator.send(advisor_number).sid)
    page.goto(f"{simulator.url}/phones/{STUDENT}")
    expect(
        page.get_by_text("No real texts or emails leave this machine.")
    ).to_be_visible()
    expect(page.locator(".bubble.in")).to_contain_text("Are you free on Monday?")
    page.get_by_label("Answer as this student").fill("Yes! See you then")
    page.keyboard.press("Enter")
    expect(page.locator(".bubble.out")).to_contain_text("Yes! See you then")
    expect(page.get_by_text("Received by the college")).to_be_visible()
    assert college.at("/inbound")[0].form["Body"] == "Yes! See you then"


def test_a_new_text_appears_automatically(
    page: Page, simulator: Simulator, advisor_number: str
) -> None:
    page.goto(f"{simulator.url}/phones/{STUDENT}")
    expect(page.get_by_text("No texts with this number yet.")).to_be_visible()
    simulator.send(advisor_number, body="Good morning")
    expect(page.locator(".bubble.in")).to_contain_text("Good morning")


def test_stop_shows_on_the_phone(
    page: Page, simulator: Simulator, advisor_number: str
) -> None:
    page.goto(f"{simulator.url}/phones/{STUDENT}")
    page.get_by_role("button", name="STOP").click()
    expect(page.get_by_text("Opted out: this phone said STOP")).to_be_visible()
    page.get_by_role("button", name="START", exact=True).click()
    expect(page.get_by_text("Opted out: this phone said STOP")).to_be_hidden()


def test_a_call_is_heard(
    page: Page, simulator: Simulator, college: College, advisor_number: str
) -> None:
    college.answers["/voice"] = lambda: (
        200,
        "<Response><Say>This number is for text messages only.</Say></Response>",
    )
    page.goto(f"{simulator.url}/phones/{STUDENT}")
    page.get_by_role("button", name="Call this number").click()
    expect(page.get_by_role("dialog")).to_contain_text(
        "This number is for text messages only."
    )
    page.get_by_role("button", name="Hang up").click()
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_knobs_and_faults_are_turned(
    page: Page, simulator: Simulator, college: College
) -> None:
    simulator.post("settings", registration_delay=86400)
    simulator.rent(college, registered=False)
    page.goto(f"{simulator.url}/phones/{STUDENT}")
    page.get_by_role("button", name="Fast-forward 24 hours").click()
    expect(page.get_by_text("24 h ahead")).to_be_visible()
    assert simulator.get("numbers")[0]["registration"] == "registered"
    page.get_by_label("Registering a number takes").select_option("30 seconds")
    simulator.wait_until(lambda: simulator.get("settings")["registration_delay"] == 30)
    off = page.get_by_role("switch", name="This phone is switched off")
    off.check()
    simulator.wait_until(
        lambda: [fault["to"] for fault in simulator.get("faults")] == [STUDENT]
    )
    off.uncheck()
    simulator.wait_until(lambda: simulator.get("faults") == [])


def test_a_mail_is_read_beside_the_phone_and_answered(
    page: Page, simulator: Simulator, intake: Intake
) -> None:
    post(
        simulator,
        letter(
            "Message from Maya",
            "Your text is here.\n\nWords: https://texting.alder.example/x",
        ),
    )
    page.goto(f"{simulator.url}/phones/{STUDENT}")
    page.get_by_role("button", name="Mailbox").click()
    page.get_by_role("button", name="Message from Maya").click()
    expect(page.get_by_role("heading", name="Message from Maya")).to_be_focused()
    expect(
        page.get_by_role("link", name="https://texting.alder.example/x")
    ).to_be_visible()
    page.get_by_label("Reply as this student").fill("Thank you")
    page.get_by_role("button", name="Reply", exact=True).click()
    expect(page.get_by_text("Received by the college")).to_be_visible()
    assert "Thank you" in intake.mails[0].text
    page.get_by_role("button", name="All mail").click()
    expect(page.get_by_role("button", name="Sent by the student")).to_be_visible()


def test_a_link_in_a_mail_opens_the_texting_app(
    page: Page, simulator: Simulator, advisor_number: str
) -> None:
    post(
        simulator, letter(body=f"To get texts again: sms:{advisor_number}?&body=START")
    )
    page.goto(f"{simulator.url}/phones/{STUDENT}")
    page.get_by_role("button", name="Mailbox").click()
    page.locator(".mail-row").click()
    page.get_by_role("button", name="Text START to").click()
    expect(page.get_by_label("Answer as this student")).to_have_value("START")
    expect(page.get_by_label("Answer as this student")).to_be_focused()
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".bubble.out")).to_contain_text("START")


def test_the_html_of_a_mail_is_shown_without_what_it_would_do(
    page: Page, simulator: Simulator
) -> None:
    mail = letter(body="Plain")
    link = (
        '<a href="sms:+17345550200?&body=START"><strong>Text START to (734)'
        " 555-0200</strong></a>"
    )
    evil = '<img src=x><script>alert(2)</script><a href="javascript:alert(3)">Press</a>'
    mail.add_alternative(
        "<html><body><blockquote><p>Are you"
        f" free?</p></blockquote><p>{link}</p>{evil}</body></html>",
        subtype="html",
    )
    post(simulator, mail)
    page.goto(f"{simulator.url}/phones/{STUDENT}")
    page.get_by_role("button", name="Mailbox").click()
    page.locator(".mail-row").click()
    expect(page.locator("#mail-body blockquote")).to_have_text("Are you free?")
    expect(
        page.get_by_role("button", name="Text START to (734) 555-0200")
    ).to_be_visible()
    expect(page.locator("#mail-body").get_by_text("Press")).to_be_visible()
    assert page.locator("#mail-body").locator("img, script, a").count() == 0


def test_a_student_without_a_phone_has_a_mailbox_all_the_same(
    page: Page, simulator: Simulator
) -> None:
    post(simulator, letter("Only by email"), to="nell@alder.example")
    page.goto(simulator.url)
    page.get_by_role("link", name="nell@alder.example").click()
    expect(page.get_by_role("button", name="Only by email")).to_be_visible()
    expect(page.get_by_label("Phone of")).to_be_hidden()


@pytest.mark.parametrize("width", [390, 1280, 1680])
def test_phone_and_mailbox_have_no_accessibility_fault(
    page: Page, simulator: Simulator, advisor_number: str, width: int
) -> None:
    simulator.final(simulator.send(advisor_number).sid)
    post(simulator, letter())
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{simulator.url}/phones/{STUDENT}")
    assert faults(page) == []
    if width < 1520:
        page.get_by_role("button", name="Mailbox").click()
    assert faults(page) == []
    page.locator(".mail-row").click()
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def faults(page: Page) -> list[str]:
    page.evaluate(AXE.read_text())
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.evaluate("rules => axe.run(document, { runOnly: rules })", rules)[
        "violations"
    ]
    return [f"{each['id']}: {each['nodes'][0]['html'][:100]}" for each in found]
