"""Write down the texts that the carrier took, many at once: the common case, and so one statement."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from quadline.delivery.models import Attempt
from quadline.delivery.recording import record_accepted
from quadline.live.telling import TELL_NEWS

# A receipt may have been quicker and have moved the status past "sent": the carrier's id is kept all the same.
ACCEPT = f"""
    WITH taken AS (
        SELECT message.id, message.status, message.conversation_id, answer.attempt_id, answer.carrier_message_id,
               message.status IN ('waiting', 'queued', 'sending', 'unconfirmed') AS climbs
        FROM unnest(%(messages)s::uuid[], %(attempts)s::bigint[], %(carrier_ids)s::text[])
             AS answer (message_id, attempt_id, carrier_message_id)
        JOIN conversations_message AS message ON message.id = answer.message_id
        ORDER BY message.id
        FOR NO KEY UPDATE OF message
    ),
    closed AS (
        UPDATE delivery_attempt AS attempt SET outcome = 'accepted', why = '', next_look_at = NULL
        FROM taken WHERE attempt.id = taken.attempt_id
    ),
    kept AS (
        UPDATE conversations_message AS message
        SET carrier_message_id = CASE WHEN message.carrier_message_id = '' THEN taken.carrier_message_id
                                      ELSE message.carrier_message_id END,
            sent_at = COALESCE(message.sent_at, %(now)s),
            status = CASE WHEN taken.climbs THEN 'sent' ELSE message.status END,
            due_at = CASE WHEN taken.climbs THEN NULL ELSE message.due_at END,
            reason = CASE WHEN taken.climbs THEN '' ELSE message.reason END,
            detail = CASE WHEN taken.climbs THEN '' ELSE message.detail END
        FROM taken WHERE message.id = taken.id
    ),
    told AS (
        INSERT INTO conversations_messageevent (message_id, at, from_status, to_status, cause, carrier_code, key)
        SELECT id, %(now)s, status, 'sent', 'accepted', '', 'accepted-' || carrier_message_id FROM taken
        ON CONFLICT DO NOTHING
    ),
    news AS (
        SELECT conversation.staff_id AS user_id, 'conv-' || conversation.id AS event
        FROM taken JOIN conversations_conversation AS conversation ON conversation.id = taken.conversation_id
    )
    {TELL_NEWS}
"""  # noqa: S608  # no value in it


@dataclass(frozen=True, slots=True)
class Taken:
    """A text that the carrier has, as its answer or its log says."""

    message_id: UUID
    attempt_id: int
    carrier_message_id: str


def record_all_accepted(taken: Sequence[Taken], *, now: datetime) -> None:
    if not taken:
        return
    try:
        with transaction.atomic():
            _accept(taken, now)
    except IntegrityError:  # a look-up has given one of the ids to another row: one by one, so the others are kept
        attempts = Attempt.objects.select_related("message__conversation").in_bulk([each.attempt_id for each in taken])
        for each in taken:
            attempt = attempts[each.attempt_id]
            with suppress(IntegrityError):  # that one is looked up: which of the two is whose nobody can tell
                record_accepted(attempt.message, attempt, each.carrier_message_id, now=now)


def _accept(taken: Sequence[Taken], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            ACCEPT,
            {
                "messages": [each.message_id for each in taken],
                "attempts": [each.attempt_id for each in taken],
                "carrier_ids": [each.carrier_message_id for each in taken],
                "now": now,
            },
        )
