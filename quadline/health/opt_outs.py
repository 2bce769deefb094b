"""How many students said STOP after each of the last broadcasts: one statement, which
begins at the opt-outs of that time, for they are few.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from quadline.accounts.models import User
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.rules import BroadcastState
from quadline.conversations.rules import Channel

LAST_BROADCASTS = 10
LOOK_BACK = timedelta(days=60)
# Of fewer, one person more or less is whole percents.
SMALLEST_FOR_PERCENT = 50
FEWEST_TO_MARK = 2  # one STOP is one student's choice, whatever its share

# As on the page of a broadcast (broadcasts/results.py): a STOP counts for the last text
# before it, when that is not too old.
STOPS = """
    SELECT recipient.broadcast_id, count(DISTINCT recipient.id)
    FROM (
        SELECT * FROM consent_consententry
        WHERE occurred_at >= %(since)s AND change = 'opt_out' AND source = 'reply'
        OFFSET 0
    ) AS entry
    JOIN numbers_systemnumber AS number ON number.phone = entry.system_phone
    CROSS JOIN LATERAL (
        SELECT id, sent_at, is_bulk FROM conversations_message
        WHERE student_phone = entry.student_phone
          AND system_number_id = number.id
          AND direction = 'outbound'
          AND channel = 'text'
          AND sent_at <= entry.occurred_at
        ORDER BY position DESC LIMIT 1
    ) AS message
    JOIN broadcasts_recipient AS recipient ON recipient.message_id = message.id
    WHERE message.is_bulk
      AND message.sent_at > entry.occurred_at - %(within)s
      AND recipient.broadcast_id = ANY(%(broadcasts)s)
    GROUP BY 1
"""
REACHED = """
    SELECT recipient.broadcast_id, count(*)
    FROM broadcasts_recipient AS recipient
    CROSS JOIN LATERAL (
        SELECT status, channel FROM conversations_message
        WHERE id = recipient.message_id OFFSET 0
    ) AS message
    WHERE recipient.broadcast_id = ANY(%(broadcasts)s)
      AND message.channel = 'text' AND message.status IN ('sent', 'delivered')
    GROUP BY 1
"""


@dataclass(frozen=True)
class BroadcastOptOuts:
    broadcast: Broadcast
    reached: int  # texts that the carrier took and has not said the contrary of
    stops: int
    is_marked: bool

    @property
    def percent(self) -> float | None:
        """None where a share would say more than the number."""
        if self.reached < SMALLEST_FOR_PERCENT:
            return None
        return 100 * self.stops / self.reached


def opt_outs_by_broadcast(
    viewer: User, *, now: datetime, days: int, marked_from: float
) -> list[BroadcastOptOuts]:
    """The last ones that ``viewer`` may see, newest first. ``marked_from``: percent."""
    launched = Broadcast.objects.shown_to(viewer).filter(
        channel=Channel.TEXT, launched_at__gte=now - LOOK_BACK
    )
    begun = launched.exclude(state=BroadcastState.DRAFT).select_related("author")
    newest = list(begun.order_by("-launched_at")[:LAST_BROADCASTS])
    if not newest:
        return []
    ids = [broadcast.pk for broadcast in newest]
    oldest = min(each.launched_at for each in newest if each.launched_at)
    stops = _counts(STOPS, broadcasts=ids, since=oldest, within=timedelta(days=days))
    reached = _counts(REACHED, broadcasts=ids)
    return [
        _line(each, reached.get(each.pk, 0), stops.get(each.pk, 0), marked_from)
        for each in newest
    ]


def is_above(
    stops: int,
    reached: int,
    *,
    marked_from: float,
) -> bool:
    """Whether carriers would look at it. ``marked_from``: percent."""
    if stops < FEWEST_TO_MARK:
        return False
    return 100 * stops >= marked_from * reached


def _line(
    broadcast: Broadcast,
    reached: int,
    stops: int,
    marked_from: float,
) -> BroadcastOptOuts:
    is_marked = is_above(stops, reached, marked_from=marked_from)
    return BroadcastOptOuts(broadcast, reached, stops, is_marked)


def _counts(statement: str, **values: Any) -> dict[UUID, int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return dict(cursor.fetchall())
