"""A text whose turn comes in the student's quiet hours waits for the morning, before anybody takes it in hand.

The sender looks at the law once more (sender.py), but by then the text counts as being sent: its author
could not cancel it any more, and its status, which never falls, would say all night what is not so.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from quadline.consent.rules import QuietHours
from quadline.delivery.deadlines import deadline_of
from quadline.delivery.recipients import LAST_TEXT, Recipient, verdicts
from quadline.live.telling import TELL_NEWS

HELD = "held for quiet hours"  # cause of an event
FACTS = f"""
    SELECT message.id, COALESCE(NULLIF(student.mobile, ''), message.student_phone), number.phone,
           COALESCE(student.mobile, conversation.phone), COALESCE(student.landline, ''),
           COALESCE(student.time_zone, ''), ({LAST_TEXT})
    FROM unnest(%(ids)s::uuid[]) AS text (id)
    JOIN conversations_message AS message ON message.id = text.id
    JOIN conversations_conversation AS conversation ON conversation.id = message.conversation_id
    JOIN numbers_systemnumber AS number ON number.id = message.system_number_id
    LEFT JOIN roster_student AS student ON student.id = conversation.student_id
"""  # noqa: S608  # no value in it
PUT_OFF = f"""
    WITH held AS (
        UPDATE conversations_message AS message
        SET due_at = night.until, reason = 'quiet_hours', detail = '',
            deadline_at = GREATEST(message.deadline_at, night.deadline)
        FROM unnest(%(ids)s::uuid[], %(untils)s::timestamptz[], %(deadlines)s::timestamptz[])
             AS night (id, until, deadline)
        WHERE message.id = night.id
        RETURNING message.id, message.status, message.conversation_id
    ),
    told AS (
        INSERT INTO conversations_messageevent (message_id, at, from_status, to_status, cause, carrier_code, key)
        SELECT id, %(now)s, status, status, '{HELD}', '', '' FROM held
    ),
    news AS (
        SELECT DISTINCT conversation.staff_id AS user_id, 'conv-' || conversation.id AS event
        FROM held JOIN conversations_conversation AS conversation ON conversation.id = held.conversation_id
    )
    {TELL_NEWS}
"""  # noqa: S608  # no value in it


def put_off(ids: Sequence[UUID], *, now: datetime) -> set[UUID]:
    """Put off those of these due texts for whom it is night. Their rows are locked by the caller. Returns them."""
    if not ids or QuietHours.parse(settings.ENV.quiet_hours) is None:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(FACTS, {"ids": list(ids)})
        known = {row[0]: _recipient(row) for row in cursor.fetchall()}
        law = zip(known, verdicts(list(known.values()), now=now), strict=True)
        nights = {id: verdict.until for id, verdict in law if verdict.until}
        if nights:
            deadlines = [deadline_of(until) for until in nights.values()]
            held = {"ids": list(nights), "untils": list(nights.values()), "deadlines": deadlines}
            cursor.execute(PUT_OFF, {**held, "now": now})
    return set(nights)


def _recipient(row: Sequence[Any]) -> Recipient:
    _, student_phone, system_phone, *known = row
    return Recipient((student_phone, system_phone), *known)
