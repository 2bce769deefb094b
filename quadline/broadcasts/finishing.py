"""Keep the page of a running broadcast current, and call a broadcast finished when nothing in it waits any more."""

import asyncio
from datetime import datetime, timedelta
from weakref import WeakSet

from django.db import connection, transaction
from django.db.models import Q

from quadline import clock
from quadline.audit.models import record
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.nightfall import put_off
from quadline.broadcasts.rules import State
from quadline.consent.rules import Verdict
from quadline.conversations.statuses import wait_where
from quadline.delivery.deadlines import deadline_of
from quadline.delivery.rules import waits_for
from quadline.jobs import beside, job
from quadline.live.telling import tell

A_SECOND = timedelta(seconds=1)
ROUNDS = 9  # about as long as until the timetable's next one
# One job of a process follows all that run. By event loop: there is one per worker.
_following: WeakSet[asyncio.AbstractEventLoop] = WeakSet()

# Where a broadcast stands: how many at each status, and how many of them can still change by what we do. An
# unconfirmed text that nobody looks up any more waits for a person.
STANDING = """
    SELECT message.status || CASE WHEN message.reason IN ('number', 'quiet_hours') AND message.status = 'waiting'
                                  THEN ' ' || message.reason ELSE '' END AS stands,
           count(*),
           count(*) FILTER (WHERE message.status IN ('waiting', 'queued', 'sending')
                               OR email.state IN ('queued', 'sending')
                               OR message.status = 'unconfirmed' AND (message.due_at IS NOT NULL OR EXISTS (
                                  SELECT 1 FROM delivery_attempt AS attempt
                                  WHERE attempt.message_id = message.id AND attempt.outcome IN ('under_way', 'unknown'))))
    FROM broadcasts_recipient AS recipient
    JOIN conversations_message AS message ON message.id = recipient.message_id
    LEFT JOIN delivery_outgoingemail AS email ON email.message_id = message.id
    WHERE recipient.broadcast_id = %s
    GROUP BY stands ORDER BY stands DESC
"""
# What waited for its number has its turn now, and as long for it as it would have had from the start.
TURNS = """
    SELECT message.id, %(reason)s AS reason, message.detail, LEAST(message.due_at, %(due_at)s) AS due_at,
           %(deadline)s::timestamptz AS deadline_at
    FROM broadcasts_recipient AS recipient, conversations_message AS message, numbers_systemnumber AS number
    WHERE recipient.broadcast_id = %(broadcast)s AND message.id = recipient.message_id
      AND message.status = 'waiting' AND message.reason = 'number'
      AND number.id = message.system_number_id AND number.state = 'active'
    FOR NO KEY UPDATE OF message SKIP LOCKED
"""


@job(queue="broadcasts", attempts=3)
async def follow_broadcasts(timestamp: int) -> None:
    """The timetable's sweep, and each launch: as long as one runs, look every second."""
    loop = asyncio.get_running_loop()
    if loop in _following:
        return
    _following.add(loop)
    try:
        for _ in range(ROUNDS):
            if not await beside(lambda: follow_once(clock.now())):
                return
            await asyncio.sleep(A_SECOND.total_seconds())
    finally:
        _following.discard(loop)


def follow_once(now: datetime) -> bool:
    """Look at every broadcast that runs. False when there is none."""
    running = list(Broadcast.objects.filter(state=State.RUNNING))
    for broadcast in running:
        _follow(broadcast, now)
    return bool(running)


@transaction.atomic
def _follow(broadcast: Broadcast, now: datetime) -> None:
    # Whoever launches, pauses or retries it holds this lock: what they are at is looked at the next time.
    if not Broadcast.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=broadcast.pk, state=State.RUNNING):
        return
    put_off(broadcast, now=now)
    with connection.cursor() as cursor:
        cursor.execute(STANDING, [broadcast.pk])
        standing = cursor.fetchall()
    if any(stands == "waiting number" for stands, _, _ in standing):
        _give_turns(broadcast, now)
    if not any(left for _, _, left in standing):
        _finish(broadcast, now)
        return
    stood = " ".join(f"{stands}:{count}" for stands, count, _ in standing)[:200]
    # A time to come was noted by a clock that was wrong.
    rested = Q(told_at=None) | Q(told_at__lte=now - A_SECOND) | Q(told_at__gt=now)
    if Broadcast.objects.filter(rested, pk=broadcast.pk).exclude(told=stood).update(told=stood, told_at=now):
        tell([broadcast.author_id], f"broadcast-{broadcast.pk}")


def _finish(broadcast: Broadcast, now: datetime) -> None:
    Broadcast.objects.filter(pk=broadcast.pk).update(state=State.FINISHED, finished_at=now)
    record("broadcast finished", subject=broadcast, actor=None)
    tell([broadcast.author_id], f"broadcast-{broadcast.pk}")


def _give_turns(broadcast: Broadcast, now: datetime) -> None:
    takes = timedelta(seconds=int(broadcast.review.get("takes_seconds", 0)))
    turn = waits_for(Verdict(True), now=now, is_bulk=True)
    values = {
        "broadcast": broadcast.pk,
        "reason": turn.reason,
        "due_at": turn.due_at,
        "deadline": deadline_of(now + takes),
    }
    wait_where(TURNS, values, new_deadline=True)
