"""The draft of a message: its table of states in a browser, and what is written when
the page goes at a bad moment.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from quadline.conversations.models import Conversation, Message
from tests.browser import Person
from tests.cast import Cast
from tests.house import House, eventually
from tests.journeys.furnished import furnish
from tests.journeys.test_returned import (
    LOST,
    REFUSED,
    TEXTS,
    arrives,
    at_the_inbox,
    bubble,
    hold,
    kept,
    with_sally,
    writing,
)

Arrive = Callable[..., Person]
SCRIPT = Path("quadline/web/static/js/draft.js")
ADDRESS = "http://draft.test/"
# One column for each event, in each row what a message in this state is next.
TABLE = """
.       type    clear   send    accept  refuse  lose    show    retry   discard
empty   written empty   empty   empty   empty   empty   empty   empty   empty
written written empty   sending written written written written written written
sending sending sending sending sent    refused unknown sent    sending sending
sent    sent    sent    sent    sent    sent    sent    sent    sent    sent
refused written empty   sending sent    refused refused sent    sending empty
unknown written empty   sending sent    refused unknown sent    sending empty
"""
EVERY_STEP = """async () => {
  const { EVENTS, STATES, next } = await import("/draft.js");
  const said = (state, event) => { try { return next(state, event); } catch (error) { return error.message; } };
  return STATES.flatMap((state) => EVENTS.map((event) => [state, event, said(state, event)]));
}"""
STEP = """async ([state, event]) => {
  const { step } = await import("/draft.js");
  const heard = [];
  document.addEventListener("quadline:draft", ({ detail }) => heard.push([detail.message.state, detail.event]));
  const message = { state };
  try { step(message, event); } catch (error) { heard.push(error.message); }
  return [message.state, heard];
}"""


@pytest.fixture
def blank(browser: Browser) -> Iterator[Page]:
    """A page with nothing on it, of a site that serves the table."""
    page = browser.new_page()
    page.route(
        ADDRESS,
        lambda route: route.fulfill(content_type="text/html", body="<!doctype html>"),
    )
    script = {"content_type": "text/javascript", "body": SCRIPT.read_text("utf-8")}
    page.route(f"{ADDRESS}draft.js", lambda route: route.fulfill(**script))
    page.goto(ADDRESS)
    yield page
    page.close()


def table() -> dict[tuple[str, str], str]:
    (_, *events), *rows = [line.split() for line in TABLE.strip().splitlines()]
    return {
        (row[0], event): after
        for row in rows
        for event, after in zip(events, row[1:], strict=True)
    }


def steps_in(page: Page) -> dict[tuple[str, str], str]:
    found: list[list[str]] = page.evaluate(EVERY_STEP)
    return {(state, event): after for state, event, after in found}


def test_every_state_has_a_next_one_for_every_event(blank: Page) -> None:
    assert steps_in(blank) == table()
    assert len(table()) == 6 * 9


def test_what_has_arrived_is_never_a_draft_again(blank: Page) -> None:
    steps = steps_in(blank)
    assert {after for (state, _), after in steps.items() if state == "sent"} == {"sent"}
    assert {event for (_, event), after in steps.items() if after == "sending"} >= {
        "send",
        "retry",
    }
    begins = {
        (state, event)
        for (state, event), after in steps.items()
        if after == "sending" and state != "sending"
    }
    assert {event for _, event in begins} == {"send", "retry"}
    # a second click
    assert {steps["sending", event] for event in ("send", "retry")} == {"sending"}


@pytest.mark.parametrize(("state", "event"), [("sending", "vanish"), ("gone", "send")])
def test_a_step_that_is_not_in_the_table_is_an_error(
    blank: Page, state: str, event: str
) -> None:
    assert blank.evaluate(STEP, [state, event]) == [
        state,
        [f"No such step of a message: {state}, {event}"],
    ]


def test_only_a_change_is_told(blank: Page) -> None:
    assert blank.evaluate(STEP, ["sending", "accept"]) == ["sent", [["sent", "accept"]]]
    assert blank.evaluate(STEP, ["sent", "lose"]) == ["sent", []]


def test_a_page_that_goes_while_a_text_is_on_its_way_keeps_it_until_it_has_arrived(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here, found = at_the_inbox(people, at_the_screen)
    page = here.page
    held = hold(page)
    with_sally(page, found, "On its way")
    page.keyboard.type("Begun since")
    lost = kept(page, held)[0].request
    page.reload()
    expect(writing(page)).to_have_value("On its way\n\nBegun since")
    expect(bubble(page, "On its way")).to_have_count(0)
    arrives(page, lost)
    expect(bubble(page, "On its way")).to_have_count(1)
    expect(writing(page)).to_have_value("Begun since")
    page.reload()
    expect(writing(page)).to_have_value("Begun since")


def test_a_text_not_sent_is_kept_beside_what_is_written_since(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here, found = at_the_inbox(people, at_the_screen)
    page = here.page
    held = hold(page)
    with_sally(page, found, "Not sent")
    page.keyboard.type("Begun since")
    kept(page, held)[0].abort()
    expect(bubble(page, "Not sent")).to_contain_text("Retry")
    page.keyboard.type(", and more")
    page.reload()
    expect(writing(page)).to_have_value("Not sent\n\nBegun since, and more")
    writing(page).fill("Changed by hand")
    page.reload()
    expect(writing(page)).to_have_value("Changed by hand")
    here.faults.remove(LOST)


def test_refused_words_in_the_log_outlive_the_page_and_discarded_ones_do_not(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here, found = at_the_inbox(people, at_the_screen)
    page = here.page
    held = hold(page)
    with_sally(page, found, "Due [Due Date]")
    page.keyboard.type("Something else")
    kept(page, held)[0].continue_()
    expect(bubble(page, "Due [Due Date]")).to_contain_text("Not sent.")
    page.reload()
    expect(writing(page)).to_have_value("Due [Due Date]\n\nSomething else")

    writing(page).fill("Due [Due Date]")
    page.keyboard.press("Enter")
    page.keyboard.type("Something else")
    kept(page, held, 2)[1].continue_()
    expect(bubble(page, "Due [Due Date]")).to_contain_text("Not sent.")
    bubble(page, "Due [Due Date]").get_by_role("button", name="Discard").click()
    page.reload()
    expect(writing(page)).to_have_value("Something else")
    for fault in (REFUSED, REFUSED):
        here.faults.remove(fault)


def test_words_that_seemed_lost_are_one_text_when_they_are_sent_again(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here, found = at_the_inbox(people, at_the_screen)
    page = here.page
    held = hold(page)
    with_sally(page, found, "Just once")
    lost = kept(page, held)[0].request
    page.reload()
    expect(writing(page)).to_have_value("Just once")
    page.keyboard.press("Escape")
    writing(page).press("Enter")
    expect(bubble(page, "Just once")).to_contain_text("Sending…")
    arrives(page, lost)
    kept(page, held, 2)[1].continue_()
    expect(bubble(page, "Just once")).not_to_contain_text("Sending…")
    assert Message.objects.filter(body="Just once").count() == 1
    expect(writing(page)).to_have_value("")


def test_what_is_written_over_a_draft_of_the_server_outlives_the_page(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    """The server hears of it as the page goes, when the next
    page may have been made already.
    """
    found = furnish(people)
    Conversation.objects.filter(pk=found["sally"].pk).update(draft="Half")
    here = at_the_screen("maya@alder.example")
    page = here.page
    here.open(f"/inbox/c/{found['sally'].pk}/")
    expect(writing(page)).to_have_value("Half")
    for words in ("Half a sentence", "Two\n\nparagraphs"):
        writing(page).fill(words)
        page.reload()
        expect(writing(page)).to_have_value(words)
    eventually(
        lambda: (
            Conversation.objects.get(pk=found["sally"].pk).draft == "Two\n\nparagraphs"
        )
    )


def test_a_double_click_sends_once(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    found = furnish(people)
    here = at_the_screen("maya@alder.example")
    page = here.page
    here.open(f"/inbox/c/{found['rosa'].pk}/")
    before = Message.objects.count()
    writing(page).fill("Twice pressed")
    page.get_by_role("button", name="Send", exact=True).dblclick()
    eventually(
        lambda: Message.objects.filter(body__startswith="Twice pressed").exists()
    )
    expect(bubble(page, "Twice pressed")).not_to_contain_text("Sending…")
    expect(bubble(page, "Twice pressed")).to_have_count(1)
    assert Message.objects.count() == before + 1


def test_an_email_that_seemed_lost_is_there_again_with_its_subject(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    found = furnish(people)
    here = at_the_screen("maya@alder.example")
    page = here.page
    lost: list[Request] = []
    here.open(f"/inbox/c/{found['sally'].pk}/")
    page.get_by_role("tab", name="Email").click()
    subject, email = (
        page.get_by_role("textbox", name="Subject"),
        page.get_by_role("textbox", name="Email", exact=True),
    )

    def lose(route: Route) -> None:
        lost.append(route.request)
        route.abort()

    page.route(TEXTS, lose)
    subject.fill("Registration")
    email.fill("It opens on Monday.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(bubble(page, "It opens on Monday.")).to_contain_text("Not sent.")
    page.reload()
    expect(subject).to_have_value("Registration")
    expect(email).to_have_value("It opens on Monday.")
    arrives(page, lost[0])
    expect(bubble(page, "It opens on Monday.")).to_have_count(1)
    expect(email).to_have_value("")
    expect(subject).to_have_value("")
    here.faults.remove(LOST)


def kept_in(page: Page) -> dict[str, Any]:
    """What this browser keeps, by key."""
    kept_: dict[str, Any] = json.loads(
        page.evaluate("JSON.stringify({ ...localStorage })")
    )
    return kept_


def test_nothing_is_kept_of_what_has_arrived(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here, found = at_the_inbox(people, at_the_screen)
    page = here.page
    held = hold(page)
    with_sally(page, found, "Arrives")
    assert "Arrives" in json.dumps(kept_in(page))
    with page.expect_response(TEXTS):
        kept(page, held)[0].continue_()
    expect(bubble(page, "Arrives")).not_to_contain_text("Sending…")
    eventually(lambda: "Arrives" not in json.dumps(kept_in(page)))
