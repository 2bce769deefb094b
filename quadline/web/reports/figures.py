"""Numbers as a report's page shows them: tiles, pictures with their
tables, and lines by staff and broadcast.

Each number carries the address of the rows it counts.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import date_format

from quadline.broadcasts.models import Broadcast
from quadline.inboxes.models import Inbox
from quadline.reports.charts import Bars, Column, Series, shade
from quadline.reports.filters import SINGLE, Filters
from quadline.reports.period import spans
from quadline.reports.tallying import Tallies, Tally, added
from quadline.web.reports.pages import NO_TIME, share, took_words

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Cell:
    """A number, and where its rows are; ``words`` where it is shown
    as something else, such as a time.
    """

    value: int
    url: str
    words: str = ""
    shade: int = 0

    @property
    def shown(self) -> str:
        return self.words or f"{self.value:,}"

    @property
    def has_rows(self) -> bool:
        """Nothing has no rows, and neither has a time that nothing took."""
        return self.words not in ("", NO_TIME) or (self.words == "" and self.value > 0)


@dataclass(frozen=True)
class Tile:
    cell: Cell
    label: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Line:
    label: str
    cells: list[Cell]
    rate: str = ""


@dataclass(frozen=True)
class Table:
    caption: str
    first: str  # what the first column holds
    heads: list[str]
    lines: list[Line]
    foot: Line | None = None


@dataclass(frozen=True)
class Figure:
    bars: Bars
    table: Table


@dataclass(frozen=True)
class Sheet:
    """How one kind of rows is shown: its parts in the order they stand, and
    what their total and median are called.
    """

    filters: Filters
    rows_url: str
    series: tuple[Series, ...]
    total: str
    side: str = ""
    timed: str = ""  # the part, or parts together, that the median is of
    rated: tuple[str, str] = ("", "")  # the parts the rate is of, and its name

    def cell(self, value: int, *, words: str = "", **narrowing: str) -> Cell:
        address = self.filters.address(**({"side": self.side} | narrowing))
        return Cell(value, f"{self.rows_url}?{address}", words)

    def cells(self, tally: Tally, **narrowing: str) -> list[Cell]:
        parts = [
            self.cell(tally.of(each.key), part=each.key, **narrowing)
            for each in self.series
        ]
        timed = (
            [
                self.cell(
                    0,
                    words=took_words(tally.median),
                    part=self.timed,
                    **narrowing,
                )
            ]
            if self.timed
            else []
        )
        return [*parts, self.cell(tally.total, **narrowing), *timed]

    def by_day(
        self,
        tallies: Tallies,
        *,
        key: str,
        sentence: str,
    ) -> Figure:
        shown = spans(self.filters.period, tallies.days)
        each = [
            added(
                tally
                for day, tally in tallies.days.items()
                if span.first <= day <= span.last
            )
            for span in shown
        ]
        columns = [
            Column(span.label, tuple(tally.of(series.key) for series in self.series))
            for span, tally in zip(shown, each, strict=True)
        ]
        plain = Sheet(
            self.filters,
            self.rows_url,
            self.series,
            self.total,
            self.side,
        )
        lines = [
            Line(span.label, plain.cells(tally, **span.query))
            for span, tally in zip(shown, each, strict=True)
        ]
        unit = shown[0].unit.capitalize() if shown else "Day"
        foot = Line("All", plain.cells(tallies.everything))
        return Figure(
            Bars(
                key,
                sentence,
                self.series,
                tuple(columns),
            ),
            Table(
                sentence,
                unit,
                plain.heads,
                lines,
                foot,
            ),
        )

    def by_staff(self, tallies: Tallies, *, caption: str) -> Table:
        names = Inbox.objects.select_related("owner").in_bulk(tallies.staff)
        found = sorted(
            tallies.staff.items(),
            key=lambda each: (-each[1].total, names[each[0]].shown_name),
        )
        lines = [
            self._line(names[pk].shown_name, tally, staff=str(pk))
            for pk, tally in found
        ]
        return Table(
            caption,
            "Staff",
            self.heads,
            lines,
            self._line("All", tallies.everything),
        )

    def by_broadcast(self, tallies: Tallies, *, caption: str) -> Table:
        known = Broadcast.objects.select_related("author").in_bulk(
            [pk for pk in tallies.broadcasts if pk]
        )
        found = sorted(
            tallies.broadcasts.items(), key=lambda each: _newest_first(each[0], known)
        )
        lines = [
            self._line(_name(pk, known), tally, broadcast=str(pk or SINGLE))
            for pk, tally in found
        ]
        return Table(
            caption,
            "Broadcast",
            self.heads,
            lines,
            self._line("All", tallies.everything),
        )

    @property
    def heads(self) -> list[str]:
        rate = [self.rated[1]] if self.rated[1] else []
        return [
            *(each.label for each in self.series),
            self.total,
            *(["Median time"] if self.timed else []),
            *rate,
        ]

    def median_tile(
        self,
        tally: Tally,
        *,
        parts: tuple[str, ...],
        label: str,
        note: str,
    ) -> Tile:
        cell = self.cell(
            tally.of(*parts), words=took_words(tally.median), part=self.timed
        )
        return Tile(cell, label, note)

    def _line(self, label: str, tally: Tally, **narrowing: str) -> Line:
        parts = tuple(self.rated[0].split())
        return Line(
            label,
            self.cells(tally, **narrowing),
            share(tally.of(*parts), tally.total) if parts else "",
        )


def heat(
    filters: Filters,
    rows_url: str,
    side: str,
    hours: Mapping[tuple[int, int], int],
) -> Table:
    """Hours down, weekdays across: narrow enough for a phone."""
    most = max(hours.values(), default=0)

    def cell(weekday: int, hour: int) -> Cell:
        value = hours.get((weekday, hour), 0)
        address = filters.address(
            side=side,
            weekday=str(weekday),
            hour=str(hour),
        )
        return Cell(value, f"{rows_url}?{address}", shade=shade(value, most))

    lines = [
        Line(_hour(hour), [cell(weekday, hour) for weekday in range(1, 8)])
        for hour in range(24)
    ]
    return Table(
        "Texts from students, by hour and weekday",
        "Hour",
        list(WEEKDAYS),
        lines,
    )


def tile(
    sheet: Sheet, tally: Tally, parts: tuple[str, ...], label: str, **shown: str
) -> Tile:
    """A count of some parts; ``part`` names them in the address."""
    cell = sheet.cell(tally.of(*parts), part=shown.get("part", parts[0]))
    return Tile(
        cell,
        label,
        shown.get("note", ""),
        shown.get("tone", "") if cell.value else "",
    )


def _name(pk: uuid.UUID | None, known: Mapping[uuid.UUID, Broadcast]) -> str:
    if pk is None:
        return "Single messages"
    broadcast = known[pk]
    at = timezone.localtime(broadcast.launched_at or broadcast.created_at)
    return (
        f"{broadcast.audience_words or 'Broadcast'}, {broadcast.author.name},"
        f" {date_format(at, 'M j, g:i A')}"
    )


def _newest_first(pk: uuid.UUID | None, known: Mapping[uuid.UUID, Broadcast]) -> float:
    return -(known[pk].launched_at or known[pk].created_at).timestamp() if pk else 0.0


def _hour(hour: int) -> str:
    return f"{hour % 12 or 12} {'AM' if hour < 12 else 'PM'}"
