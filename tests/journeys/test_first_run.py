"""From an empty database through /setup/ to the first answered text: with the simulated
carrier, and with Twilio's settings, at a desk and on a phone.
"""

import re
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from quadline.setup.rules import TRAINING_ACCOUNT
from tests import house
from tests.browser import Person, person
from tests.cast import Cast
from tests.house import House, eventually
from tests.journeys.test_screens import (
    AXE,
    REFUSED,
    look,
    measured_by_axe,
    too_wide,
)
from tests.journeys.test_second_factors import DEVICE
from tests.totp import code_at

Arrive = Callable[..., Person]
SETUP_PAGES = ("", "college/", "email/", "carrier/", "students/", "real-texting/")
PASSWORD = "plum tractor seven lakes"
EMAIL = "ruth@college.example"
SALLYS_PHONE, RUTHS_PHONE = "+17345550171", "+17345550160"
DESK: ViewportSize = {"width": 1280, "height": 820}
PHONE: ViewportSize = {"width": 390, "height": 844}
TWILIO_ACCOUNT, TWILIO_SERVICE = "AC" + "7e" * 16, "MG" + "7e" * 16
NEW_COLLEGE = {
    "SECOND_FACTOR_ROLES": "",
    "COLLEGE_NAME": "",
    "COLLEGE_PHONE": "",
    "COLLEGE_AREA_CODES": "",
    "COLLEGE_REGION": "",
}
STUDENTS = f"""institutional_id,first_name,last_name,email,mobile,test_student
T1,Sally,Student-Taynor,sally@college.example,{SALLYS_PHONE},yes
00100001,Rosa,Calderón,rosa@college.example,(734) 555-0141,no
"""


@pytest.fixture
def empty_house(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Iterator[House]:
    """``capfd``: from here on, what the processes print is kept."""
    for name, value in NEW_COLLEGE.items():
        monkeypatch.setenv(name, value)
    is_training = request.param == "simulator"
    account = TRAINING_ACCOUNT if is_training else TWILIO_ACCOUNT
    service = account.replace("AC", "MG") if is_training else TWILIO_SERVICE
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", account)
    monkeypatch.setenv("TWILIO_MESSAGING_SERVICE_SID", service)
    # not pytest's own folder: its path is long
    with tempfile.TemporaryDirectory() as folder:
        built = house.build(Path(folder), database="first_run")
        yield built
        built.stop()


def link_in_the_log(capfd: pytest.CaptureFixture[str]) -> str:
    said = ""

    def look_again() -> str:
        nonlocal said
        said += capfd.readouterr().err
        found = re.findall(r"Set up Quadline: (\S+/setup/#\S+)", said)
        return found[-1] if found else ""

    return eventually(look_again)


@pytest.mark.slow
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("empty_house", ["simulator", "twilio"], indirect=True)
def test_from_an_empty_database_to_the_first_answered_text(
    empty_house: House,
    browser: Browser,
    size: ViewportSize,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    link = link_in_the_log(capfd)
    is_training = TRAINING_ACCOUNT in str(empty_house.processes["simulator"].arguments)
    # A browser has no passkeys for an address without a name.
    named = empty_house.url.replace("127.0.0.1", "localhost")
    ruth = person(browser, named, viewport=size, bypass_csp=True)
    ruth.page.add_init_script(path=AXE)
    wrong: list[str] = []

    begin(ruth, link.replace("127.0.0.1", "localhost"), wrong)
    if is_training:
        add_app(ruth.page)
    else:
        add_passkey(ruth.page)
    describe_college(ruth.page)
    try_email(ruth.page, empty_house)
    check_carrier(ruth.page, is_training=is_training)
    bring_students(ruth, is_training=is_training, folder=tmp_path)
    text_sally(ruth)
    number = own_number(ruth)
    expect(ruth.page.locator("#system-number")).to_contain_text("System · Text Only")
    try_replies(ruth, empty_house, number)
    empty_house.simulator.text(SALLYS_PHONE, number, "Got it, thank you!")
    ruth.open("/inbox/")
    expect(ruth.page.locator("#rows")).to_contain_text("Got it, thank you!")
    expect(ruth.page.locator("#rows")).not_to_contain_text("Quadline")
    finish(ruth, is_training=is_training)

    everybody_else_finds_it_closed(browser, empty_house, link)
    ruth.page.set_viewport_size(size)
    ruth.page.context.close()
    assert wrong == []
    assert ruth.faults == []
    assert not empty_house.ended()


def begin(ruth: Person, link: str, wrong: list[str]) -> None:
    page = ruth.page
    size = page.viewport_size
    ruth.open("/inbox/")
    expect(page.get_by_role("heading", name="Set up Quadline")).to_be_visible()
    wrong += look(ruth, "/setup/") + too_wide(ruth, "/setup/")
    page.set_viewport_size(size or DESK)
    page.get_by_label("Link").fill("guessed")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("alert")).to_contain_text("This link doesn't work")
    ruth.faults.remove(REFUSED.format("422 (Unprocessable Entity)"))
    page.goto(link)
    expect(page.get_by_role("heading", name="The first administrator")).to_be_visible()
    assert "#" not in page.url
    wrong += look(ruth, "the first administrator")
    wrong += too_wide(ruth, "the first administrator")
    page.set_viewport_size(size or DESK)
    page.get_by_label("Your name").fill("Ruth Abernathy")
    page.get_by_label("Your campus email").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Repeat password").fill(PASSWORD)
    page.get_by_role("button", name="Make my account").click()
    expect(page.get_by_role("heading", name="Set up a second factor")).to_be_visible()


def add_app(page: Page) -> None:
    page.get_by_role("link", name="Use an authenticator app").click()
    key = page.locator("#app-key").inner_text()
    page.get_by_label("Code").fill(code_at(key, datetime.now(UTC)))
    page.get_by_role("button", name="Add this app").click()
    page.get_by_role("link", name="I saved them").click()


def add_passkey(page: Page) -> None:
    devices: Any = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    page.get_by_role("link", name="Use a passkey").click()
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("link", name="I saved them").click()


def describe_college(page: Page) -> None:
    expect(page.get_by_role("heading", name="Your college")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Birch College")
    page.get_by_label("Main line").fill("(734) 555-0100")
    page.get_by_label("Area codes for new numbers").fill("734")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("Saved.")
    page.get_by_role("link", name="Add an office").click()
    page.get_by_label("Name").fill("Advising Center")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("cell", name="Advising Center").first).to_be_visible()
    page.get_by_role("link", name="Next: Email").click()
    expect(page.get_by_role("heading", name="Test message")).to_be_visible()


def try_email(page: Page, empty_house: House) -> None:
    page.get_by_role("button", name=f"Send a test message to {EMAIL}").click()
    expect(page.get_by_text("The mail server took the test message.")).to_be_visible()
    subjects = [mail["subject"] for mail in empty_house.simulator.mail(EMAIL)]
    assert "Quadline can send email" in subjects
    page.get_by_role("link", name="Next: Carrier").click()


def check_carrier(page: Page, *, is_training: bool) -> None:
    bar = page.get_by_role("complementary", name="Training")
    expect(bar).to_have_count(1 if is_training else 0)
    page.get_by_role("button", name="Check now").click()
    lines = page.locator("#account-live .check-lines li")
    expect(lines).to_have_count(4 if is_training else 5)
    for about in ("Account", "Messaging Service", "Campaign", "Webhooks"):
        expect(lines.filter(has=page.get_by_text(about, exact=True))).to_contain_text(
            "OK"
        )
    if not is_training:
        expect(lines.last).to_contain_text("is an address of this machine or network")
    page.get_by_role("link", name="Next: Students").click()


def bring_students(ruth: Person, *, is_training: bool, folder: Path) -> None:
    page = ruth.page
    if is_training:
        page.get_by_role("button", name="Load sample students").click()
        expect(
            page.get_by_role("button", name="Remove the sample students")
        ).to_be_visible()
        return
    expect(page.get_by_text("Only while the carrier is simulated")).to_be_visible()
    roster = folder / "students.csv"
    roster.write_text(STUDENTS, encoding="utf-8")
    page.get_by_label("Files", exact=True).set_input_files(str(roster))
    page.get_by_role("button", name="Compare with the roster").click()
    page.get_by_role("button", name="Apply", exact=True).click()
    expect(page.get_by_role("button", name="Undo this roster")).to_be_visible()


def text_sally(ruth: Person) -> None:
    page = ruth.page
    ruth.open("/students/?q=Sally&scope=all")
    page.get_by_role("link", name=re.compile("Sally Student-Taynor")).first.click()
    page.get_by_role("link", name="Message", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("tab", name="Text Message").click()
    dialog.get_by_role("textbox").fill("Setup test")
    dialog.get_by_role("button", name="Send", exact=True).click()
    expect(dialog).to_be_hidden()
    page.get_by_role("link", name="View conversation").click()
    expect(page.locator("#log")).to_contain_text("Delivered")


def own_number(ruth: Person) -> str:
    ruth.open("/me/")
    shown = ruth.page.locator("#system-number")
    found = re.search(r"\((\d{3})\) (\d{3})-(\d{4})", shown.inner_text())
    assert found
    return f"+1{''.join(found.groups())}"


def try_replies(ruth: Person, empty_house: House, number: str) -> None:
    page = ruth.page
    ruth.open("/manage/setup/carrier/")
    page.get_by_role("button", name="Make a code").click()
    code = page.locator("#replies-live output").inner_text()
    empty_house.simulator.text(RUTHS_PHONE, number, code.lower())
    expect(page.get_by_text("A code that was texted came in.")).to_be_visible()


def finish(ruth: Person, *, is_training: bool) -> None:
    page = ruth.page
    ruth.open("/manage/setup/")
    lines = page.locator(".check-lines > li")
    done = ["Second factor", "College", "Email", "A first text, answered"]
    done += ["Replies come in", *([] if is_training else ["Students"])]
    for title in done:
        line = lines.filter(has=page.get_by_text(title, exact=True))
        expect(line.locator(".chip")).to_have_text("OK")
    carrier = lines.filter(has=page.get_by_text("Carrier", exact=True))
    expect(carrier).not_to_contain_text("OK")
    expect(page.get_by_text("Birch College", exact=True).first).to_be_attached()
    if is_training:
        ruth.open("/manage/setup/students/")
        page.get_by_role("button", name="Remove the sample students").click()
        expect(page.get_by_text("Twelve made-up students on your own")).to_have_count(0)


def everybody_else_finds_it_closed(
    browser: Browser, empty_house: House, link: str
) -> None:
    stranger = person(browser, empty_house.url)
    stranger.page.goto(link)
    expect(
        stranger.page.get_by_role("heading", name="Quadline is set up")
    ).to_be_visible()
    stranger.page.get_by_role("link", name="Sign in").click()
    expect(stranger.page.get_by_role("heading", name="Sign in")).to_be_visible()
    stranger.faults.remove(REFUSED.format("404 (Not Found)"))
    stranger.page.context.close()
    assert stranger.faults == []


@pytest.mark.slow
def test_axe_finds_nothing_in_the_setup_and_nothing_scrolls_sideways(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    wrong: list[str] = []
    here = measured_by_axe(at_the_screen, "ada")
    here.open("/manage/setup/carrier/")
    here.page.get_by_role("button", name="Make a code").click()
    here.page.get_by_role("button", name="Check now").click()
    expect(here.page.locator("#account-live .check-lines li")).to_have_count(5)
    for page in SETUP_PAGES:
        here.open(f"/manage/setup/{page}")
        wrong += look(here, page) + too_wide(here, page)
    assert wrong == []
