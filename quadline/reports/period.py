"""The days a report is about, in the college's zone: presets, chosen
dates, and how they are cut for a picture.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

TERM_BEGINS = ((1, 1), (6, 1), (8, 1))  # spring, summer, fall
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)
# a bar for each; beyond them, bars of weeks and of months
MOST_DAYS, MOST_WEEKS = 62, 53
PRESETS = {
    "7": "7 days",
    "30": "30 days",
    "term": "This term",
    "all": "All",
}
DATES = "dates"


@dataclass(frozen=True)
class Period:
    """From the first day to the last, both whole. Without a
    first day: from the beginning.
    """

    key: str
    first: date | None
    last: date
    zone: tzinfo

    @property
    def since(self) -> datetime | None:
        return _midnight(self.first, self.zone) if self.first else None

    @property
    def until(self) -> datetime:
        return _midnight(self.last + timedelta(days=1), self.zone)

    @property
    def query(self) -> dict[str, str]:
        if self.key != DATES:
            return {"period": self.key}
        return (
            {"from": self.first.isoformat(), "to": self.last.isoformat()}
            if self.first
            else {"to": self.last.isoformat()}
        )


@dataclass(frozen=True)
class Span:
    """Some days of a period that are shown as one: a day, a week or
    a month, cut at the period's ends.
    """

    first: date
    last: date
    unit: str

    @property
    def label(self) -> str:
        if self.unit == "month":
            return f"{self.first:%b %Y}"
        day = f"{self.first:%b} {self.first.day}"
        return (
            day
            if self.first == self.last
            else f"{day} to {self.last:%b} {self.last.day}"
        )

    @property
    def query(self) -> dict[str, str]:
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}


def period_of(
    asked: Mapping[str, str],
    *,
    today: date,
    zone: tzinfo,
    otherwise: str = "30",
) -> Period:
    """As a query string asks for it; chosen dates win over a preset,
    and what is no date is not asked for.
    """
    first, last = _day(asked.get("from")), _day(asked.get("to"))
    if first or last:
        last = last or today
        first, last = (last, first) if first and first > last else (first, last)
        return Period(
            DATES,
            first,
            last,
            zone,
        )
    key = asked.get("period", "")
    key = key if key in PRESETS else otherwise
    return Period(
        key,
        _first_of(key, today),
        today,
        zone,
    )


def spans(period: Period, days_with_something: Iterable[date] = ()) -> list[Span]:
    """The whole period in order, cut so that it can be drawn; days
    on which nothing happened included.
    """
    first = period.first or min(days_with_something, default=period.last)
    days = (period.last - first).days + 1
    unit = "day" if days <= MOST_DAYS else "week" if days <= MOST_WEEKS * 7 else "month"
    return list(_cut(first, period.last, unit))


def term_begin(day: date) -> date:
    """The first day of the term a day lies in."""
    return max(
        date(day.year, month, first)
        for month, first in TERM_BEGINS
        if (month, first) <= (day.month, day.day)
    )


def _first_of(key: str, today: date) -> date | None:
    if key == "all":
        return None
    return term_begin(today) if key == "term" else today - timedelta(days=int(key) - 1)


def _cut(first: date, last: date, unit: str) -> Iterator[Span]:
    while first <= last:
        end = min(_end_of(first, unit), last)
        yield Span(first, end, unit)
        first = end + timedelta(days=1)


def _end_of(day: date, unit: str) -> date:
    if unit == "day":
        return day
    if unit == "week":
        return day + timedelta(days=6 - day.weekday())
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def _midnight(day: date, zone: tzinfo) -> datetime:
    """The day's first moment. Where clocks jump over midnight,
    that is the moment they jump.
    """
    return datetime.combine(day, time.min, tzinfo=zone)


def _day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if EARLIEST <= day <= LATEST else None
