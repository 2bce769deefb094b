"""A message sent by a page's own submit: its draft goes when it has arrived, and stays
when it was refused or came nowhere.
"""

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser import Person
from tests.cast import Cast
from tests.house import House

Arrive = Callable[..., Person]
REFUSED = (
    "console: Failed to load resource: the server responded with a status of 422"
    " (Unprocessable Entity)"
)
TOO_OLD = (
    "console: Failed to load resource: the server responded with a status of 403"
    " (Forbidden)"
)
LOST = "console: Failed to load resource: net::ERR_FAILED"
HTMX_SAYS = [
    f"console: htmx:{event}, [object HTMLDialogElement]"
    for event in ("afterRequest", "sendError")
]
AGE = """() => { document.querySelector("#composer [name=csrfmiddlewaretoken]").value = "x".repeat(64); }"""


def writing(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Text Message")


def chips(page: Page) -> Locator:
    return page.locator("[data-recipients=to] [data-chip]")


def write_to_the_caseload(page: Page, words: str) -> None:
    page.get_by_role("combobox", name="To", exact=True).fill("all")
    page.get_by_role("combobox", name="To", exact=True).press("Enter")
    expect(chips(page)).to_have_count(1)
    writing(page).fill(words)


def test_refused_words_are_still_a_draft(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here = at_the_screen("maya@alder.example")
    page = here.page
    here.open(f"/inbox/new/?to=student:{people.rosa.pk}")
    expect(chips(page)).to_have_count(1)
    writing(page).fill("Due [Due Date]")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#refusal")).to_contain_text("[Due Date] is not a merge field.")
    here.open("/students/")
    here.open(f"/inbox/new/?to=student:{people.rosa.pk}")
    expect(writing(page)).to_have_value("Due [Due Date]")
    here.faults.remove(REFUSED)


def test_a_page_that_was_too_old_keeps_what_was_written_and_for_whom(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here = at_the_screen("maya@alder.example")
    page = here.page
    here.open("/inbox/new/")
    write_to_the_caseload(page, "Registration opens Monday")
    expect(page.get_by_role("button", name="Review")).to_be_visible()
    page.evaluate(AGE)
    page.get_by_role("button", name="Review").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This page expired")
    here.open("/inbox/new/")
    expect(writing(page)).to_have_value("Registration opens Monday")
    expect(chips(page)).to_have_count(1)

    page.get_by_role("button", name="Review").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Review before sending")
    here.open("/inbox/new/")
    expect(writing(page)).to_have_value("")
    expect(chips(page)).to_have_count(0)
    here.faults.remove(TOO_OLD)


def test_a_draft_goes_when_the_conversation_shows_the_text(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here = at_the_screen("maya@alder.example")
    page = here.page
    here.open(f"/inbox/new/?to=student:{people.rosa.pk}")
    writing(page).fill("See you at 3")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#log")).to_contain_text("See you at 3")
    here.open(f"/inbox/new/?to=student:{people.rosa.pk}")
    expect(writing(page)).to_have_value("")


def test_a_dialog_that_failed_keeps_its_draft_on_the_next_page(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here = at_the_screen("maya@alder.example")
    page = here.page
    here.open(f"/students/{people.sally.pk}/")
    page.route(
        "**/message/",
        lambda route: (
            route.abort() if route.request.method == "POST" else route.continue_()
        ),
    )
    page.get_by_role("link", name="Message", exact=True).click()
    writing(page).fill("Half past three")
    with page.expect_event("requestfailed"):
        page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.locator("#toasts")).to_contain_text("Your draft is kept.")
    here.open("/students/")
    here.open(f"/students/{people.sally.pk}/")
    page.get_by_role("link", name="Message", exact=True).click()
    expect(writing(page)).to_have_value("Half past three")
    for fault in (LOST, *HTMX_SAYS):
        here.faults.remove(fault)


def test_who_is_signed_out_is_told_whether_what_they_write_is_kept(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here = at_the_screen("maya@alder.example")
    page = here.page
    dialog = page.get_by_role("dialog", name="You have been signed out")
    for path, is_kept in (
        (f"/inbox/new/?to=student:{people.rosa.pk}", True),
        ("/templates/new/", False),
    ):
        here.open(path)
        page.evaluate("document.body.dispatchEvent(new CustomEvent('signed-out'))")
        expect(
            dialog.get_by_text("What you were writing is kept in this browser.")
        ).to_be_visible(visible=is_kept)
        expect(dialog.get_by_text("This page keeps no draft.")).to_be_visible(
            visible=not is_kept
        )
        expect(dialog.get_by_role("button", name="Stay on this page")).to_be_visible(
            visible=not is_kept
        )
    dialog.get_by_role("button", name="Stay on this page").click()
    expect(dialog).to_be_hidden()
