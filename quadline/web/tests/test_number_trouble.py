"""A number that cannot become active says so at once, on every
page where a text waits for it.
"""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from quadline.broadcasts.tests import acts
from quadline.conversations.models import Conversation
from quadline.conversations.rules import Status, WaitingFor
from tests.architecture.conftest import Enter
from tests.cast import Cast
from tests.history import write_history
from tests.journeys.furnished import give_number

WHY = "The carrier asks for an address before it rents this number."
NOTIFIED = "Your administrator has been notified."


@pytest.fixture
def browser(enter: Enter, people: Cast) -> Client:
    return enter(people.maya)


@pytest.fixture
def waiting(people: Cast) -> Conversation:
    number = give_number(people.maya, "", "registering")
    conversation = write_history(
        people.maya, people.rosa, count=1, until=timezone.now()
    )
    deadline = timezone.now() + timedelta(hours=24)
    conversation.messages.update(
        direction="outbound",
        status=Status.WAITING,
        reason=WaitingFor.NUMBER,
        system_number=number,
        deadline_at=deadline,
    )
    return conversation


def fails(people: Cast) -> None:
    people.maya.inbox.system_numbers.update(state="failed", reason=WHY)


def page(browser: Client, url: str) -> str:
    return " ".join(browser.get(url).content.decode().split())


def strip(shown: str) -> str:
    found = shown.partition('id="number-trouble"')[2].partition("</aside>")[0]
    return "" if found.startswith(" hidden") else found


def test_while_all_goes_well_nothing_is_said(
    browser: Client, waiting: Conversation
) -> None:
    shown = page(browser, reverse("conversation", args=[waiting.pk]))
    assert "Waiting for your number" in shown
    assert strip(shown) == ""


def test_the_conversation_says_so_and_what_happens_next(
    browser: Client, people: Cast, waiting: Conversation
) -> None:
    fails(people)
    shown = page(browser, reverse("conversation", args=[waiting.pk]))
    assert "Waiting: there’s a problem with your number" in shown
    assert f"{WHY} {NOTIFIED} If your number isn’t active by " in shown


@pytest.mark.parametrize("name", ["inbox", "profile", "students", "shell"])
def test_every_page_says_so(
    browser: Client, people: Cast, waiting: Conversation, name: str
) -> None:
    fails(people)
    shown = strip(page(browser, reverse(name)))
    assert (
        f"There’s a problem with your number. {WHY} {NOTIFIED} 1 text is waiting."
        in shown
    )


def test_an_open_conversation_learns_of_it(
    browser: Client, people: Cast, waiting: Conversation
) -> None:
    after = waiting.messages.get().position
    since = reverse("conversation_since", args=[waiting.pk]) + f"?after={after}"
    assert "sse:number" in page(browser, reverse("conversation", args=[waiting.pk]))
    fails(people)
    assert "Waiting: there’s a problem with your number" in page(browser, since)


def test_the_profile_says_what_is_tried_again(
    browser: Client, people: Cast, waiting: Conversation
) -> None:
    people.maya.inbox.system_numbers.update(reason="The carrier did not answer.")
    assert "The carrier did not answer. Quadline keeps trying." in page(
        browser, reverse("profile")
    )
    assert "Waiting: your number is delayed" in page(
        browser, reverse("conversation", args=[waiting.pk])
    )


def test_a_broadcast_that_waits_for_the_number_says_so(
    browser: Client, people: Cast
) -> None:
    give_number(people.maya, "", "registering")
    broadcast = acts.draft(people.maya)
    acts.send(broadcast)
    fails(people)
    shown = page(browser, reverse("broadcast", args=[broadcast.pk]))
    assert "Problem with the number" in shown
    assert WHY in shown


def test_a_colleagues_trouble_is_not_shown_to_somebody_else(
    enter: Enter, people: Cast, waiting: Conversation
) -> None:
    fails(people)
    assert strip(page(enter(people.omar), reverse("inbox"))) == ""


@pytest.mark.parametrize("state", ["registering", "failed"])
def test_who_reads_a_colleagues_conversation_reads_no_your(
    enter: Enter, people: Cast, waiting: Conversation, state: str
) -> None:
    reason = WHY if state == "failed" else ""
    people.maya.inbox.system_numbers.update(state=state, reason=reason)
    shown = page(enter(people.lena), reverse("conversation", args=[waiting.pk]))
    log = shown.partition('id="log"')[2]
    expected = {
        "registering": "Waiting for the number",
        "failed": "Waiting: there’s a problem with the number",
    }
    assert expected[state] in log
    assert "your number" not in log.lower()
    assert NOTIFIED not in shown


def test_who_reads_a_colleagues_broadcast_reads_no_your(
    enter: Enter, people: Cast
) -> None:
    give_number(people.maya, "", "registering")
    broadcast = acts.draft(people.maya)
    acts.send(broadcast)
    fails(people)
    shown = page(enter(people.lena), reverse("broadcast", args=[broadcast.pk]))
    shown = shown.partition('class="page')[2]
    assert "There’s a problem with the number." in shown
    assert NOTIFIED not in shown
    assert "your number" not in shown.lower()
