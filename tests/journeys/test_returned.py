"""A text whose answer is late, lost or a refusal: it stays in its own
conversation, neither lost nor sent twice.
"""

import json
from collections.abc import Callable

from playwright.sync_api import Locator, Page, Request, Route, expect

from quadline.conversations.models import Conversation, Message
from tests.browser import Person
from tests.cast import Cast
from tests.house import House, eventually
from tests.journeys.furnished import furnish

Arrive = Callable[..., Person]
TEXTS = "**/texts/"
REFUSED = (
    "console: Failed to load resource: the server responded with a status of 422"
    " (Unprocessable Entity)"
)
LOST = "console: Failed to load resource: net::ERR_FAILED"


def writing(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Text Message")


def bubble(page: Page, words: str) -> Locator:
    return page.locator("#log .message").filter(has_text=words)


def hold(page: Page) -> list[Route]:
    """What is sent from now on, kept on its way."""
    held: list[Route] = []
    page.route(TEXTS, lambda route: held.append(route))
    return held


def kept(page: Page, held: list[Route], count: int = 1) -> list[Route]:
    """So many: a bubble is shown before its text is on its way. Only while
    the page is asked is news of it heard.
    """
    eventually(lambda: page.evaluate("true") and len(held) >= count)
    return held


def at_the_inbox(
    people: Cast, at_the_screen: Arrive
) -> tuple[Person, dict[str, Conversation]]:
    """Maya, with her open conversations before her."""
    found = furnish(people)
    here = at_the_screen("maya@alder.example")
    here.open("/inbox/?show=open")
    return here, found


def with_sally(
    page: Page, found: dict[str, Conversation], words: str, *, says: str = "Sending…"
) -> None:
    """Send to Sally, who has an open conversation. It is loaded first,
    even if it is the one on the screen.

    News changes the title in place, and would take a mark from it.
    """
    page.evaluate(
        "document.querySelector('#conversation')?.setAttribute('data-before', '')"
    )
    page.locator(f"#row-{found['sally'].pk} a").click()
    expect(
        page.locator("#conversation:not([data-before]) #conversation-title")
    ).to_have_text("Sally Student-Taynor")
    writing(page).fill(words)
    page.keyboard.press("Enter")
    expect(bubble(page, words)).to_contain_text(says)


def test_an_answer_that_comes_late_stays_out_of_the_next_conversation(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here, found = at_the_inbox(people, at_the_screen)
    page = here.page
    held = hold(page)
    with_sally(page, found, "For Sally alone")
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator("#conversation-title")).to_have_text("Bo Jensen")
    state = page.locator("#composer-state").inner_html()
    with page.expect_response(TEXTS):
        kept(page, held)[0].continue_()
    eventually(lambda: Message.objects.filter(body="For Sally alone").exists())
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("#conversation-title")).to_have_text("Sally Student-Taynor")
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator("#conversation-title")).to_have_text("Bo Jensen")
    expect(bubble(page, "For Sally alone")).to_have_count(0)
    assert page.locator("#composer-state").inner_html() == state

    page.keyboard.press("Alt+ArrowUp")
    expect(bubble(page, "For Sally alone")).to_have_count(1)
    expect(writing(page)).to_have_value("")


def test_an_answer_is_not_put_where_another_conversation_is_open(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here, found = at_the_inbox(people, at_the_screen)
    page = here.page
    held = hold(page)
    with_sally(page, found, "For Sally alone")
    page.locator(f"#row-{found['rosa'].pk} a").click()
    expect(page.locator("#conversation-title")).to_have_text("Rosa Calderón")
    done = page.locator("#conversation header form").get_attribute("action")
    with page.expect_response(TEXTS) as answer:
        kept(page, held)[0].continue_()
    answer.value.finished()
    page.evaluate("() => new Promise((seen) => setTimeout(seen, 200))")
    expect(bubble(page, "For Sally alone")).to_have_count(0)
    assert page.locator("#conversation header form").get_attribute("action") == done


def test_a_refusal_that_comes_late_keeps_the_words_as_a_draft_of_theirs(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here, found = at_the_inbox(people, at_the_screen)
    page = here.page
    held = hold(page)
    with_sally(page, found, "Due [Due Date]")
    page.keyboard.type("And bring your card")
    page.locator(f"#row-{found['rosa'].pk} a").click()
    expect(page.locator("#conversation-title")).to_have_text("Rosa Calderón")
    eventually(
        lambda: (
            Conversation.objects.get(pk=found["sally"].pk).draft
            == "And bring your card"
        )
    )
    kept(page, held)[0].continue_()
    expect(page.locator("#toasts")).to_contain_text(
        "A text was not sent. It is kept as a draft in its conversation."
    )
    expect(page.locator("#refusal")).to_have_text("")
    expect(writing(page)).to_have_value("")

    page.locator(f"#row-{found['sally'].pk} a").click()
    expect(writing(page)).to_have_value("Due [Due Date]\n\nAnd bring your card")
    here.faults.remove(REFUSED)


def test_refused_words_stand_in_the_log_while_something_else_is_written(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here, found = at_the_inbox(people, at_the_screen)
    page = here.page
    held = hold(page)
    with_sally(page, found, "Due [Due Date]")
    page.keyboard.type("Something else")
    kept(page, held)[0].continue_()
    expect(page.locator("#refusal")).to_contain_text("[Due Date] is not a merge field.")
    refused = bubble(page, "Due [Due Date]")
    expect(refused).to_contain_text("Not sent.")
    for name in ("Retry", "Copy", "Discard"):
        expect(refused.get_by_role("button", name=name)).to_be_visible()
    expect(writing(page)).to_have_value("Something else")
    refused.get_by_role("button", name="Discard").click()
    expect(refused).to_have_count(0)
    expect(writing(page)).to_have_value("Something else")
    here.faults.remove(REFUSED)


def test_a_text_that_arrived_after_all_is_no_draft_any_more(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here, found = at_the_inbox(people, at_the_screen)
    page = here.page
    lost: list[Request] = []

    def lose(route: Route) -> None:
        lost.append(route.request)
        route.abort()

    page.route(TEXTS, lose)
    with_sally(page, found, "The answer was lost", says="Not sent.")
    arrives(page, lost[0])
    expect(bubble(page, "The answer was lost")).not_to_contain_text("Not sent.")
    page.reload()
    expect(bubble(page, "The answer was lost")).to_have_count(1)
    expect(writing(page)).to_have_value("")

    with_sally(page, found, "Lost until I came back", says="Not sent.")
    page.reload()
    expect(writing(page)).to_have_value("Lost until I came back")
    arrives(page, lost[1])
    expect(bubble(page, "Lost until I came back")).to_have_count(1)
    expect(writing(page)).to_have_value("")

    with_sally(page, found, "Lost while I was away", says="Not sent.")
    here.open("/students/")
    arrives(page, lost[2])
    here.open(f"/inbox/c/{found['sally'].pk}/")
    expect(bubble(page, "Lost while I was away")).to_have_count(1)
    expect(writing(page)).to_have_value("")
    for fault in (LOST, LOST, LOST):
        here.faults.remove(fault)


def test_one_of_two_that_seemed_lost_arrives_and_the_other_is_still_a_draft(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here, found = at_the_inbox(people, at_the_screen)
    page = here.page
    held = hold(page)
    with_sally(page, found, "The first")
    writing(page).fill("The second")
    page.keyboard.press("Enter")
    expect(bubble(page, "The second")).to_contain_text("Sending…")
    lost = [route.request for route in kept(page, held, 2)]
    for route in held:
        route.abort()
    expect(bubble(page, "The second")).to_contain_text("Not sent.")
    page.reload()
    expect(writing(page)).to_have_value("The first\n\nThe second")
    arrives(page, lost[0])
    expect(bubble(page, "The first")).to_have_count(1)
    expect(writing(page)).to_have_value("The second")
    for fault in (LOST, LOST):
        here.faults.remove(fault)


def arrives(page: Page, lost: Request) -> None:
    """The server gets what the browser takes for lost."""
    answer = page.request.post(
        lost.url, headers=lost.headers, data=lost.post_data_buffer or b""
    )
    assert answer.ok, json.dumps(answer.headers)
