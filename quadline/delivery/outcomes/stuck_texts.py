"""Texts that nobody would ever take up again: found, and never sent from here.

By the design there are none: each open text is due, in somebody's hands, being looked
up, or waits for a person. A row that a fault, a restore or a hand in the database left
without any of these must not wait invisibly.
"""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from quadline import clock
from quadline.conversations.causes import Cause
from quadline.conversations.models import Message, MessageQuerySet
from quadline.conversations.rules import (
    BEFORE_AN_ATTEMPT,
    WITH_THE_CARRIER,
    Channel,
    Direction,
    Status,
    WaitingFor,
)
from quadline.conversations.statuses import announce, climb, due_now, explain
from quadline.delivery.models import Attempt
from quadline.delivery.outcomes.reconciliation import A_PERSON_DECIDES
from quadline.jobs import job

log = structlog.get_logger(__name__)

STUCK_AFTER = timedelta(minutes=10)
STUCK_SWEEP_LIMIT = 500
UNDECIDED = (Attempt.Outcome.UNDER_WAY, Attempt.Outcome.UNKNOWN)


@job(queue="texts", attempts=3)
def find_stuck_texts(timestamp: int) -> None:
    """The timetable's sweep."""
    now = clock.now()
    stuck = _stuck(now).values_list("pk", flat=True)
    for message_id in list(stuck[:STUCK_SWEEP_LIMIT]):
        _take_up(message_id, now)


def _stuck(now: datetime) -> MessageQuerySet:
    attempts = Attempt.objects.filter(message=OuterRef("pk"))
    texts = Message.objects.filter(
        direction=Direction.OUTBOUND,
        channel=Channel.TEXT,
        due_at=None,
    )
    texts = texts.filter(
        status__in=BEFORE_AN_ATTEMPT | WITH_THE_CARRIER,
        created_at__lt=now - STUCK_AFTER,
    )
    is_in_hand = Exists(
        attempts.filter(Q(outcome__in=UNDECIDED) | Q(started_at__gt=now - STUCK_AFTER))
    )
    is_held = Q(reason__in=(WaitingFor.PAUSED, WaitingFor.QUESTION, WaitingFor.AUTHOR))
    waits_for_a_person = is_held | Q(detail=A_PERSON_DECIDES)
    return texts.exclude(waits_for_a_person).exclude(is_in_hand)


@transaction.atomic
def _take_up(message_id: UUID, now: datetime) -> None:
    """One that is provably not at the carrier is due; of any other a person decides."""
    rows = _stuck(now).select_for_update(no_key=True, skip_locked=True, of=["self"])
    message = rows.select_related("conversation").filter(pk=message_id).first()
    if message is None:
        return
    log.error("a text was stuck", message_id=str(message.pk), status=message.status)
    if not message.attempts.exclude(outcome=Attempt.Outcome.UNSENT).exists():
        due_now("id = %(id)s", {"id": message.pk}, now=now)
    else:
        # never sent again automatically: the carrier may have it
        climb([message], Status.UNCONFIRMED, cause=Cause.ANSWER_LOST, now=now)
        explain([message.pk], A_PERSON_DECIDES, among=WITH_THE_CARRIER)
    announce(message)
