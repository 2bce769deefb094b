"""When night falls on a running broadcast: what has not left waits for the morning, where the student is.

The sender would hold each text back too, but only once it has it in hand, where nobody can pause or stop it any more.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from quadline.broadcasts.models import Broadcast
from quadline.consent.rules import QuietHours, RecipientFacts, Verdict, may_text
from quadline.conversations.statuses import wait_where
from quadline.delivery.deadlines import with_deadline
from quadline.delivery.recipients import places_of
from quadline.delivery.rules import waits_for
from quadline.roster.models import Student

# Students of one zone and one area code are alike to the law. A broadcast answers nobody, so who wrote lately is no exception.
TEXTS = """
    FROM broadcasts_recipient AS recipient
    JOIN conversations_message AS message ON message.id = recipient.message_id
    JOIN roster_student AS student ON student.id = recipient.student_id
"""
DUE = """
    WHERE recipient.broadcast_id = %(broadcast)s AND message.status = 'waiting' AND message.reason <> 'number'
      AND message.due_at <= %(now)s
"""
PLACES = f"SELECT student.time_zone, left(student.mobile, 5), min(student.mobile) {TEXTS} {DUE} GROUP BY 1, 2"
# One in somebody's hands is about to leave.
PUT_OFF = f"""
    SELECT message.id, night.reason, '' AS detail, night.due_at, night.deadline_at
    {TEXTS}
    JOIN unnest(%(zones)s::text[], %(areas)s::text[], %(reasons)s::text[], %(due_ats)s::timestamptz[],
                %(deadlines)s::timestamptz[])
         AS night (time_zone, area, reason, due_at, deadline_at)
         ON night.time_zone = student.time_zone AND night.area = left(student.mobile, 5)
    {DUE}
    FOR NO KEY UPDATE OF message SKIP LOCKED
"""  # no value in it


def put_off(broadcast: Broadcast, *, now: datetime) -> None:
    """Texts whose turn would come in the student's quiet hours have it in the morning."""
    hours = QuietHours.parse(settings.ENV.quiet_hours)
    if hours is None:
        return
    values: dict[str, Any] = {"broadcast": broadcast.pk, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(PLACES, values)
        places = cursor.fetchall()
    law = [_verdict(zone, phone, hours, now) for zone, _, phone in places]
    nights = [
        (zone, area, with_deadline(waits_for(verdict, now=now, is_bulk=True)))
        for (zone, area, _), verdict in zip(places, law, strict=True)
        if verdict.until
    ]
    if nights:
        night = {
            "zones": [zone for zone, _, _ in nights],
            "areas": [area for _, area, _ in nights],
            "reasons": [pending.reason for _, _, pending in nights],
            "due_ats": [pending.due_at for _, _, pending in nights],
            "deadlines": [pending.deadline_at for _, _, pending in nights],
        }
        wait_where(PUT_OFF, values | night)


def _verdict(time_zone: str, phone: str, hours: QuietHours, now: datetime) -> Verdict:
    facts = RecipientFacts(mobile=phone, time_zones=places_of(Student(time_zone=time_zone, mobile=phone)))
    return may_text(facts, now=now, quiet_hours=hours)
