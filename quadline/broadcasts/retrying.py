"""Send the failed texts of a broadcast again: those
where that is safe, and sensible.
"""

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F, OuterRef, Subquery

from quadline.accounts.models import User
from quadline.audit.models import record_audit
from quadline.broadcasts import writing
from quadline.broadcasts.facts import people_in, verdicts_for
from quadline.broadcasts.launching import start_sending
from quadline.broadcasts.models import Broadcast, Recipient
from quadline.broadcasts.pausing import may_steer
from quadline.broadcasts.rules import (
    MAY_BECOME,
    BroadcastRefused,
    BroadcastState,
    PlannedOutcome,
)
from quadline.conversations.rules import Status
from quadline.delivery.models import OutgoingEmail
from quadline.delivery.outbox.deadlines import deadline_of
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student

# The text itself was in order, and the phone may be there now. A refusal, a dead number
# or a spam filter stays one.
TRANSIENT_REASONS = frozenset(
    {
        "unreachable",
        "network",
        "expired",
        "too_many",
        "daily_limit",
        "held_back",
        "carrier_trouble",
        "not_registered",
        "unknown",
    }
)
RETRIED_STATUSES = (Status.FAILED, Status.UNDELIVERED, Status.UNREACHED)
EMAIL_MAY_REACH = (
    OutgoingEmail.State.QUEUED,
    OutgoingEmail.State.SENDING,
    OutgoingEmail.State.SENT,
)
FAILED_RECIPIENTS = """
    SELECT recipient.id, recipient.student_id
    FROM broadcasts_recipient AS recipient
    CROSS JOIN LATERAL (
        SELECT id, channel, status, reason FROM conversations_message
        WHERE id = recipient.message_id OFFSET 0) AS message
    LEFT JOIN LATERAL (
        SELECT state FROM delivery_outgoingemail
        WHERE message_id = message.id OFFSET 0) AS email ON true
    WHERE recipient.broadcast_id = %(broadcast)s
      AND recipient.first_message_id IS NULL
      AND message.channel = 'text'
      AND message.status = ANY(%(not_reached)s)
      AND message.reason = ANY(%(passing)s)
      AND (email.state IS NULL OR email.state <> ALL(%(may_reach)s))
    ORDER BY recipient.id
"""


def may_be_retried(broadcast: Broadcast) -> int:
    """How many texts retry_failed would send again, if consent allows."""
    if broadcast.state not in (BroadcastState.RUNNING, BroadcastState.FINISHED):
        return 0
    return len(_failed(broadcast))


def retry_failed(
    broadcast: Broadcast,
    *,
    actor: User,
    now: datetime,
) -> int:
    """Send the texts that failed and reached nobody in any way again; returns how
    many. Raises BroadcastRefused.
    """
    with transaction.atomic():
        row = (
            Broadcast.objects.select_for_update(no_key=True, of=["self"])
            .select_related("author")
            .get(pk=broadcast.pk)
        )
        if not may_steer(row, actor):
            raise BroadcastRefused(
                f"Only {row.author.name} or an administrator can do that. Nothing was"
                " sent."
            )
        state = BroadcastState(row.state)
        may_run = (
            state is BroadcastState.RUNNING
            or BroadcastState.RUNNING in MAY_BECOME[state]
        )
        # A draft may run, too, but by its launch.
        if state is BroadcastState.DRAFT or not may_run:
            raise BroadcastRefused("It is paused or stopped. Nothing was sent.")
        count = _send_again(row, actor, now)
        if count:
            Broadcast.objects.filter(pk=row.pk).update(
                state=BroadcastState.RUNNING, finished_at=None
            )
            record_audit("broadcast retried", subject=row, actor=actor, texts=count)
            start_sending(row)
    broadcast.refresh_from_db()
    return count


def _failed(broadcast: Broadcast) -> list[tuple[int, int]]:
    """The ids of recipients and of their students.

    Not those whose email is on its way or was taken, nor those that were sent again
    before.
    """
    values: dict[str, Any] = {
        "broadcast": broadcast.pk,
        "not_reached": list(RETRIED_STATUSES),
        "passing": sorted(TRANSIENT_REASONS),
        "may_reach": list(EMAIL_MAY_REACH),
    }
    with connection.cursor() as cursor:
        cursor.execute(FAILED_RECIPIENTS, values)
        return list(cursor.fetchall())


def _send_again(
    broadcast: Broadcast,
    actor: User,
    now: datetime,
) -> int:
    """A new text each, if the student may be texted now;
    the first one stays on record.
    """
    author = broadcast.author
    number = SystemNumber.objects.of(author)
    failed = _failed(broadcast)
    chosen = Student.objects.filter(pk__in=[student for _, student in failed])
    people = people_in(chosen.visible_to(author))
    allowed: set[int] = set()
    held: dict[int, datetime] = {}
    for person, verdict in verdicts_for(people, author=author, number=number, now=now):
        if verdict.until:
            held[person.pk] = verdict.until
        elif verdict.is_allowed:
            allowed.add(person.pk)
    may_go = allowed | held.keys()
    recipients = [recipient for recipient, student in failed if student in may_go]
    if not recipients or number is None:
        return 0
    # The student may have another phone by now.
    phone = Student.objects.filter(pk=OuterRef("student")).values("mobile")
    Recipient.objects.filter(pk__in=recipients).update(
        first_message=F("message"),
        message=None,
        outcome=PlannedOutcome.TEXT,
        reason="",
        phone=Subquery(phone),
    )
    writing.open_conversations(
        broadcast,
        only=recipients,
        count=len(recipients),
        now=now,
    )
    writing.write_messages(
        writing.WriteOrder(
            broadcast=broadcast,
            only=recipients,
            number=number,
            actor_id=actor.pk,
            held=held,
            deadline=deadline_of(max([now, *held.values()])),
            now=now,
        )
    )
    return len(recipients)
