"""Numbers as a report's page shows them: tiles, pictures with their
tables, and lines by staff and broadcast.

Each number carries the address of the rows it counts.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format

from quadline.broadcasts.models import Broadcast
from quadline.inboxes.models import Inbox
from quadline.reports.charts import Bars, Column, Series, shade
from quadline.reports.filters import SINGLE, Filters
from quadline.reports.period import spans
from quadline.reports.tallying import ReportTally, Tallies, added
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
        if self.words:
            return self.words
        return f"{self.value:,}"

    @property
    def has_rows(self) -> bool:
        """Nothing has no rows, and neither has a time that nothing took."""
        if self.words:
            return self.words != NO_TIME
        return self.value > 0


@dataclass(frozen=True)
class Tile:
    cell: Cell
    label: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True)
class FigureLine:
    label: str
    cells: list[Cell]
    rate: str = ""


@dataclass(frozen=True)
class FigureTable:
    caption: str
    first: str  # what the first column holds
    heads: list[str]
    lines: list[FigureLine]
    foot: FigureLine | None = None


@dataclass(frozen=True)
class Figure:
    bars: Bars
    table: FigureTable


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
        narrowed = {"side": self.side} | narrowing
        address = self.filters.address(**narrowed)
        return Cell(value, f"{self.rows_url}?{address}", words)

    def cells(self, tally: ReportTally, **narrowing: str) -> list[Cell]:
        parts = [
            self.cell(tally.of(each.key), part=each.key, **narrowing)
            for each in self.series
        ]
        cells = [*parts, self.cell(tally.total, **narrowing)]
        if self.timed:
            words = took_words(tally.median)
            cells.append(self.cell(0, words=words, part=self.timed, **narrowing))
        return cells

    def by_day(
        self,
        tallies: Tallies,
        *,
        key: str,
        sentence: str,
    ) -> Figure:
        # Days are added up to weeks and months, and medians do not add up.
        plain = Sheet(
            self.filters,
            self.rows_url,
            self.series,
            self.total,
            self.side,
        )
        columns: list[Column] = []
        lines: list[FigureLine] = []
        shown = spans(self.filters.period, tallies.days)
        for span in shown:
            tally = added(
                tally
                for day, tally in tallies.days.items()
                if span.first <= day <= span.last
            )
            heights = tuple(tally.of(series.key) for series in self.series)
            columns.append(Column(span.label, heights))
            lines.append(FigureLine(span.label, plain.cells(tally, **span.query)))
        unit = shown[0].unit.capitalize() if shown else "Day"
        foot = FigureLine("All", plain.cells(tallies.everything))
        return Figure(
            Bars(key, sentence, self.series, tuple(columns)),
            FigureTable(sentence, unit, plain.heads, lines, foot),
        )

    def by_staff(
        self,
        tallies: Tallies,
        *,
        caption: str,
    ) -> FigureTable:
        # One query for all names, however many staff there are.
        names = Inbox.objects.select_related("owner").in_bulk(tallies.staff)
        found = sorted(
            tallies.staff.items(),
            # Equal totals by name, so that the order is the same on each visit.
            key=lambda each: (-each[1].total, names[each[0]].shown_name),
        )
        lines = [
            self._line(names[pk].shown_name, tally, staff=str(pk))
            for pk, tally in found
        ]
        foot = self._line("All", tallies.everything)
        return FigureTable(caption, "Staff", self.heads, lines, foot)

    def by_broadcast(
        self,
        tallies: Tallies,
        *,
        caption: str,
    ) -> FigureTable:
        ids = [pk for pk in tallies.broadcasts if pk]
        known = Broadcast.objects.select_related("author").in_bulk(ids)

        def newest_first(pk: uuid.UUID | None) -> float:
            # Single messages last: any time there is comes before 0.
            return -_at(known[pk]).timestamp() if pk else 0.0

        lines: list[FigureLine] = []
        for pk in sorted(tallies.broadcasts, key=newest_first):
            tally = tallies.broadcasts[pk]
            lines.append(
                self._line(_name(pk, known), tally, broadcast=str(pk or SINGLE))
            )
        foot = self._line("All", tallies.everything)
        return FigureTable(caption, "Broadcast", self.heads, lines, foot)

    @property
    def heads(self) -> list[str]:
        _, rate = self.rated
        heads = [*(each.label for each in self.series), self.total]
        if self.timed:
            heads.append("Median time")
        if rate:
            heads.append(rate)
        return heads

    def median_tile(
        self,
        tally: ReportTally,
        *,
        parts: tuple[str, ...],
        label: str,
        note: str,
    ) -> Tile:
        cell = self.cell(
            tally.of(*parts), words=took_words(tally.median), part=self.timed
        )
        return Tile(cell, label, note)

    def _line(self, label: str, tally: ReportTally, **narrowing: str) -> FigureLine:
        rated_parts, _ = self.rated
        rate = ""
        if rated_parts:
            counted = tally.of(*rated_parts.split())
            rate = share(counted, tally.total)
        return FigureLine(label, self.cells(tally, **narrowing), rate)


def heat(
    filters: Filters,
    rows_url: str,
    side: str,
    hours: Mapping[tuple[int, int], int],
) -> FigureTable:
    """Hours down, weekdays across: narrow enough for a phone."""
    most = max(hours.values(), default=0)

    def cell(weekday: int, hour: int) -> Cell:
        value = hours.get((weekday, hour), 0)
        address = filters.address(
            side=side,
            weekday=str(weekday),
            hour=str(hour),
        )
        return Cell(
            value,
            f"{rows_url}?{address}",
            shade=shade(value, most),
        )

    lines = [
        FigureLine(_hour(hour), [cell(weekday, hour) for weekday in range(1, 8)])
        for hour in range(24)
    ]
    caption = "Texts from students, by hour and weekday"
    return FigureTable(caption, "Hour", list(WEEKDAYS), lines)


def tile(
    sheet: Sheet, tally: ReportTally, parts: tuple[str, ...], label: str, **shown: str
) -> Tile:
    """A count of some parts; ``part`` names them in the address."""
    cell = sheet.cell(tally.of(*parts), part=shown.get("part", parts[0]))
    # Zero failures are not bad news.
    tone = shown.get("tone", "") if cell.value else ""
    return Tile(cell, label, shown.get("note", ""), tone)


def _name(pk: uuid.UUID | None, known: Mapping[uuid.UUID, Broadcast]) -> str:
    if pk is None:
        return "Single messages"
    broadcast = known[pk]
    words = broadcast.audience_words or "Broadcast"
    local = timezone.localtime(_at(broadcast))
    at = date_format(local, "M j, g:i A")
    return f"{words}, {broadcast.author.name}, {at}"


def _at(broadcast: Broadcast) -> datetime:
    return broadcast.launched_at or broadcast.created_at


def _hour(hour: int) -> str:
    half = "AM" if hour < 12 else "PM"
    return f"{hour % 12 or 12} {half}"
