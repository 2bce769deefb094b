"""The college's texts of a day: when they are used up the rest waits until tomorrow,
broadcasts before single texts.

US networks hold a college to so many segments a day, with any carrier: T-Mobile
counts per brand, and its day begins at midnight in Los Angeles
(https://www.twilio.com/docs/api/errors/30023, read 2026-11). What is above fails there
for good.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from quadline.college.current import college_settings
from quadline.consent.quiet_hours import quiet_until
from quadline.consent.rules import ALLOWED, QuietHours
from quadline.conversations.statuses import wait
from quadline.delivery import alerts
from quadline.delivery.models import DayCount
from quadline.delivery.outbox.deadlines import with_deadline
from quadline.delivery.rules import waits_for

CAP_TIME_ZONE = ZoneInfo("America/Los_Angeles")
# of a day's: broadcasts leave them for staff and students who write to each other
FOR_SINGLE_TEXTS = 0.1
PUT_OFF_BATCH = 5000
DueText = tuple[UUID, int, bool]  # message, its segments, whether it is a broadcast's

# Held until the claim is committed, so two workers cannot both use the last of a day.
COUNT_SEGMENTS = """
    INSERT INTO delivery_daycount AS today (day, segments) VALUES (%(day)s, 0)
    ON CONFLICT (day) DO UPDATE SET segments = today.segments RETURNING segments
"""
ADD_SEGMENTS = "UPDATE delivery_daycount SET segments = %(used)s WHERE day = %(day)s"
RETURN_SEGMENTS = (
    "UPDATE delivery_daycount SET segments = GREATEST(segments - %(segments)s, 0)"
    " WHERE day = %(day)s"
)
# All that are due, not only those that were to be claimed: nobody need look at each
# again and again today.
TEXTS_TO_PUT_OFF = """
    SELECT message.id
    FROM conversations_message AS message
    JOIN numbers_systemnumber AS number
      ON number.id = message.system_number_id AND number.state = 'active'
    WHERE message.due_at <= %(now)s
      AND (message.is_bulk OR %(single_too)s)
      AND NOT message.id = ANY(%(but)s::uuid[])
    LIMIT %(limit)s
    FOR NO KEY UPDATE OF message SKIP LOCKED
"""


def within_daily_cap(texts: Sequence[DueText], now: datetime) -> list[DueText]:
    """Those of the texts about to be claimed that the day still allows,
    counted as used; the others are put off.

    Called in the transaction that claims them.
    """
    cap = college_settings().texts_per_day
    if not cap or not texts:
        return list(texts)
    day = _day(now)
    with connection.cursor() as cursor:
        cursor.execute(COUNT_SEGMENTS, {"day": day})
        (used,) = cursor.fetchone()
        share = _share(texts, used=used, cap=cap)
        cursor.execute(ADD_SEGMENTS, {"used": share.used, "day": day})
    if share.closes_for_bulk or share.closes_for_all:
        _put_off(
            single_too=share.closes_for_all,
            but=list(share.allowed),
            now=now,
        )
    return [text for text in texts if text[0] in share.allowed]


@dataclass
class CapShare:
    """What a day still allows."""

    used: int
    allowed: set[UUID] = field(default_factory=set)
    closes_for_bulk: bool = False
    closes_for_all: bool = False


def _share(
    texts: Sequence[DueText],
    *,
    used: int,
    cap: int,
) -> CapShare:
    """Single texts first. After one that does not fit no shorter one may: it could be a
    later one of the same conversation.
    """
    share = CapShare(used)
    for_bulk = cap - int(cap * FOR_SINGLE_TEXTS)
    for id, segments, is_bulk in sorted(texts, key=lambda text: text[2]):
        needed = share.used + max(segments, 1)
        if is_bulk and (share.closes_for_bulk or needed > for_bulk):
            share.closes_for_bulk, share.used = True, max(share.used, for_bulk)
        elif not is_bulk and (share.closes_for_all or needed > cap):
            share.closes_for_all, share.used = True, cap
        else:
            share.used = needed
            share.allowed.add(id)
    return share


def return_segments(segments: int, *, claimed_at: datetime) -> None:
    """The carrier provably did not take them."""
    if college_settings().texts_per_day:
        with connection.cursor() as cursor:
            cursor.execute(
                RETURN_SEGMENTS, {"segments": max(segments, 1), "day": _day(claimed_at)}
            )


def segments_used(now: datetime) -> int:
    """Of today's; counted only while the college has a daily cap."""
    used = DayCount.objects.filter(day=_day(now)).values_list("segments", flat=True)
    return used.first() or 0


def cap_resets_at(now: datetime) -> datetime:
    """When the college's next day begins; after the night, where that
    is in the night on the campus clock.
    """
    tomorrow = datetime.combine(
        _day(now) + timedelta(days=1), time(), tzinfo=CAP_TIME_ZONE
    ).astimezone(now.tzinfo)
    hours = QuietHours.parse(college_settings().quiet_hours)
    return (
        quiet_until(tomorrow, (college_settings().college_time_zone,), hours)
        if hours
        else None
    ) or tomorrow


def _put_off(
    *,
    single_too: bool,
    but: list[UUID],
    now: datetime,
) -> None:
    tomorrow = waits_for(
        ALLOWED,
        now=now,
        is_bulk=True,
        used_up_until=cap_resets_at(now),
    )
    tomorrow = with_deadline(tomorrow)
    values: dict[str, Any] = {
        "now": now,
        "single_too": single_too,
        "but": but,
        "limit": PUT_OFF_BATCH,
    }
    with connection.cursor() as cursor:
        cursor.execute(TEXTS_TO_PUT_OFF, values)
        ids = [message_id for (message_id,) in cursor.fetchall()]
    wait(ids, tomorrow, now=now)
    alerts.alert_daily_cap_reached(
        _day(now), cap=college_settings().texts_per_day, only_broadcasts=not single_too
    )


def _day(now: datetime) -> date:
    return now.astimezone(CAP_TIME_ZONE).date()
