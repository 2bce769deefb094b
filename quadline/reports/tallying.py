"""What counted rows add up to: in all, by day, by staff user and by
broadcast. Each row is in exactly one part.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

# GROUPING() sets the bit of what is not grouped by.
BY_DAY, BY_AUTHOR, BY_BROADCAST, GRAND_TOTAL = 0b011, 0b101, 0b110, 0b111


@dataclass(frozen=True)
class ReportTally:
    """How many rows fell into each part, and the median of the
    times that some of them took.
    """

    parts: dict[str, int]
    median: timedelta | None = None

    @property
    def total(self) -> int:
        return sum(self.parts.values())

    def of(self, *names: str) -> int:
        counts = [self.parts.get(name, 0) for name in names]
        return sum(counts)


@dataclass
class Tallies:
    everything: ReportTally
    days: dict[date, ReportTally] = field(default_factory=dict)
    staff: dict[int, ReportTally] = field(default_factory=dict)
    # None: of no broadcast
    broadcasts: dict[uuid.UUID | None, ReportTally] = field(default_factory=dict)


def read_tallies(lines: Iterable[tuple[Any, ...]], parts: Sequence[str]) -> Tallies:
    """Lines of GROUPING(), day, staff, broadcast, median, and a count for each part."""
    found = Tallies(ReportTally(dict.fromkeys(parts, 0)))
    for which, day, staff, broadcast, median, *counts in lines:
        tally = ReportTally(dict(zip(parts, counts, strict=True)), median)
        if which == GRAND_TOTAL:
            found.everything = tally
        elif which == BY_DAY:
            found.days[day] = tally
        elif which == BY_AUTHOR:
            found.staff[staff] = tally
        elif which == BY_BROADCAST:
            found.broadcasts[broadcast] = tally
    return found


def added(tallies: Iterable[ReportTally]) -> ReportTally:
    """Several days as one. Medians do not add up and are left out."""
    together: dict[str, int] = {}
    for tally in tallies:
        for name, number in tally.parts.items():
            together[name] = together.get(name, 0) + number
    return ReportTally(together)
