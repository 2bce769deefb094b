"""When night falls on a running broadcast: what has not left waits for the morning, where the student is.

The sender would hold each text back too, but only once it has it in hand, where nobody can pause or stop it any more.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
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
PUT_OFF = """
    UPDATE conversations_message
    SET due_at = %(until)s, reason = 'quiet_hours', deadline_at = GREATEST(deadline_at, %(deadline)s)
    WHERE id = ANY(%(ids)s::uuid[]) AND status = 'waiting'
"""
Nights = dict[tuple[str, str], datetime | None]  # zone and area → when quiet hours end


def put_off(broadcasts: Sequence[UUID], *, now: datetime) -> None:
    """Texts whose turn would come in the student's quiet hours have it in the morning."""
    hours = QuietHours.parse(settings.ENV.quiet_hours)
    if hours is None:
        return
    values: dict[str, Any] = {"broadcasts": list(broadcasts), "now": now}
    with connection.cursor() as cursor:
        cursor.execute(PLACES, values)
        places = cursor.fetchall()
        nights = {(zone, area): _quiet_until(zone, phone, hours, now) for zone, area, phone in places}
        if not any(nights.values()):
            return
        cursor.execute(TEXTS, values)
        for until, ids in _by_night(cursor.fetchall(), nights).items():
            cursor.execute(PUT_OFF, {"ids": ids, "until": until, "deadline": deadline_of(until)})


def _by_night(texts: Iterable[tuple[str, str, Any]], nights: Nights) -> dict[datetime, list[Any]]:
    """The texts, of a zone and an area each, by when their students' quiet hours end."""
    held: defaultdict[datetime, list[Any]] = defaultdict(list)
    for zone, area, text in texts:
        if until := nights.get((zone, area)):
            held[until].append(text)
    return held


def _quiet_until(time_zone: str, phone: str, hours: QuietHours, now: datetime) -> datetime | None:
    facts = RecipientFacts(mobile=phone, time_zones=places_of(Student(time_zone=time_zone, mobile=phone)))
    return may_text(facts, now=now, quiet_hours=hours).until
