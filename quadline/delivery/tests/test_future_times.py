"""A time that lies further ahead than it can was written by a clock that
was wrong: what waits for it is due.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from quadline.carriers.twilio import Twilio
from quadline.conversations.models import Message
from quadline.conversations.rules import Status, WaitingFor
from quadline.delivery.models import Attempt, OutgoingEmail
from quadline.delivery.outcomes import future_times
from quadline.delivery.tests.acts import (
    lose_an_answer,
    number_row,
    rent,
    send_due,
    status,
    write,
)
from quadline.numbers.models import SystemNumber
from tests.cast import Cast
from tests.house import Simulator

HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)


def bring_back() -> datetime:
    now = timezone.now()
    future_times.fix_future_times(now=now)
    return now


TEXTS = [
    ({"status": Status.QUEUED, "reason": ""}, HOUR - 4 * MINUTE, True),
    ({"status": Status.QUEUED, "reason": ""}, MINUTE / 2, False),
    ({"status": Status.WAITING, "reason": "number"}, HOUR, True),
    ({"status": Status.WAITING, "reason": "turn"}, HOUR, True),
    ({"status": Status.SENDING, "reason": ""}, 50 * MINUTE, False),
    ({"status": Status.SENDING, "reason": ""}, 2 * HOUR, True),
    ({"status": Status.SENDING, "reason": "quiet_hours"}, 11 * HOUR, False),
    ({"status": Status.WAITING, "reason": "quiet_hours"}, 11 * HOUR, False),
    ({"status": Status.WAITING, "reason": "quiet_hours"}, 3 * DAY, True),
    ({"status": Status.WAITING, "reason": "tomorrow"}, 2 * DAY, False),
    ({"status": Status.WAITING, "reason": "tomorrow"}, 4 * DAY, True),
]


def test_each_thing_that_a_text_may_wait_for_is_at_once_or_has_a_bound() -> None:
    """A new one is due at a later time (DEFERRED), or stands here."""
    at_once_or_never = {
        WaitingFor.NUMBER,
        WaitingFor.TURN,
        WaitingFor.PAUSED,
        WaitingFor.QUESTION,
        WaitingFor.AUTHOR,
    }

    assert set(WaitingFor) - future_times.DEFERRED.keys() == at_once_or_never


@pytest.mark.parametrize(("fields", "ahead", "is_wrong"), TEXTS)
def test_a_text_is_due_when_it_waits_for_longer_than_its_reason_can_last(
    people: Cast, fields: dict[str, Any], ahead: timedelta, is_wrong: bool
) -> None:
    number_row(people.maya)
    text = write(people.maya, people.rosa)
    at = timezone.now() + ahead
    Message.objects.filter(pk=text.pk).update(due_at=at, **fields)
    now = bring_back()
    assert Message.objects.get(pk=text.pk).due_at == (now if is_wrong else at)


def test_a_number_that_is_busy_for_an_hour_sends_again_at_once(
    people: Cast, box: Simulator, twilio: Twilio, settings: Settings
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"texts_per_second": 1.0})
    number = rent(people.maya)
    SystemNumber.objects.filter(pk=number.pk).update(free_at=timezone.now() + HOUR)
    text = write(people.maya, people.rosa)
    send_due()
    assert status(text) == Status.QUEUED
    bring_back()
    send_due()
    assert status(text) == Status.SENT


def test_a_number_that_is_busy_with_a_long_text_stays_so(
    people: Cast, settings: Settings
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"texts_per_second": 0.1})
    number, at = number_row(people.maya), timezone.now() + 4 * MINUTE
    SystemNumber.objects.filter(pk=number.pk).update(free_at=at)
    bring_back()
    assert SystemNumber.objects.get(pk=number.pk).free_at == at


def test_an_answer_that_was_lost_is_looked_up_though_its_look_lies_far_ahead(
    people: Cast, box: Simulator, twilio: Twilio
) -> None:
    rent(people.maya)
    text = lose_an_answer(people, box)
    text.attempts.update(next_look_at=timezone.now() + 2 * HOUR)
    now = bring_back()
    assert text.attempts.get().next_look_at == now


def test_an_attempt_that_was_begun_in_the_future_was_begun_now(people: Cast) -> None:
    number_row(people.maya)
    text = write(people.maya, people.rosa)
    Attempt.objects.create(message=text, started_at=timezone.now() + HOUR)
    now = bring_back()
    assert text.attempts.get().started_at == now


@pytest.mark.parametrize("state", ["queued", "sending"])
def test_an_email_that_nobody_would_take_up_for_hours_is_due(
    people: Cast, state: str
) -> None:
    number_row(people.maya)
    text, column = (
        write(people.maya, people.rosa),
        {"queued": "due_at", "sending": "taken_at"}[state],
    )
    known = {
        "message": text,
        "is_failsafe": True,
        "to": "x@alder.example",
        "header_id": "<x@y>",
        "state": state,
    }
    OutgoingEmail.objects.create(
        **known, created_at=timezone.now(), **{column: timezone.now() + 2 * HOUR}
    )
    now = bring_back()
    assert getattr(OutgoingEmail.objects.get(), column) == now


def test_a_number_that_a_worker_holds_for_an_hour_is_free(people: Cast) -> None:
    number = number_row(people.maya)
    SystemNumber.objects.filter(pk=number.pk).update(held_until=timezone.now() + HOUR)
    now = bring_back()
    assert SystemNumber.objects.get(pk=number.pk).held_until == now
