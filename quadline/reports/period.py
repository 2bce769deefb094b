"""The days a report is about, in the college's zone: presets, chosen
dates, and how they are cut for a picture.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

TERM_BEGINS = ((1, 1), (6, 1), (8, 1))  # spring, summer, fall
# Beyond them a calendar or a database runs out of years.
EARLIEST_DAY = date(2000, 1, 1)
LATEST_DAY = date(2100, 1, 1)
# A bar for each; beyond them, bars of weeks and of months.
MAX_DAYS, MAX_WEEKS = 62, 53
PRESETS = {"7": "7 days", "30": "30 days", "term": "This term", "all": "All"}
DATES = "dates"
A_DAY = timedelta(days=1)


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
        if self.first is None:
            return None
        return _midnight(self.first, self.zone)

    @property
    def until(self) -> datetime:
        day_after = self.last + A_DAY
        return _midnight(day_after, self.zone)

    @property
    def query(self) -> dict[str, str]:
        # A preset moves on with the days: a link to it is not dated.
        if self.key != DATES:
            return {"period": self.key}
        last = self.last.isoformat()
        if self.first is None:
            return {"to": last}
        return {"from": self.first.isoformat(), "to": last}


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
        first = f"{self.first:%b} {self.first.day}"
        if self.first == self.last:
            return first
        return f"{first} to {self.last:%b} {self.last.day}"

    @property
    def query(self) -> dict[str, str]:
        return {
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
        }


def period_of(
    asked: Mapping[str, str],
    *,
    today: date,
    zone: tzinfo,
    otherwise: str = "30",
) -> Period:
    """As a query string asks for it; chosen dates win over a preset,
    and what is not a date is ignored.
    """
    first = _day(asked.get("from"))
    last = _day(asked.get("to"))
    if first or last:
        last = last or today
        if first and first > last:
            first, last = last, first
        return Period(DATES, first, last, zone)
    key = asked.get("period", "")
    if key not in PRESETS:
        key = otherwise
    return Period(key, _first_of(key, today), today, zone)


def spans(period: Period, days_with_something: Iterable[date] = ()) -> list[Span]:
    """The whole period in order, cut so that it can be drawn; days
    on which nothing happened included.
    """
    first = period.first or min(days_with_something, default=period.last)
    days = (period.last - first).days + 1
    if days <= MAX_DAYS:
        unit = "day"
    elif days <= MAX_WEEKS * 7:
        unit = "week"
    else:
        unit = "month"
    return list(_cut(first, period.last, unit))


def term_begin(day: date) -> date:
    """The first day of the term a day lies in."""
    terms = [date(day.year, month, first) for month, first in TERM_BEGINS]
    return max(term for term in terms if term <= day)


def _first_of(key: str, today: date) -> date | None:
    if key == "all":
        return None
    if key == "term":
        return term_begin(today)
    # Today is one of the 7, or of the 30.
    days_before = int(key) - 1
    return today - timedelta(days=days_before)


def _cut(
    first: date,
    last: date,
    unit: str,
) -> Iterator[Span]:
    while first <= last:
        end_of_unit = _end_of(first, unit)
        end = min(end_of_unit, last)
        yield Span(first, end, unit)
        first = end + A_DAY


def _end_of(day: date, unit: str) -> date:
    if unit == "day":
        return day
    if unit == "week":
        days_to_sunday = 6 - day.weekday()
        return day + timedelta(days=days_to_sunday)
    # No month has 32 days: this is somewhere in the next one.
    in_next_month = day.replace(day=1) + timedelta(days=32)
    return in_next_month.replace(day=1) - A_DAY


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
    return day if EARLIEST_DAY <= day <= LATEST_DAY else None
