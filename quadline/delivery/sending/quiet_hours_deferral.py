"""A text whose turn comes in the student's quiet hours waits for the
morning, before a worker claims it.

The sender looks at the law once more (sender.py), but by then the text counts as being
sent: its author could not cancel it any more, and its status, which never falls, would
say all night what is not so.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from quadline.college.current import college_settings
from quadline.consent.rules import QuietHours
from quadline.conversations.causes import Cause
from quadline.conversations.statuses import wait
from quadline.delivery.outbox.deadlines import with_deadline
from quadline.delivery.permission.recipients import (
    LAST_TEXT_FROM_STUDENT,
    TextRecipient,
    verdicts,
)
from quadline.delivery.rules import waits_for

QUIET_HOURS_FACTS = f"""
    SELECT
        message.id,
        COALESCE(NULLIF(student.mobile, ''), message.student_phone), number.phone,
        COALESCE(student.mobile, conversation.phone), COALESCE(student.landline, ''),
        COALESCE(student.time_zone, ''),
        ({LAST_TEXT_FROM_STUDENT}),
        message.is_bulk, conversation.student_id
    FROM unnest(%(ids)s::uuid[]) AS text (id)
    JOIN conversations_message AS message ON message.id = text.id
    JOIN conversations_conversation AS conversation
      ON conversation.id = message.conversation_id
    JOIN numbers_systemnumber AS number ON number.id = message.system_number_id
    LEFT JOIN roster_student AS student ON student.id = conversation.student_id
"""  # noqa: S608  # no value in it


def defer_for_quiet_hours(ids: Sequence[UUID], *, now: datetime) -> set[UUID]:
    """Put off those of these due texts for whom it is night. Their rows
    are locked by the caller. Returns them.
    """
    if not ids or QuietHours.parse(college_settings().quiet_hours) is None:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(QUIET_HOURS_FACTS, {"ids": list(ids)})
        found = cursor.fetchall()
    law = verdicts([_recipient(row) for row in found], now=now)
    nights = {
        row[0]: with_deadline(waits_for(verdict, now=now, is_bulk=row[-2]))
        for row, verdict in zip(found, law, strict=True)
        if verdict.until
    }
    wait(nights, now=now, cause=Cause.QUIET_HOURS)
    return set(nights)


def _recipient(row: Sequence[Any]) -> TextRecipient:
    _, student_phone, system_phone, mobile, landline, time_zone, *rest = row
    wrote_at, _, student_id = rest
    return TextRecipient(
        pair=(student_phone, system_phone),
        mobile=mobile,
        landline=landline,
        time_zone=time_zone,
        wrote_at=wrote_at,
        student_id=student_id,
    )
