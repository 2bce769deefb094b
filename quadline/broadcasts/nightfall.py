"""When night falls on a running broadcast: what has not left waits for the morning, where the student is.

The sender would hold each text back too, but only once it has it in hand, where nobody can pause or stop it any more.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from quadline.consent.rules import QuietHours, RecipientFacts, Verdict, may_text
from quadline.conversations.rules import Pending
from quadline.conversations.statuses import wait
from quadline.delivery.deadlines import with_deadline
from quadline.delivery.recipients import places_of
from quadline.delivery.rules import waits_for
from quadline.roster.models import Student

# Students of one zone and one area code are alike to the law. A broadcast answers nobody, so who wrote lately is no exception.
DUE = """
    FROM broadcasts_recipient AS recipient
    CROSS JOIN LATERAL (
        SELECT id, status, reason, due_at FROM conversations_message
        WHERE id = recipient.message_id OFFSET 0) AS message
    CROSS JOIN LATERAL (
        SELECT time_zone, mobile FROM roster_student
        WHERE id = recipient.student_id OFFSET 0) AS student
    WHERE recipient.broadcast_id = ANY(%(broadcasts)s) AND message.status = 'waiting'
      AND message.reason <> 'number' AND message.due_at <= %(now)s
"""
PLACES = f"SELECT student.time_zone, left(student.mobile, 5), min(student.mobile) {DUE} GROUP BY 1, 2"
TEXTS = f"SELECT student.time_zone, left(student.mobile, 5), message.id {DUE}"
STILL = "message.status = 'waiting' AND message.reason <> 'number' AND message.due_at <= %(now)s"


def put_off(broadcasts: Sequence[UUID], *, now: datetime) -> None:
    """Texts whose turn would come in the student's quiet hours have it in the morning."""
    hours = QuietHours.parse(settings.ENV.quiet_hours)
    if hours is None:
        return
    values: dict[str, Any] = {"broadcasts": list(broadcasts), "now": now}
    with connection.cursor() as cursor:
        cursor.execute(PLACES, values)
        places = cursor.fetchall()
        nights = {
            (zone, area): with_deadline(waits_for(verdict, now=now, is_bulk=True))
            for zone, area, phone in places
            if (verdict := _verdict(zone, phone, hours, now)).until
        }
        if not nights:
            return
        cursor.execute(TEXTS, values)
        texts = cursor.fetchall()
    late: dict[UUID, Pending] = {text: nights[zone, area] for zone, area, text in texts if (zone, area) in nights}
    wait(late, now=now, still=STILL)


def _verdict(time_zone: str, phone: str, hours: QuietHours, now: datetime) -> Verdict:
    facts = RecipientFacts(mobile=phone, time_zones=places_of(Student(time_zone=time_zone, mobile=phone)))
    return may_text(facts, now=now, quiet_hours=hours)
