"""Keep the page of a running broadcast current, and call a broadcast
finished when nothing in it waits any more.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from weakref import WeakSet

from django.db import connection, transaction

from quadline import clock
from quadline.audit.models import record_audit
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.rules import BroadcastState
from quadline.college.current import college_settings
from quadline.consent.rules import (
    ALLOWED,
    QuietHours,
    RecipientFacts,
    Verdict,
    may_text,
)
from quadline.conversations.rules import Pending
from quadline.conversations.statuses import wait
from quadline.delivery.outbox.deadlines import deadline_of, with_deadline
from quadline.delivery.permission.recipients import places_of
from quadline.delivery.rules import waits_for
from quadline.jobs import job, run_in_thread
from quadline.live.notifications import notify_screens
from quadline.roster.models import Student

ONE_SECOND = timedelta(seconds=1)
FOLLOW_ROUNDS = 9  # about as long as until the timetable's next one
# Broadcasts in one transaction: a commit for each would cost more than the looks.
BROADCASTS_PER_SWEEP = 50
# One job of a process follows all that run. By event loop: there is one per worker.
_following: WeakSet[asyncio.AbstractEventLoop] = WeakSet()

# Where broadcasts stand: how many at each status, and how many of them can still change
# by what we do. An unconfirmed text that nobody looks up any more waits for a person.
COUNT_STANDING = """
    SELECT
        recipient.broadcast_id,
        message.status || CASE
            WHEN message.status = 'waiting'
             AND message.reason IN ('number', 'quiet_hours')
            THEN ' ' || message.reason
            ELSE ''
        END AS stands,
        count(*),
        count(*) FILTER (
            WHERE message.status IN ('waiting', 'queued', 'sending')
            OR email.state IN ('queued', 'sending')
            OR message.status = 'unconfirmed' AND (
                message.due_at IS NOT NULL
                OR EXISTS (
                    SELECT FROM (
                        SELECT outcome FROM delivery_attempt
                        WHERE message_id = message.id OFFSET 0
                    ) AS attempt
                    WHERE attempt.outcome IN ('under_way', 'unknown')
                )
            )
        )
    FROM broadcasts_recipient AS recipient
    CROSS JOIN LATERAL (
        SELECT id, status, reason, due_at FROM conversations_message
        WHERE id = recipient.message_id OFFSET 0
    ) AS message
    LEFT JOIN LATERAL (
        SELECT state FROM delivery_outgoingemail
        WHERE message_id = message.id OFFSET 0
    ) AS email ON true
    WHERE recipient.broadcast_id = ANY(%s)
    GROUP BY recipient.broadcast_id, stands
    ORDER BY stands DESC
"""
# What waited for its number has its turn now, and as long for it as it would have had
# from the start.
WAIT_NO_MORE = """
    SELECT message.id
    FROM broadcasts_recipient AS recipient
    CROSS JOIN LATERAL (
        SELECT id, status, reason, system_number_id FROM conversations_message
        WHERE id = recipient.message_id OFFSET 0) AS message
    CROSS JOIN LATERAL (
        SELECT state FROM numbers_systemnumber
        WHERE id = message.system_number_id OFFSET 0) AS number
    WHERE recipient.broadcast_id = %s AND number.state = 'active'
      AND message.status = 'waiting' AND message.reason = 'number'
"""


class BroadcastStanding(NamedTuple):
    """How many texts stand at one status, and how many of them
    can still change by what we do.
    """

    stands: str
    texts: int
    can_change: int


@job(queue="broadcasts", attempts=3)
async def follow_broadcasts(timestamp: int) -> None:
    """The timetable's sweep, and each launch: as long as
    one runs, look every second.
    """
    loop = asyncio.get_running_loop()
    if loop in _following:
        return
    _following.add(loop)
    try:
        for _ in range(FOLLOW_ROUNDS):
            if not await run_in_thread(lambda: follow_once(clock.now())):
                return
            await asyncio.sleep(ONE_SECOND.total_seconds())
    finally:
        _following.discard(loop)


def follow_once(now: datetime) -> bool:
    """Look at every broadcast that runs. False when there is none."""
    running = list(
        Broadcast.objects.filter(state=BroadcastState.RUNNING)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    for start in range(0, len(running), BROADCASTS_PER_SWEEP):
        _follow(running[start : start + BROADCASTS_PER_SWEEP], now)
    return bool(running)


@transaction.atomic
def _follow(ids: Sequence[UUID], now: datetime) -> None:
    # Launching, pausing and retrying hold this lock: a broadcast that one of them is
    # changing is looked at the next time.
    rows = Broadcast.objects.select_for_update(no_key=True, skip_locked=True)
    broadcasts = list(
        rows.filter(pk__in=ids, state=BroadcastState.RUNNING).order_by("pk")
    )
    locked = [broadcast.pk for broadcast in broadcasts]
    defer_broadcast_texts(locked, now=now)
    standing = _standing(locked)
    for broadcast in broadcasts:
        _look_at(broadcast, standing[broadcast.pk], now)


def _standing(ids: Sequence[UUID]) -> dict[UUID, list[BroadcastStanding]]:
    found: dict[UUID, list[BroadcastStanding]] = {
        broadcast_id: [] for broadcast_id in ids
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNT_STANDING, [list(ids)])
        lines = cursor.fetchall()
    for broadcast_id, stands, texts, can_change in lines:
        stand = BroadcastStanding(stands, texts, can_change)
        found[broadcast_id].append(stand)
    return found


def _look_at(
    broadcast: Broadcast,
    standing: Sequence[BroadcastStanding],
    now: datetime,
) -> None:
    """``broadcast``: its row is locked."""
    if any(each.stands == "waiting number" for each in standing):
        _give_turns(broadcast, now)
    if not any(each.can_change for each in standing):
        _finish(broadcast, now)
        return
    counts = [f"{each.stands}:{each.texts}" for each in standing]
    stood = " ".join(counts)[:200]
    if stood == broadcast.told or not _may_tell(broadcast, now):
        return
    Broadcast.objects.filter(pk=broadcast.pk).update(told=stood, told_at=now)
    notify_screens([broadcast.author_id], f"broadcast-{broadcast.pk}")


def _may_tell(broadcast: Broadcast, now: datetime) -> bool:
    last = broadcast.told_at
    if last is None:
        return True
    # A time in the future was written by a clock that was wrong.
    return last <= now - ONE_SECOND or last > now


def _finish(broadcast: Broadcast, now: datetime) -> None:
    Broadcast.objects.filter(pk=broadcast.pk).update(
        state=BroadcastState.FINISHED, finished_at=now
    )
    record_audit("broadcast finished", subject=broadcast, actor=None)
    notify_screens([broadcast.author_id], f"broadcast-{broadcast.pk}")


def _give_turns(broadcast: Broadcast, now: datetime) -> None:
    takes = timedelta(seconds=int(broadcast.review.get("takes_seconds", 0)))
    with connection.cursor() as cursor:
        cursor.execute(WAIT_NO_MORE, [broadcast.pk])
        ids = [message_id for (message_id,) in cursor.fetchall()]
    turn = waits_for(ALLOWED, now=now, is_bulk=True)
    turn = replace(turn, deadline_at=deadline_of(now + takes))
    still = "message.status = 'waiting' AND message.reason = 'number'"
    wait(
        ids,
        turn,
        now=now,
        still=still,
        new_deadline=True,
    )


# Students of one zone and one area code are alike to the law. A broadcast answers
# nobody, so who wrote lately is no exception.
DUE_SOURCE = """
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
DUE_PLACES = (
    "SELECT student.time_zone, left(student.mobile, 5), min(student.mobile)"
    f" {DUE_SOURCE} GROUP BY 1, 2"
)
DUE_BROADCAST_TEXTS = (
    f"SELECT student.time_zone, left(student.mobile, 5), message.id {DUE_SOURCE}"
)
STILL_DEFERRABLE = (
    "message.status = 'waiting' AND message.reason <> 'number' AND message.due_at <="
    " %(now)s"
)


def defer_broadcast_texts(broadcasts: Sequence[UUID], *, now: datetime) -> None:
    """Texts whose turn would come in the student's quiet
    hours have it in the morning.
    """
    hours = QuietHours.parse(college_settings().quiet_hours)
    if hours is None:
        return
    values: dict[str, Any] = {"broadcasts": list(broadcasts), "now": now}
    nights: dict[tuple[str, str], Pending] = {}
    with connection.cursor() as cursor:
        cursor.execute(DUE_PLACES, values)
        for zone, area, phone in cursor.fetchall():
            verdict = _verdict(zone, phone, hours, now)
            if verdict.until:
                pending = waits_for(verdict, now=now, is_bulk=True)
                nights[zone, area] = with_deadline(pending)
        # Nearly always: this is asked each second, the texts only when night has come.
        if not nights:
            return
        cursor.execute(DUE_BROADCAST_TEXTS, values)
        texts = cursor.fetchall()
    late: dict[UUID, Pending] = {
        text: nights[zone, area] for zone, area, text in texts if (zone, area) in nights
    }
    wait(late, now=now, still=STILL_DEFERRABLE)


def _verdict(
    time_zone: str,
    phone: str,
    hours: QuietHours,
    now: datetime,
) -> Verdict:
    # One phone stands for all of its zone and area code. Whether each may be texted is
    # asked as they leave; here it is only about the time.
    student = Student(time_zone=time_zone, mobile=phone)
    facts = RecipientFacts(mobile=phone, time_zones=places_of(student))
    return may_text(facts, now=now, quiet_hours=hours)
