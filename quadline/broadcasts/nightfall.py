"""When night falls on a running broadcast: what has not left waits for the morning, where the student is.

The sender would hold each text back too, but only once it has it in hand, where nobody can pause or stop it any more.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from quadline.consent.rules import QuietHours, RecipientFacts, may_text
from quadline.delivery.deadlines import deadline_of
from quadline.delivery.recipients import places_of
from quadline.roster.models import Student

# Students of one zone and one area code are alike to the law. A broadcast answers nobody, so who wrote lately is no exception.
DUE = """
    FROM broadcasts_recipient AS recipient
    JOIN conversations_message AS message ON message.id = recipient.message_id
    JOIN roster_student AS student ON student.id = recipient.student_id
    WHERE recipient.broadcast_id = ANY(%(broadcasts)s) AND message.status = 'waiting' AND message.reason <> 'number'
      AND message.due_at <= %(now)s
"""
PLACES = f"SELECT student.time_zone, left(student.mobile, 5), min(student.mobile) {DUE} GROUP BY 1, 2"
PUT_OFF = f"""
    UPDATE conversations_message AS late
    SET due_at = night.until, reason = 'quiet_hours', deadline_at = GREATEST(late.deadline_at, night.deadline)
    FROM (SELECT message.id, student.time_zone, left(student.mobile, 5) AS area {DUE}) AS due
    JOIN unnest(%(zones)s::text[], %(areas)s::text[], %(untils)s::timestamptz[], %(deadlines)s::timestamptz[])
         AS night (time_zone, area, until, deadline) ON night.time_zone = due.time_zone AND night.area = due.area
    WHERE late.id = due.id AND late.status = 'waiting'
"""  # noqa: S608  # no value in it


def put_off(broadcasts: Sequence[UUID], *, now: datetime) -> None:
    """Texts whose turn would come in the student's quiet hours have it in the morning."""
    hours = QuietHours.parse(settings.ENV.quiet_hours)
    if hours is None:
        return
    values: dict[str, Any] = {"broadcasts": list(broadcasts), "now": now}
    with connection.cursor() as cursor:
        cursor.execute(PLACES, values)
        places = cursor.fetchall()
        nights = [(zone, area, until) for zone, area, phone in places if (until := _quiet_until(zone, phone, hours, now))]
        if nights:
            zones, areas, untils = zip(*nights, strict=True)
            deadlines = [deadline_of(until) for until in untils]
            night = {"zones": list(zones), "areas": list(areas), "untils": list(untils), "deadlines": deadlines}
            cursor.execute(PUT_OFF, {**values, **night})


def _quiet_until(time_zone: str, phone: str, hours: QuietHours, now: datetime) -> datetime | None:
    facts = RecipientFacts(mobile=phone, time_zones=places_of(Student(time_zone=time_zone, mobile=phone)))
    return may_text(facts, now=now, quiet_hours=hours).until
