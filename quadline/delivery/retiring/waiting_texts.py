"""The texts that wait for a number, when that number rests or is given up."""

import uuid
from datetime import datetime

from django.db.models import QuerySet

from quadline.accounts.models import User
from quadline.conversations.causes import Cause
from quadline.conversations.models import Message
from quadline.conversations.rules import (
    BEFORE_AN_ATTEMPT,
    Channel,
    Direction,
    Pending,
    WaitingFor,
)
from quadline.conversations.statuses import sql, wait
from quadline.delivery.outbox.deadlines import email_overdue_texts, with_deadline
from quadline.jobs import enqueue
from quadline.numbers.models import SystemNumber

# A person stopped them: they are not sent as emails over that person's head.
STOPPED_BY_A_PERSON = (WaitingFor.PAUSED, WaitingFor.AUTHOR)


def waiting_texts(number: SystemNumber) -> "QuerySet[Message]":
    """Those that the carrier provably does not have."""
    texts = Message.objects.filter(
        system_number=number, direction=Direction.OUTBOUND, channel=Channel.TEXT
    )
    # Each by its own index, which a condition with "or" would not use.
    unsent = texts.filter(status__in=BEFORE_AN_ATTEMPT).values("pk")
    due = texts.filter(due_at__isnull=False, status__in=sql.OPEN_STATUSES).values("pk")
    return Message.objects.filter(pk__in=unsent.union(due))


def hold_while_resting(
    number: SystemNumber,
    *,
    actor: User,
    now: datetime,
) -> None:
    """They wait for the number, and say so, with the time that a wait for one has.

    The law, the night and the day's count are asked again when they leave.
    """
    others = (*STOPPED_BY_A_PERSON, WaitingFor.QUESTION)
    wait(
        _locked(waiting_texts(number).exclude(reason__in=others)),
        with_deadline(Pending(WaitingFor.NUMBER, now)),
        now=now,
        cause=Cause.NUMBER_RESTS,
        actor=actor,
    )


def hand_to_failsafe(
    number: SystemNumber,
    *,
    actor: User,
    now: datetime,
) -> None:
    """Nothing leaves from this number again: their deadline is now, so each goes as an
    email, many at a time and whatever crashes (outbox/deadlines.py).

    One that waits for an answer, too: nobody would be asked any more.
    """
    texts = waiting_texts(number).exclude(reason__in=STOPPED_BY_A_PERSON)
    wait(
        _locked(texts),
        Pending(WaitingFor.NUMBER, due_at=now, deadline_at=now),
        now=now,
        cause=Cause.NUMBER_GIVEN_UP,
        actor=actor,
        new_deadline=True,
    )
    enqueue(email_overdue_texts, timestamp=0)


def _locked(texts: "QuerySet[Message]") -> list[uuid.UUID]:
    """In the order of their ids, as everywhere."""
    rows = texts.order_by("pk").select_for_update(no_key=True, of=["self"])
    return list(rows.values_list("pk", flat=True))
