"""The guide's first step on a screen: a staff user's first text to a student."""

import re

from playwright.sync_api import Browser, expect

from tests.browser import person


def send_first_text(
    browser: Browser, url: str, *, email: str, password: str, student: str, words: str
) -> str:
    """Sign in, find the student, write and send; wait until it is delivered.

    Returns the System number as **My profile** shows it. Raises AssertionError when a
    step is not there, or the browser met a fault.
    """
    staff = person(browser, url)
    page = staff.page
    staff.sign_in(email, password)
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
    staff.open("/me/")
    number = page.locator("#system-number")
    expect(number).to_contain_text("System · Text Only")
    found = re.search(r"\(\d{3}\) \d{3}-\d{4}", number.inner_text())
    assert found, number.inner_text()
    page.context.close()
    assert staff.faults == []
    return found.group()
