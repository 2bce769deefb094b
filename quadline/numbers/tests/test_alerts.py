"""Who is told of a number: each letter once, to the people who can act on it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from quadline.jobs import enqueue
from quadline.numbers import alerts
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def asked_for(
    people: Cast, *, hours: float, state: NumberState = NumberState.REGISTERING
) -> SystemNumber:
    requested_at = timezone.now() - timedelta(hours=hours)
    return SystemNumber.objects.create(
        inbox=people.maya.inbox, state=state, requested_at=requested_at
    )


def test_a_late_number_is_told_to_the_administrators_once(
    people: Cast, run_letters: Callable[[], int]
) -> None:
    asked_for(people, hours=25.5)
    for _ in range(3):
        alerts.find_late_numbers(timestamp=0)

    assert run_letters() == 1
    [letter] = mail.outbox
    assert letter.to == [people.ada.email]
    assert "Maya Alvarez was requested 25 hours ago" in letter.body


@pytest.mark.parametrize(
    ("state", "hours", "letters"),
    [
        (NumberState.REQUESTED, 24.1, 1),
        (NumberState.ORDERING, 24.1, 1),
        (NumberState.REGISTERING, 24.1, 1),
        (NumberState.FAILED, 24.1, 1),
        (NumberState.REGISTERING, 23.9, 0),
        (NumberState.ACTIVE, 240, 0),
        (NumberState.RESTING, 240, 0),
        (NumberState.RELEASED, 240, 0),
    ],
)
def test_only_a_number_still_being_set_up_after_a_day_is_late(
    people: Cast, state: NumberState, hours: float, letters: int
) -> None:
    asked_for(people, hours=hours, state=state)
    alerts.find_late_numbers(timestamp=0)

    assert ProcrastinateJob.objects.filter(queue_name="letters").count() == letters


def test_the_owner_is_told_that_the_number_is_active(
    people: Cast, run_letters: Callable[[], int]
) -> None:
    number = asked_for(people, hours=2, state=NumberState.ACTIVE)
    SystemNumber.objects.filter(pk=number.pk).update(
        phone="+17342340001", active_at=timezone.now()
    )
    enqueue(alerts.email_number_active, number_id=number.pk)
    run_letters()

    [letter] = mail.outbox
    assert letter.to == [people.maya.email]
    assert letter.subject == "Your texting number (734) 234-0001 is active"


def test_nobody_is_written_to_when_there_is_no_active_administrator(
    people: Cast, run_letters: Callable[[], int]
) -> None:
    people.ada.is_active = False
    people.ada.save()
    asked_for(people, hours=25)
    alerts.find_late_numbers(timestamp=0)
    run_letters()

    assert mail.outbox == []


def in_trouble(
    people: Cast, *, minutes: float, reason: str = "The carrier answered 21999."
) -> SystemNumber:
    number = asked_for(people, hours=minutes / 60, state=NumberState.ORDERING)
    SystemNumber.objects.filter(pk=number.pk).update(reason=reason)
    return number


def test_a_number_that_cannot_get_on_is_told_to_the_administrators_within_minutes_and_once(
    people: Cast, run_letters: Callable[[], int]
) -> None:
    in_trouble(people, minutes=16)
    for _ in range(3):
        alerts.find_late_numbers(timestamp=0)
    assert run_letters() == 1
    [letter] = mail.outbox
    assert letter.subject == "Texting number of Maya Alvarez is delayed"
    assert "The carrier answered 21999." in letter.body


@pytest.mark.parametrize(
    ("minutes", "reason"), [(5, "The carrier answered 21999."), (60, "")]
)
def test_a_trouble_that_may_pass_or_is_over_is_told_to_nobody(
    people: Cast, run_letters: Callable[[], int], minutes: float, reason: str
) -> None:
    in_trouble(people, minutes=minutes, reason=reason)
    alerts.find_late_numbers(timestamp=0)
    assert run_letters() == 0


def test_a_number_that_was_delayed_is_told_once_more_when_it_is_late(
    people: Cast, run_letters: Callable[[], int]
) -> None:
    number = in_trouble(people, minutes=16)
    alerts.find_late_numbers(timestamp=0)
    a_day = timedelta(hours=25)
    told_at = timezone.now() - a_day + timedelta(minutes=16)
    SystemNumber.objects.filter(pk=number.pk).update(
        requested_at=timezone.now() - a_day, administrator_told_at=told_at
    )
    for _ in range(2):
        alerts.find_late_numbers(timestamp=0)
    assert run_letters() == 2
    assert "was requested 25 hours ago" in mail.outbox[1].body
