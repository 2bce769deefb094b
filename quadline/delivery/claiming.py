"""Claim due texts: each row by one worker, in the order written within a conversation."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from quadline.conversations.models import Message, MessageEvent
from quadline.conversations.rules import Status
from quadline.conversations.statuses import announce
from quadline.delivery.models import Attempt

# A text is left alone while an earlier one of its conversation has not been handed over, though it could be. An
# unconfirmed one holds the others back only as long as it is being looked up.
DUE = """
    SELECT message.id
    FROM conversations_message AS message
    JOIN numbers_systemnumber AS number ON number.id = message.system_number_id AND number.state = 'active'
    WHERE message.due_at <= %(now)s
      AND NOT EXISTS (
        SELECT 1 FROM conversations_message AS earlier
        WHERE earlier.conversation_id = message.conversation_id
          AND earlier.position < message.position
          AND (earlier.status IN ('queued', 'sending')
               OR earlier.status = 'waiting' AND earlier.due_at <= %(now)s
                  AND earlier.system_number_id = message.system_number_id
               OR earlier.status = 'unconfirmed' AND EXISTS (
                  SELECT 1 FROM delivery_attempt AS attempt
                  WHERE attempt.message_id = earlier.id AND attempt.started_at > %(now)s - interval '10 minutes')))
    ORDER BY message.due_at, message.position
    LIMIT %(limit)s
    FOR NO KEY UPDATE OF message SKIP LOCKED
"""


@dataclass(frozen=True)
class Claim:
    """One text that is ours to hand over, and the committed attempt that says so."""

    message: Message
    attempt: Attempt


def claim_due(*, limit: int) -> list[Claim]:
    """Claim at most ``limit`` due texts and commit an attempt for each."""
    now = timezone.now()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(DUE, {"now": now, "limit": limit})
            ids = [row[0] for row in cursor.fetchall()]
        messages = list(
            Message.objects.filter(pk__in=ids)
            .select_related("system_number", "conversation__student", "conversation__staff")
            .in_order()
        )
        attempts = Attempt.objects.bulk_create(Attempt(message=message, started_at=now) for message in messages)
        for message in messages:
            _mark_sending(message, now)
    return [Claim(message, attempt) for message, attempt in zip(messages, attempts, strict=True)]


def _mark_sending(message: Message, now: datetime) -> None:
    """From here the carrier may have it. A text tried before keeps its status: it never falls."""
    is_first = message.status in (Status.WAITING, Status.QUEUED)
    if is_first:
        MessageEvent.objects.create(
            message=message, at=now, from_status=message.status, to_status=Status.SENDING, cause="handed over"
        )
    message.status = Status.SENDING if is_first else message.status
    message.due_at, message.reason, message.detail = None, "", ""
    message.save(update_fields=["status", "due_at", "reason", "detail"])
    announce(message)
