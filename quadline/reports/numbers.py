"""What each number has sent this month, and the last of its texts that went wrong: each
in one question for all numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from quadline.college.current import college_settings
from quadline.conversations.models import Message, MessageQuerySet
from quadline.conversations.rules import Channel, Direction


@dataclass(frozen=True)
class LastError:
    at: datetime
    words: str
    carrier_code: str


def month_began_at(now: datetime) -> datetime:
    """On the campus clock."""
    local = now.astimezone(college_settings().zone)
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def texts_sent(*, since: datetime) -> Mapping[int, int]:
    """Texts written since then that the carrier took, by the id of their number."""
    sent = _texts(since).exclude(sent_at=None).order_by()
    counted = sent.values("system_number").annotate(count=Count("pk"))
    return dict(counted.values_list("system_number", "count"))


def last_errors(*, since: datetime) -> Mapping[int, LastError]:
    """Of the texts written since then, by the id of their number."""
    failed = _texts(since).exclude(carrier_code="")
    # the newest of each, picked by the database
    newest = failed.order_by("system_number", "-created_at").distinct("system_number")
    rows = newest.values_list("system_number", "created_at", "detail", "carrier_code")
    return {number: LastError(at, words, code) for number, at, words, code in rows}


def _texts(since: datetime) -> MessageQuerySet:
    return Message.objects.filter(
        created_at__gte=since,
        direction=Direction.OUTBOUND,
        channel=Channel.TEXT,
        system_number__isnull=False,
    )
