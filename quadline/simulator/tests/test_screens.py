"""The screens in a browser: a student reads, answers, stops, calls; the trainer turns a knob."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from quadline.simulator.tests.college import College
from quadline.simulator.tests.driver import STUDENT, Simulator

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"]
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any, simulator: Simulator) -> Iterator[Page]:
    simulator.post("directory", phone_number=STUDENT, name="Sally Student-Taynor")
    context = browser.new_context()
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()
    assert problems == []


def test_a_student_reads_and_answers(page: Page, simulator: Simulator, college: College, advisor_number: str) -> None:
    simulator.final(simulator.send(advisor_number).sid)
    page.goto(f"{simulator.url}/phones/{STUDENT}")
    expect(page.get_by_text("No real texts leave this machine.")).to_be_visible()
    expect(page.locator(".bubble.in")).to_contain_text("Are you free on Monday?")
    page.get_by_label("Answer as this student").fill("Yes! See you then")
    page.keyboard.press("Enter")
    expect(page.locator(".bubble.out")).to_contain_text("Yes! See you then")
    expect(page.get_by_text("Received by the college")).to_be_visible()
    assert college.at("/inbound")[0].form["Body"] == "Yes! See you then"


def test_a_new_text_appears_by_itself(page: Page, simulator: Simulator, advisor_number: str) -> None:
    page.goto(f"{simulator.url}/phones/{STUDENT}")
    expect(page.get_by_text("No texts with this number yet.")).to_be_visible()
    simulator.send(advisor_number, body="Good morning")
    expect(page.locator(".bubble.in")).to_contain_text("Good morning")


def test_stop_shows_on_the_phone(page: Page, simulator: Simulator, advisor_number: str) -> None:
    page.goto(f"{simulator.url}/phones/{STUDENT}")
    page.get_by_role("button", name="STOP").click()
    expect(page.get_by_text("Opted out: this phone said STOP")).to_be_visible()
    page.get_by_role("button", name="START", exact=True).click()
    expect(page.get_by_text("Opted out: this phone said STOP")).to_be_hidden()


def test_a_call_is_heard(page: Page, simulator: Simulator, college: College, advisor_number: str) -> None:
    college.answers["/voice"] = lambda: (200, "<Response><Say>This number is for text messages only.</Say></Response>")
    page.goto(f"{simulator.url}/phones/{STUDENT}")
    page.get_by_role("button", name="Call this number").click()
    expect(page.get_by_role("dialog")).to_contain_text("This number is for text messages only.")
    page.get_by_role("button", name="Hang up").click()
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_knobs_and_faults_are_turned(page: Page, simulator: Simulator, college: College) -> None:
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
    simulator.wait_until(lambda: [fault["to"] for fault in simulator.get("faults")] == [STUDENT])
    off.uncheck()
    simulator.wait_until(lambda: simulator.get("faults") == [])
