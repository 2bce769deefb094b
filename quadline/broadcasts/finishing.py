"""Keep the page of a running broadcast current, and call a broadcast finished when nothing in it waits any more."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from weakref import WeakSet

from django.db import connection, transaction

from quadline import clock
from quadline.audit.models import record
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.nightfall import put_off
from quadline.broadcasts.rules import State
from quadline.delivery.deadlines import deadline_of
from quadline.jobs import beside, job
from quadline.live.telling import tell

A_SECOND = timedelta(seconds=1)
ROUNDS = 9  # about as long as until the timetable's next one
AT_ONCE = 50  # broadcasts in one transaction: a commit for each would cost more than the looks
# One job of a process follows all that run. By event loop: there is one per worker.
_following: WeakSet[asyncio.AbstractEventLoop] = WeakSet()

# Where broadcasts stand: how many at each status, and how many of them can still change by what we do. An
# unconfirmed text that nobody looks up any more waits for a person.
STANDING = """
    SELECT recipient.broadcast_id,
           message.status || CASE WHEN message.reason IN ('number', 'quiet_hours') AND message.status = 'waiting'
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
    WHERE recipient.broadcast_id = ANY(%s)
    GROUP BY recipient.broadcast_id, stands ORDER BY stands DESC
"""
# What waited for its number has its turn now, and as long for it as it would have had from the start.
TURNS = """
    UPDATE conversations_message AS message SET reason = 'turn', deadline_at = %(deadline)s
    FROM broadcasts_recipient AS recipient, numbers_systemnumber AS number
    WHERE recipient.broadcast_id = %(broadcast)s AND message.id = recipient.message_id
      AND message.status = 'waiting' AND message.reason = 'number'
      AND number.id = message.system_number_id AND number.state = 'active'
"""


class Stand(NamedTuple):
    """How many texts stand at one status, and how many of them can still change by what we do."""

    stands: str
    texts: int
    can_change: int


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
    running = list(Broadcast.objects.filter(state=State.RUNNING).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(running), AT_ONCE):
        _follow(running[start : start + AT_ONCE], now)
    return bool(running)


@transaction.atomic
def _follow(ids: Sequence[UUID], now: datetime) -> None:
    # Whoever launches, pauses or retries one holds this lock: what they are at is looked at the next time.
    rows = Broadcast.objects.select_for_update(no_key=True, skip_locked=True)
    broadcasts = list(rows.filter(pk__in=ids, state=State.RUNNING).order_by("pk"))
    put_off([broadcast.pk for broadcast in broadcasts], now=now)
    standing = _standing([broadcast.pk for broadcast in broadcasts])
    for broadcast in broadcasts:
        _look_at(broadcast, standing[broadcast.pk], now)


def _standing(ids: Sequence[UUID]) -> dict[UUID, list[Stand]]:
    found: dict[UUID, list[Stand]] = {broadcast_id: [] for broadcast_id in ids}
    with connection.cursor() as cursor:
        cursor.execute(STANDING, [list(ids)])
        for broadcast_id, *stand in cursor.fetchall():
            found[broadcast_id].append(Stand(*stand))
    return found


def _look_at(broadcast: Broadcast, standing: Sequence[Stand], now: datetime) -> None:
    """``broadcast``: its row is locked."""
    if any(each.stands == "waiting number" for each in standing):
        _give_turns(broadcast, now)
    if not any(each.can_change for each in standing):
        _finish(broadcast, now)
        return
    stood = " ".join(f"{each.stands}:{each.texts}" for each in standing)[:200]
    last = broadcast.told_at
    # A time to come was noted by a clock that was wrong.
    has_rested = last is None or last <= now - A_SECOND or last > now
    if has_rested and stood != broadcast.told:
        Broadcast.objects.filter(pk=broadcast.pk).update(told=stood, told_at=now)
        tell([broadcast.author_id], f"broadcast-{broadcast.pk}")


def _finish(broadcast: Broadcast, now: datetime) -> None:
    Broadcast.objects.filter(pk=broadcast.pk).update(state=State.FINISHED, finished_at=now)
    record("broadcast finished", subject=broadcast, actor=None)
    tell([broadcast.author_id], f"broadcast-{broadcast.pk}")


def _give_turns(broadcast: Broadcast, now: datetime) -> None:
    takes = timedelta(seconds=int(broadcast.review.get("takes_seconds", 0)))
    with connection.cursor() as cursor:
        cursor.execute(TURNS, {"broadcast": broadcast.pk, "deadline": deadline_of(now + takes)})
