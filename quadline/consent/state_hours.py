"""The hours in which states let people be texted, where they are
stricter than 8 AM to 9 PM. No database here.

Their laws are about solicitation, which an advisor's text rarely is; carriers and
courts take them as the norm. Source: summaries of the states' statutes and the
carriers' own tables, read 2026-11: Fla. Stat. 501.616, Okla. 15-775C, Md. Com. Law
14-4502, RCW 80.36.390, Conn. PA 23-98, Tex. Bus. & Com. 302 (SB 140, 2025-09-01). They
are no legal advice: a college's counsel decides, by QUIET_HOURS_STATES.
"""

from dataclasses import dataclass
from datetime import time

SATURDAY, SUNDAY = 5, 6  # as date.weekday() counts


@dataclass(frozen=True)
class TextingHours:
    """When texts may arrive, on the clock where the student is:
    from ``opens`` until ``closes``.
    """

    opens: time
    closes: time

    def cover(self, clock: time) -> bool:
        return self.opens <= clock < self.closes


def _hours(opens: int, closes: int) -> TextingHours:
    return TextingHours(time(opens), time(closes))


EIGHT_TO_EIGHT = _hours(8, 20)
NINE_TO_NINE = _hours(9, 21)
EVERY_DAY: dict[str, TextingHours] = {
    **dict.fromkeys(
        ("AL", "FL", "LA", "MA", "MD", "MS", "NJ", "OK", "WA"), EIGHT_TO_EIGHT
    ),
    "CT": _hours(9, 20),
    "TX": NINE_TO_NINE,
    "RI": _hours(9, 18),
    "KY": _hours(10, 21),
    **dict.fromkeys(("CA", "IL", "MI", "MN"), NINE_TO_NINE),
}
ON_DAYS: dict[tuple[str, int], TextingHours] = {
    ("TX", SUNDAY): _hours(12, 21),
    ("RI", SATURDAY): _hours(10, 17),
    ("RI", SUNDAY): _hours(10, 17),
}
# Older statutes on telephone solicitation that only begin the day later: these a
# college chooses.
ONLY_A_LATER_MORNING = frozenset({"CA", "IL", "KY", "MI", "MN"})


def hours_of(state: str, weekday: int) -> TextingHours | None:
    """The hours of a state ("FL") on a day of the week (Monday is 0);
    None where 8 AM to 9 PM is all it asks.
    """
    return ON_DAYS.get((state, weekday)) or EVERY_DAY.get(state)
