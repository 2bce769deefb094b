"""What a text waits for, and until when: one law for anyone who asks."""

from datetime import UTC, datetime, timedelta

import pytest

from quadline.consent.rules import ALLOWED, Reason, Verdict
from quadline.conversations.rules import (
    NEVER_REACHED_THE_STUDENT,
    Pending,
    Status,
    WaitingFor,
)
from quadline.delivery.rules import is_notice_due, waits_for

NOW = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)
MORNING = NOW + timedelta(hours=10)
TOMORROW = NOW + timedelta(hours=6)
NIGHT = Verdict(False, Reason.QUIET_HOURS, MORNING)
ASKED = Verdict(False, Reason.ASKED)
OUT = Verdict(False, Reason.OPTED_OUT)

# Each line holds for one reason more than the next; the first reason counts.
FACTS: list[tuple[dict[str, object], Verdict, Pending]] = [
    ({"is_paused": True, "is_out_of_reach": True}, ASKED, Pending(WaitingFor.PAUSED)),
    (
        {"is_out_of_reach": True, "has_active_number": False},
        ASKED,
        Pending(WaitingFor.AUTHOR),
    ),
    (
        {"has_active_number": False, "used_up_until": TOMORROW},
        ASKED,
        Pending(WaitingFor.QUESTION),
    ),
    (
        {"has_active_number": False, "used_up_until": TOMORROW},
        NIGHT,
        Pending(WaitingFor.NUMBER, NOW),
    ),
    ({"used_up_until": TOMORROW}, NIGHT, Pending(WaitingFor.TOMORROW, TOMORROW)),
    ({}, NIGHT, Pending(WaitingFor.QUIET_HOURS, MORNING)),
]


@pytest.mark.parametrize("is_bulk", [True, False])
@pytest.mark.parametrize(("facts", "verdict", "pending"), FACTS)
def test_the_first_reason_counts(
    facts: dict[str, object], verdict: Verdict, pending: Pending, *, is_bulk: bool
) -> None:
    assert waits_for(verdict, now=NOW, is_bulk=is_bulk, **facts) == pending  # type: ignore[arg-type]


@pytest.mark.parametrize("verdict", [ALLOWED, OUT])
def test_what_nothing_holds_is_due_at_its_turn(verdict: Verdict) -> None:
    """A refusal holds nothing: the sender's last look closes such a text."""
    assert waits_for(verdict, now=NOW, is_bulk=True) == Pending(WaitingFor.TURN, NOW)
    assert waits_for(verdict, now=NOW, is_bulk=False) == Pending("", NOW)


def test_a_text_that_waits_for_nothing_is_queued_from_the_start() -> None:
    assert Pending("", NOW).status is Status.QUEUED
    assert all(Pending(reason, NOW).status is Status.WAITING for reason in WaitingFor)


@pytest.mark.parametrize("status", list(Status))
def test_a_notice_is_due_until_one_may_have_reached_the_student(status: Status) -> None:
    is_lost = status in NEVER_REACHED_THE_STUDENT
    assert is_notice_due([status]) == is_lost
    assert is_notice_due([Status.CANCELLED, status]) == is_lost
    assert is_notice_due([])
