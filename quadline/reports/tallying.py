"""What counted rows add up to: in all, by day, by staff user and by
broadcast. Each row is in exactly one part.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

# GROUPING() sets the bit of what is not grouped by.
DAY, STAFF, BROADCAST, ALL = 0b011, 0b101, 0b110, 0b111


@dataclass(frozen=True)
class Tally:
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
    everything: Tally
    days: dict[date, Tally] = field(default_factory=dict)
    staff: dict[int, Tally] = field(default_factory=dict)
    # None: of no broadcast
    broadcasts: dict[uuid.UUID | None, Tally] = field(default_factory=dict)


def read_tallies(lines: Iterable[tuple[Any, ...]], parts: Sequence[str]) -> Tallies:
    """Lines of GROUPING(), day, staff, broadcast, median, and a count for each part."""
    found = Tallies(Tally(dict.fromkeys(parts, 0)))
    for which, day, staff, broadcast, median, *counts in lines:
        tally = Tally(dict(zip(parts, counts, strict=True)), median)
        if which == ALL:
            found.everything = tally
        elif which == DAY:
            found.days[day] = tally
        elif which == STAFF:
            found.staff[staff] = tally
        elif which == BROADCAST:
            found.broadcasts[broadcast] = tally
    return found


def added(tallies: Iterable[Tally]) -> Tally:
    """Several days as one. Medians do not add up and are left out."""
    together: dict[str, int] = {}
    for tally in tallies:
        for name, number in tally.parts.items():
            together[name] = together.get(name, 0) + number
    return Tally(together)
