"""The guide's first step on a screen: a staff user's first text to a student."""

import re

from playwright.sync_api import expect

from tests.browser import Person, chromium, person


def send_first_text(
    url: str, *, email: str, password: str, student: str, words: str
) -> str:
    """Sign in, find the student, write and send; wait until it is delivered.

    Returns the System number as **My profile** shows it. Raises AssertionError when a
    step is not there, or the browser met a fault. The browser is closed again: while it
    is there, nothing else in this thread may have an event loop.
    """
    with chromium() as browser:
        staff = person(browser, url)
        staff.sign_in(email, password)
        _write_to(staff, student, words)
        number = _own_number(staff)
    assert staff.faults == []
    return number


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
