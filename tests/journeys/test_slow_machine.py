"""A slow laptop: a person who is quicker than the scripts, or than their
timers, is still not thrown to another page.
"""

from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from tests.browser import Person
from tests.cast import Cast
from tests.house import House, eventually
from tests.journeys.test_keyboard import tab_to

Arrive = Callable[..., Person]
LAST_SCRIPT = "**/js/stop_question*.js"


def test_enter_in_a_dialog_that_has_just_opened_stays_on_the_page(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here = at_the_screen("maya@alder.example")
    page = here.page
    page.clock.install()
    here.open(f"/students/{people.sally.pk}/")
    stop_timers(page)
    tab_to(page, r"^A Message$")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("textbox")).to_be_focused()
    page.keyboard.type("Setup test")
    page.keyboard.press("Enter")

    expect(dialog).to_be_hidden()
    expect(page.get_by_role("link", name="Message", exact=True)).to_be_focused()
    expect(page.locator("#toasts")).to_contain_text("View conversation")
    eventually(lambda: the_house.simulator.accepts(to=people.sally.mobile))
    assert page.url == f"{the_house.url}/students/{people.sally.pk}/"


def test_a_refused_text_is_fixed_in_the_dialog_at_once(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here = at_the_screen("maya@alder.example")
    page = here.page
    page.clock.install()
    here.open(f"/students/{people.rosa.pk}/")
    stop_timers(page)
    page.get_by_role("link", name="Message", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("textbox")).to_be_focused()
    page.keyboard.type("Due [Due Date]")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("[Due Date] is not a merge field.")
    dialog.get_by_role("textbox").fill("Due on Monday")
    page.keyboard.press("Enter")

    expect(dialog).to_be_hidden()
    expect(page.locator("#toasts")).to_contain_text("View conversation")
    assert page.url == f"{the_house.url}/students/{people.rosa.pk}/"
    here.faults.remove(
        "console: Failed to load resource: the server responded with a status of 422"
        " (Unprocessable Entity)"
    )


def test_while_the_scripts_come_message_opens_the_form_as_a_page(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    page = at_the_screen("maya@alder.example").page
    held: list[Route] = []
    page.route(
        LAST_SCRIPT, lambda route: route.continue_() if held else held.append(route)
    )
    page.goto(f"{the_house.url}/students/{people.sally.pk}/", wait_until="commit")
    eventually(lambda: hears_keys(page))  # all scripts but one have run
    page.keyboard.press("Escape")
    page.evaluate("document.querySelector('main a[data-dialog-url]').focus()")
    page.keyboard.press("Enter")

    page.wait_for_url("**/message/")
    page.get_by_role("textbox", name="Text Message").fill("Setup test")
    page.keyboard.press("Enter")
    expect(page.locator("#log")).to_contain_text("Setup test")


def stop_timers(page: Page) -> None:
    """From now on no timer goes off: as on a machine that is busy with the keys."""
    # not in the past, however long this takes
    page.clock.pause_at(page.evaluate("Date.now() + 30_000"))


def hears_keys(page: Page) -> bool:
    page.keyboard.press("?")
    return page.get_by_role("dialog", name="Keyboard").is_visible()
