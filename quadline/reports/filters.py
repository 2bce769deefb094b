"""What a report is asked for, read from an address and written back into
one: the links to rows are made of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, tzinfo
from urllib.parse import urlencode

from quadline.conversations.rules import Channel
from quadline.reports.period import Period, period_of

SINGLE = "single"  # messages of no broadcast
NO_REASON = "none"
DAYS = frozenset({"from", "to", "period"})
# What narrows a report down to rows; everything but the period, the staff user and the
# channel.
NARROWING = (
    "part",
    "side",
    "broadcast",
    "reason",
    "weekday",
    "hour",
    "each",
    "source",
    "change",
)
MAX_FILTER = 80  # characters of one filter; the longest that means something is a UUID
MOST_DIGITS = 17  # of an id: a bigint holds each such number


@dataclass(frozen=True)
class Filters:
    """One report, or the rows behind one of its numbers. An
    empty filter filters nothing.
    """

    period: Period
    staff: int | None = None
    channel: Channel = Channel.TEXT
    part: str = ""
    side: str = ""  # of a conversation: whose answers
    broadcast: str = ""
    reason: str = ""
    weekday: str = ""  # 1 is Monday
    hour: str = ""
    each: str = ""  # "student": one row per student
    source: str = ""
    change: str = ""

    @property
    def query(self) -> dict[str, str]:
        """As an address has it; what is not chosen is not in it."""
        kept = {name: getattr(self, name) for name in NARROWING}
        if self.staff:
            kept["staff"] = str(self.staff)
        if self.channel is Channel.EMAIL:
            kept["channel"] = Channel.EMAIL
        return self.period.query | _chosen(kept)

    def address(self, **changes: str) -> str:
        """The query string with some filters changed; an empty change takes one out.
        Other dates replace the period.
        """
        query = self.query
        if DAYS & changes.keys():
            query = {name: query[name] for name in query if name not in DAYS}
        return urlencode(_chosen(query | changes))

    @property
    def report(self) -> "Filters":
        """The report these rows belong to."""
        return Filters(self.period, self.staff, self.channel)


def _chosen(query: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in query.items() if value}


def filters_of(
    asked: Mapping[str, str],
    *,
    today: date,
    zone: tzinfo,
    otherwise: str = "30",
) -> Filters:
    """Read a query string; what makes no sense is left out."""
    is_email = asked.get("channel") == Channel.EMAIL
    # PostgreSQL refuses a text with a NUL in it.
    narrowing = {
        name: asked.get(name, "")[:MAX_FILTER].replace("\0", "") for name in NARROWING
    }
    return Filters(
        period=period_of(asked, today=today, zone=zone, otherwise=otherwise),
        staff=_id(asked.get("staff", "")),
        channel=Channel.EMAIL if is_email else Channel.TEXT,
        **narrowing,
    )


def _id(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit()
    if not is_number or len(text) > MOST_DIGITS:
        return None
    return int(text)
