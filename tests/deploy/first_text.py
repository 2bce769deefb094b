"""The guide's first step on a screen: a staff user's first text to a student."""

import re
from datetime import UTC, datetime

from playwright.sync_api import expect

from tests.browser import Person, chromium, person
from tests.totp import code_at


def send_first_text(
    url: str,
    *,
    email: str,
    password: str,
    student: str,
    words: str,
    needs_factor: bool = False,
) -> str:
    """Sign in, with ``needs_factor`` set one up, find the student, write and send; wait until it is delivered.

    Returns the System number as **My profile** shows it. Raises AssertionError when a
    step is not there, or the browser met a fault. The browser is closed again: while it
    is there, nothing else in this thread may have an event loop.
    """
    with chromium() as browser:
        staff = person(browser, url)
        if needs_factor:
            _sign_in_and_add_app(staff, email, password)
        else:
            staff.sign_in(email, password)
        _write_to(staff, student, words)
        number = _own_number(staff)
    assert staff.faults == []
    return number


def _sign_in_and_add_app(staff: Person, email: str, password: str) -> None:
    page = staff.page
    staff.open("/accounts/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("link", name="Use an authenticator app").click()
    key = page.locator("#app-key").inner_text()
    page.get_by_label("Code").fill(code_at(key, datetime.now(UTC)))
    page.get_by_role("button", name="Add this app").click()
    page.get_by_role("link", name="I saved them").click()
    page.wait_for_url("**/inbox/**")


def _write_to(staff: Person, student: str, words: str) -> None:
    page = staff.page
    page.get_by_role("link", name="Students").click()
    page.get_by_role("searchbox").fill(student)
    page.get_by_role("link", name=re.compile(student)).first.click()
    page.get_by_role("link", name="Message", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("tab", name="Text Message").click()
    dialog.get_by_role("textbox").fill(words)
    dialog.get_by_role("button", name="Send", exact=True).click()
    expect(dialog).to_be_hidden()
    page.get_by_role("link", name="View conversation").click()
    expect(page.locator("#log")).to_contain_text("Delivered")


def _own_number(staff: Person) -> str:
    staff.open("/me/")
    shown = staff.page.locator("#system-number")
    expect(shown).to_contain_text("System · Text Only")
    found = re.search(r"\(\d{3}\) \d{3}-\d{4}", shown.inner_text())
    assert found, shown.inner_text()
    return found.group()
