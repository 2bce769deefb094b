"""A text that waits too long goes as an email: when that is,
and the sweep that sees to it.

One that its author may not send any more is closed without one: nobody writes in their
name.
"""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from quadline import clock
from quadline.college.current import college_settings
from quadline.conversations.causes import Cause
from quadline.conversations.models import Message, MessageQuerySet
from quadline.conversations.rules import (
    BEFORE_AN_ATTEMPT,
    WITH_THE_CARRIER,
    Channel,
    Direction,
    Pending,
    Status,
    WaitingFor,
)
from quadline.conversations.statuses import climb
from quadline.delivery.failsafe import closing
from quadline.delivery.permission.reach import WAS_NOT_SENT
from quadline.jobs import job
from quadline.numbers.rules import LIVE_STATES, NumberState

DEADLINE_PASSED = "It couldn’t be sent in time."
NUMBER_NOT_ACTIVE = "Your number was not active in time."
NUMBER_GIVEN_UP = "The number it was written from is no longer in use here."
AUTHOR_DEACTIVATED = "It was not sent: the account it was written from was deactivated."
# a person has stopped it, or is being asked
NO_DEADLINE_WHILE = (WaitingFor.PAUSED, WaitingFor.QUESTION)
DEADLINE_SWEEP_LIMIT = 500


def deadline_of(
    could_leave_at: datetime, *, waits_for_number: bool = False
) -> datetime:
    """When a text goes as an email instead. ``could_leave_at``: after
    quiet hours, its schedule, its turn.
    """
    hours = (
        college_settings().failsafe_number_hours
        if waits_for_number
        else college_settings().failsafe_hours
    )
    return could_leave_at + timedelta(hours=hours)


def with_deadline(pending: Pending) -> Pending:
    """The same with the deadline of a text that can leave when that is due."""
    if pending.due_at is None:
        return pending
    is_for_number = pending.reason == WaitingFor.NUMBER
    deadline = deadline_of(pending.due_at, waits_for_number=is_for_number)
    return replace(pending, deadline_at=deadline)


@job(queue="texts", attempts=3)
def email_overdue_texts(timestamp: int) -> None:
    """The timetable's sweep."""
    now = clock.now()
    for message_id in list(
        _overdue(now)
        .order_by("deadline_at")
        .values_list("pk", flat=True)[:DEADLINE_SWEEP_LIMIT]
    ):
        _close(message_id, now)


def _overdue(now: datetime) -> MessageQuerySet:
    """Texts past their deadline that the carrier provably does not have."""
    texts = Message.objects.filter(
        direction=Direction.OUTBOUND,
        channel=Channel.TEXT,
        deadline_at__lte=now,
    )
    # One that is due again after an attempt was not taken by the carrier, or was looked
    # for there in vain.
    is_let_go = Q(due_at__isnull=False) | Q(reason=WaitingFor.AUTHOR)
    not_there = Q(status__in=BEFORE_AN_ATTEMPT) | Q(
        is_let_go, status__in=WITH_THE_CARRIER
    )
    # What waited for a number has the usual time from when the number became active.
    usual_time = timedelta(hours=college_settings().failsafe_hours)
    is_active = Q(system_number__state=NumberState.ACTIVE)
    is_new = Q(system_number__active_at__gt=now - usual_time)
    had_time = ~is_active | ~is_new
    return texts.filter(not_there, had_time).exclude(reason__in=NO_DEADLINE_WHILE)


@transaction.atomic
def _close(message_id: uuid.UUID, now: datetime) -> None:
    """Looked at again under a lock: a sender that has the text now keeps
    it, and takes none that is closed here.
    """
    rows = _overdue(now).select_for_update(
        no_key=True,
        skip_locked=True,
        of=["self"],
    )
    related = rows.select_related(
        "conversation__student", "conversation__inbox__owner", "system_number"
    )
    message = related.filter(pk=message_id).first()
    if message is None:
        return
    if message.reason == WaitingFor.AUTHOR or not message.conversation.inbox.is_open:
        why = (
            f"{WAS_NOT_SENT} {message.detail}"
            if message.reason == WaitingFor.AUTHOR
            else AUTHOR_DEACTIVATED
        )
        climb(
            [message],
            Status.BLOCKED,
            cause=Cause.DEADLINE,
            now=now,
            reason=WaitingFor.AUTHOR,
            detail=why,
        )
        return
    number = message.system_number
    if number and number.state not in LIVE_STATES:
        words = NUMBER_GIVEN_UP
    elif number is None or number.state != NumberState.ACTIVE:
        words = NUMBER_NOT_ACTIVE
    else:
        tried = message.detail.removesuffix(closing.RETRIED_AUTOMATICALLY)
        words = f"{DEADLINE_PASSED} {tried}".strip()
    closing.close_unsent(
        message,
        cause=Cause.DEADLINE,
        words=words,
        now=now,
    )
