"""The guide's Step 1 with the keyboard alone; the focus is always
seen, and comes back to where it was.
"""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from quadline.conversations.models import Conversation
from tests.browser import Person
from tests.cast import Cast
from tests.house import House
from tests.journeys.furnished import furnish

Arrive = Callable[..., Person]

NAME_OF_FOCUS = """() => {
  const here = document.activeElement;
  const words = here.getAttribute("aria-label") || here.innerText || here.textContent || "";
  return [here.tagName, words.trim()].join(" ");
}"""
# A ring, or for who writes the frame around it.
FOCUS_IS_SEEN = """() => {
  const here = document.activeElement;
  const style = getComputedStyle(here);
  if (here.matches(":focus-visible") && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) return true;
  const frame = here.closest(".composer, .recipients-box");
  return Boolean(frame) && getComputedStyle(frame).boxShadow !== "none";
}"""


def tab_to(page: Page, name: str, *, key: str = "Tab") -> None:
    """Press Tab until what has the focus reads like this; at
    every stop the focus is seen.
    """
    passed = []
    for _ in range(60):
        page.keyboard.press(key)
        passed.append(page.evaluate(NAME_OF_FOCUS))
        assert page.evaluate(FOCUS_IS_SEEN), f"the focus is not seen on {passed[-1]!r}"
        if re.search(name, passed[-1]):
            return
    raise AssertionError(f"Tab never came to {name!r}; it came by {passed}")


def test_step_1_by_keyboard(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    page = at_the_screen("maya@alder.example").page
    tab_to(page, r"^A Skip to main content")
    tab_to(page, r"^A Students")
    page.keyboard.press("Enter")
    page.wait_for_url("**/students/")
    expect(page.get_by_role("heading", name="Students")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("Sally Student-Taynor")
    expect(page.locator("#results")).to_contain_text("1 student")
    tab_to(page, r"^A Sally Student-Taynor")
    page.keyboard.press("Enter")
    page.wait_for_url("**/students/*/")  # and its scripts are there
    tab_to(page, r"^A Message$")
    page.keyboard.press("Enter")

    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("textbox")).to_be_focused()
    page.keyboard.type("Setup test")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("link", name="Message", exact=True)).to_be_focused()
    expect(page.locator("#toasts")).to_contain_text("View conversation")
    tab_to(page, r"^A View conversation")
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox/c/*/")
    expect(page.locator("#log")).to_contain_text("Delivered")

    page.keyboard.press("r")
    expect(page.get_by_role("textbox", name="Text Message")).to_be_focused()
    page.keyboard.type("And a second one")
    page.keyboard.press("Control+Enter")
    second = page.locator("#log .message").filter(has_text="And a second one")
    expect(second).to_contain_text("Delivered")
    assert [text["body"] for text in the_house.simulator.accepts()][1:] == [
        "And a second one"
    ]
    tab_to(page, r"^A Text Message", key="Shift+Tab")
    page.keyboard.press("e")
    page.wait_for_url("**/inbox/")
    assert Conversation.objects.get(student=people.sally).is_done


def test_escape_keeps_the_draft_and_gives_the_focus_back(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here = at_the_screen("maya@alder.example")
    page = here.page
    here.open(f"/students/{people.sally.pk}/")
    tab_to(page, r"^A Message$")
    for _ in range(2):
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog").get_by_role("textbox")).to_be_focused()
        page.keyboard.type("x")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(page.get_by_role("link", name="Message", exact=True)).to_be_focused()
    expect(page.locator("#toasts")).to_contain_text("Your draft is kept.")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("textbox")).to_have_value("xx")


def test_one_reads_through_the_inbox_by_keyboard(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    furnish(people)
    here = at_the_screen("maya@alder.example")
    page = here.page
    here.open("/inbox/?show=open")
    page.keyboard.press("j")
    expect(page.locator("#rows > .row").first.get_by_role("link")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    assert page.evaluate(FOCUS_IS_SEEN)
    page.keyboard.press("Enter")
    expect(page.locator("#conversation-title")).to_have_text("Sally Student-Taynor")
    expect(page.get_by_role("textbox", name="Text Message")).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator("#conversation-title")).to_have_text("Bo Jensen")
    expect(page.locator("#conversation-title")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search people")).to_be_focused()


def test_single_keys_can_be_switched_off_and_on_again(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    furnish(people)
    here = at_the_screen("maya@alder.example")
    page = here.page
    here.open("/inbox/?show=open")
    page.keyboard.press("?")
    choice = page.get_by_role("dialog", name="Keyboard").get_by_role(
        "checkbox", name="Single-key shortcuts"
    )
    expect(choice).to_be_checked()
    choice.uncheck()
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator("#rows > .row").first).to_be_visible()
    for key in ("j", "/", "?", "c"):
        page.keyboard.press(key)
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_hidden()
    expect(page.locator("#rows > .row").first.get_by_role("link")).not_to_be_focused()
    expect(page.get_by_role("searchbox", name="Search people")).not_to_be_focused()
    page.keyboard.press("Alt+ArrowDown")  # no single key
    expect(page.locator("#conversation-title")).to_be_visible()

    here.open("/help/")
    page.locator("main").get_by_role("checkbox", name="Single-key shortcuts").check()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    expect(choice).to_be_checked()
