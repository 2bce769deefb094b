"""What is measured, beside what, and what is to be reached. No measuring here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

Figures = Mapping[str, float]  # the title of a row → its figure


@dataclass(frozen=True)
class Work:
    """How much to do: all of it,
    or a smaller share that gives the same table sooner.
    """

    is_quick: bool = False
    is_large: bool = False  # ten million messages, too
    share: float = 1.0

    def of(self, full: int, *, quick: int) -> int:
        whole = quick if self.is_quick else full
        share = round(whole * self.share)
        return max(1, share)


@dataclass(frozen=True)
class Reach:
    """Between which two the ratio of figure and limit is to lie."""

    at_least: float | None = None
    at_most: float | None = None

    def is_met(self, ratio: float) -> bool:
        if self.at_least is not None and ratio < self.at_least:
            return False
        return self.at_most is None or ratio <= self.at_most

    def __str__(self) -> str:
        if self.at_least is None:
            return f"≤ {self.at_most:g}"
        if self.at_most is None:
            return f"≥ {self.at_least:g}"
        return f"{self.at_least:.2f}-{self.at_most:.2f}"


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    title: str
    unit: str
    beside: str  # the limit, in words
    reach: Reach


@dataclass(frozen=True)
class Result:
    """A row and what every run of it gave."""

    row: Row
    measured: list[float]
    limits: list[float]

    @property
    def figure(self) -> float:
        return median(self.measured)

    @property
    def limit(self) -> float:
        return median(self.limits)

    @property
    def ratio(self) -> float:
        if not self.limit:
            return 0.0
        return self.figure / self.limit

    @property
    def is_met(self) -> bool:
        """By the ratio as it is printed."""
        printed = round(self.ratio, 2)
        return self.row.reach.is_met(printed)


def p95(figures: Sequence[float]) -> float:
    """What nineteen in twenty do not exceed."""
    if len(figures) == 1:
        return figures[0]
    twentieths = quantiles(figures, n=20, method="inclusive")
    return twentieths[-1]
