"""Bars as geometry: the server draws, so a picture needs no script,
prints, and is the same numbers as its table.
"""

import math
from dataclasses import dataclass
from functools import cached_property

# All of them in pixels of the drawing.
CHART_HEIGHT, TOP_MARGIN, BOTTOM_MARGIN, LEFT_MARGIN, RIGHT_MARGIN = 200, 12, 24, 36, 4
# One picture for each; the style sheet shows the one that fits.
WIDTHS = {"wide": 840, "narrow": 326}
MAX_BAR = 32.0
GAP = 0.25  # of a bar's place
LABEL_WIDTH = {"wide": 78, "narrow": 76}  # of the longest: Oct 25 to Nov 23


@dataclass(frozen=True)
class Series:
    """One kind of thing that is counted; ``pattern`` tells it apart without color."""

    key: str
    label: str
    pattern: str


@dataclass(frozen=True)
class Column:
    """One bar: its label and how much of each series stands in it."""

    label: str
    values: tuple[int, ...]
    title: str = ""


@dataclass(frozen=True)
class ChartBlock:
    x: float
    y: float
    width: float
    height: float
    series: Series
    value: int
    words: str


@dataclass(frozen=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True)
class Drawing:
    name: str
    width: int
    height: int
    blocks: list[ChartBlock]
    lines: list[Tick]  # across, from left to right
    labels: list[Tick]  # under the bars
    left: int = LEFT_MARGIN
    text_left: int = LEFT_MARGIN - 8


@dataclass(frozen=True)
class Bars:
    """Stacked bars. ``sentence`` says in words what the picture shows."""

    key: str
    sentence: str
    series: tuple[Series, ...]
    columns: tuple[Column, ...]

    @cached_property
    def drawings(self) -> list[Drawing]:
        return [self._drawn(name, width) for name, width in WIDTHS.items()]

    @property
    def totals(self) -> tuple[int, ...]:
        return tuple(
            sum(column.values[place] for column in self.columns)
            for place in range(len(self.series))
        )

    @property
    def shown(self) -> list[Series]:
        """What the key explains: the series there is something of."""
        return [
            series
            for series, total in zip(self.series, self.totals, strict=True)
            if total
        ]

    def _drawn(
        self,
        name: str,
        width: int,
    ) -> Drawing:
        heights = [sum(column.values) for column in self.columns]
        top = nice_top(max(heights, default=0))
        room = width - LEFT_MARGIN - RIGHT_MARGIN
        place = room / max(len(self.columns), 1)
        blocks: list[ChartBlock] = []
        for index, column in enumerate(self.columns):
            blocks += self._stack(column, index * place, place, top)
        lines = [
            Tick(_height_of(top - value, top) + TOP_MARGIN, f"{value:,}")
            for value in (0, top // 2, top)
        ]
        return Drawing(
            name,
            width,
            CHART_HEIGHT,
            blocks,
            lines,
            self._labels(place, room, LABEL_WIDTH[name]),
        )

    def _labels(
        self,
        place: float,
        room: int,
        label_width: int,
    ) -> list[Tick]:
        """Of every bar, or of each so many that none runs into the next."""
        needed = label_width * len(self.columns)
        every = max(1, math.ceil(needed / room))
        return [
            Tick(round(LEFT_MARGIN + (index + 0.5) * place, 2), column.label)
            for index, column in enumerate(self.columns)
            if index % every == every // 2
        ]

    def _stack(
        self,
        column: Column,
        start: float,
        place: float,
        top: int,
    ) -> list[ChartBlock]:
        wide = round(min(place * (1 - GAP), MAX_BAR), 2)
        x = round(LEFT_MARGIN + start + (place - wide) / 2, 2)
        name = column.title or column.label
        blocks: list[ChartBlock] = []
        below = 0
        for series, value in zip(self.series, column.values, strict=True):
            if value:
                y = round(TOP_MARGIN + _height_of(top - below - value, top), 2)
                height = round(_height_of(value, top), 2)
                words = f"{name}: {value:,} {series.label}"
                blocks.append(
                    ChartBlock(
                        x,
                        y,
                        wide,
                        height,
                        series,
                        value,
                        words,
                    )
                )
            below += value
        return blocks


def nice_top(most: int) -> int:
    """The even number at the top of the scale: 2, 4, 10, 20, 40, 100, 200 …"""
    step, place = 2, 0
    while step < most:
        place += 1
        step = (2, 4, 10)[place % 3] * 10 ** (place // 3)
    return step


def shade(value: int, most: int) -> int:
    """How dark a cell of a heat table is: 0 for nothing, 5 for the most."""
    if value == 0:
        return 0
    # Rounded up: what there is, is seen.
    return max(1, math.ceil(value * 5 / most))


def _height_of(value: int, top: int) -> float:
    room = CHART_HEIGHT - TOP_MARGIN - BOTTOM_MARGIN
    return value / top * room
