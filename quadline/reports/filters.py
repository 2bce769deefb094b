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
LONGEST = 80


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
        return self.period.query | {
            name: value for name, value in kept.items() if value
        }

    def address(self, **changes: str) -> str:
        """The query string with some filters changed; an empty change takes one out.
        Other dates replace the period.
        """
        query = self.query
        if {"from", "to", "period"} & changes.keys():
            query = {
                name: value
                for name, value in query.items()
                if name not in ("from", "to", "period")
            }
        return urlencode(
            {name: value for name, value in (query | changes).items() if value}
        )

    @property
    def report(self) -> "Filters":
        """The report these rows belong to."""
        return Filters(self.period, self.staff, self.channel)


def filters_of(
    asked: Mapping[str, str],
    *,
    today: date,
    zone: tzinfo,
    otherwise: str = "30",
) -> Filters:
    """Read a query string; what makes no sense is left out."""
    staff = asked.get("staff", "")
    return Filters(
        period=period_of(
            asked,
            today=today,
            zone=zone,
            otherwise=otherwise,
        ),
        staff=(
            int(staff)
            if staff.isascii() and staff.isdigit() and len(staff) < 18
            else None
        ),
        channel=(
            Channel.EMAIL if asked.get("channel") == Channel.EMAIL else Channel.TEXT
        ),
        **{name: asked.get(name, "")[:LONGEST].replace("\0", "") for name in NARROWING},
    )
