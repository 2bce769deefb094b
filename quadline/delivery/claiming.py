"""Claim due texts: each row by one worker, in the order written within a conversation, no number above its rate.

Single texts go before a broadcast's, and numbers take turns, so nobody's thousands hold up another's fifty.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from quadline.conversations.models import Message
from quadline.delivery.models import Attempt
from quadline.delivery.rules import CATCH_UP, texts_at_once
from quadline.live.telling import tell_each

# The numbers whose turn it is: those with a single text first, then who has waited longest. A number in another worker's
# hands is passed over.
NUMBERS = """
    SELECT number.id
    FROM numbers_systemnumber AS number
    WHERE number.state = 'active'
      AND (number.free_at IS NULL OR number.free_at <= %(now)s)
      AND EXISTS (SELECT 1 FROM conversations_message AS message
                  WHERE message.system_number_id = number.id AND message.due_at <= %(now)s)
    ORDER BY EXISTS (SELECT 1 FROM conversations_message AS message
                     WHERE message.system_number_id = number.id AND message.due_at <= %(now)s AND NOT message.is_bulk) DESC,
             number.free_at NULLS FIRST, number.id
    LIMIT %(limit)s
    FOR NO KEY UPDATE OF number SKIP LOCKED
"""

# A text is left alone while an earlier one of its conversation has not been handed over, though it could be. An
# unconfirmed one holds the others back only as long as it is being looked up.
TEXTS = """
    SELECT due.id, due.segments, number.id
    FROM unnest(%(numbers)s::bigint[]) AS number (id)
    CROSS JOIN LATERAL (
        SELECT message.id, message.segments
        FROM conversations_message AS message
        WHERE message.system_number_id = number.id AND message.due_at <= %(now)s
          AND NOT EXISTS (
            SELECT 1 FROM conversations_message AS earlier
            WHERE earlier.conversation_id = message.conversation_id
              AND earlier.position < message.position
              AND earlier.channel = 'text'
              AND (earlier.status IN ('queued', 'sending')
                   OR earlier.status = 'waiting' AND earlier.due_at <= %(now)s
                      AND earlier.system_number_id = message.system_number_id
                   OR earlier.status = 'unconfirmed' AND EXISTS (
                      SELECT 1 FROM delivery_attempt AS attempt
                      WHERE attempt.message_id = earlier.id AND attempt.started_at > %(now)s - interval '10 minutes')))
        ORDER BY message.is_bulk, message.due_at, message.position
        LIMIT %(each)s
        FOR NO KEY UPDATE OF message SKIP LOCKED
    ) AS due
"""

# From here the carrier may have them. A text tried before keeps its status: it never falls. A text that waited goes
# to the phone the student has now.
TAKE = """
    WITH taken AS (SELECT id, status FROM conversations_message WHERE id = ANY(%(ids)s::uuid[])),
    sending AS (
        UPDATE conversations_message AS message
        SET status = CASE WHEN taken.status IN ('waiting', 'queued') THEN 'sending' ELSE taken.status END,
            student_phone = COALESCE(NULLIF(student.mobile, ''), message.student_phone),
            due_at = NULL, reason = '', detail = ''
        FROM taken, conversations_conversation AS conversation
        LEFT JOIN roster_student AS student ON student.id = conversation.student_id
        WHERE message.id = taken.id AND conversation.id = message.conversation_id
    ),
    told AS (
        INSERT INTO conversations_messageevent (message_id, at, from_status, to_status, cause, carrier_code, key)
        SELECT id, %(now)s, status, 'sending', 'handed over', '', '' FROM taken WHERE status IN ('waiting', 'queued')
    )
    INSERT INTO delivery_attempt (message_id, started_at, outcome, why, looks)
    SELECT id, %(now)s, 'under_way', '', 0 FROM taken
    RETURNING id, message_id
"""
PACE = """
    UPDATE numbers_systemnumber AS number
    SET free_at = CASE WHEN number.free_at > %(late)s THEN number.free_at ELSE %(now)s END + sent.seconds * interval '1 second'
    FROM unnest(%(numbers)s::bigint[], %(seconds)s::float8[]) AS sent (number_id, seconds)
    WHERE number.id = sent.number_id
"""
NEXT_TURN = """
    SELECT min(number.free_at)
    FROM numbers_systemnumber AS number
    WHERE number.state = 'active' AND number.free_at > %(now)s
      AND EXISTS (SELECT 1 FROM conversations_message AS message
                  WHERE message.system_number_id = number.id AND message.due_at <= number.free_at)
"""


@dataclass(frozen=True)
class Claim:
    """One text that is ours to hand over, and the committed attempt that says so."""

    message: Message
    attempt: Attempt


def claim_due(*, limit: int) -> list[Claim]:
    """Claim at most ``limit`` due texts and commit an attempt for each."""
    now = timezone.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(NUMBERS, {"now": now, "limit": limit})
        numbers = [row[0] for row in cursor.fetchall()]
        if not numbers:
            return []
        rate = settings.ENV.texts_per_second
        each = texts_at_once(rate, share=limit // len(numbers))
        cursor.execute(TEXTS, {"now": now, "numbers": numbers, "each": each})
        texts = cursor.fetchall()
        cursor.execute(TAKE, {"now": now, "ids": [text[0] for text in texts]})
        attempts = {message_id: attempt_id for attempt_id, message_id in cursor.fetchall()}
        _pace([(number_id, segments) for _, segments, number_id in texts], rate, now)
        claims = _claims([text[0] for text in texts], attempts, now)
        tell_each((claim.message.conversation.staff_id, f"conv-{claim.message.conversation_id}") for claim in claims)
    return claims


def next_turn(now: datetime) -> datetime | None:
    """When the next of the numbers that keep texts waiting is free again; None when none does."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT_TURN, {"now": now})
        (at,) = cursor.fetchone()
    return at  # type: ignore[no-any-return]


def _claims(ids: list[UUID], attempts: dict[UUID, int], now: datetime) -> list[Claim]:
    messages = Message.objects.select_related("system_number", "conversation__student", "conversation__staff").in_bulk(ids)
    return [Claim(messages[id], Attempt(pk=attempts[id], message=messages[id], started_at=now)) for id in ids]


def _pace(sent: list[tuple[int, int]], rate: float, now: datetime) -> None:
    """Each number is busy for as long as its segments take. One that was a little late to its turn keeps its beat.

    Without a rate a number is free again at once, behind those that have waited longer.
    """
    segments: dict[int, int] = {}
    for number_id, count in sent:
        segments[number_id] = segments.get(number_id, 0) + max(count, 1)
    seconds = [count / rate if rate else 0.0 for count in segments.values()]
    late = now - CATCH_UP if rate else now
    with connection.cursor() as cursor:
        cursor.execute(PACE, {"now": now, "late": late, "numbers": list(segments), "seconds": seconds})
