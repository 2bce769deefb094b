"""How a check stands, and when administrators are told of it: facts and a time in, a
verdict out. No database here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

# A carrier that restarts, or a queue that is full for a moment, is over by itself; who
# gets a letter for each reads none of them.
RED_FOR = timedelta(minutes=5)
CALM_FOR = timedelta(minutes=5)
# The watch runs every minute. After a longer gap no worker ran it.
WATCH_GAP = timedelta(minutes=5)


class HealthLevel(StrEnum):
    GREEN = "green"
    YELLOW = "yellow"  # worth a look; nobody is told
    RED = "red"  # somebody has to act; administrators are told
    UNKNOWN = "unknown"  # nothing happened that would tell


class HealthCheck(StrEnum):
    CARRIER = "carrier"
    CALLBACKS = "callbacks"
    MAIL = "mail"
    WORKERS = "workers"
    QUEUES = "queues"
    ROSTER = "roster"
    DATABASE = "database"


CHECK_LABELS: dict[HealthCheck, str] = {
    HealthCheck.CARRIER: "Carrier",
    HealthCheck.CALLBACKS: "Callbacks",
    HealthCheck.MAIL: "Email",
    HealthCheck.WORKERS: "Workers",
    HealthCheck.QUEUES: "Queues",
    HealthCheck.ROSTER: "Roster files",
    HealthCheck.DATABASE: "Database",
}
# Whose red is told by other letters: of each roster file by delivery/rosters/alerts.py.
# Of email itself no email can tell; the page and every administrator's screen do.
TOLD_ELSEWHERE = frozenset({HealthCheck.ROSTER})
NOT_TOLD_BY_EMAIL = frozenset({HealthCheck.MAIL})
SEVERITY = (HealthLevel.GREEN, HealthLevel.UNKNOWN, HealthLevel.YELLOW, HealthLevel.RED)


@dataclass(frozen=True, slots=True)
class Finding:
    """How one check stands. ``since``: when it began to, where that is known."""

    check: HealthCheck
    level: HealthLevel
    what: str
    next_step: str = ""
    since: datetime | None = None

    @property
    def label(self) -> str:
        return CHECK_LABELS[self.check]


class Letter(StrEnum):
    RED = "red"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Watch:
    """What is remembered of one check between two looks."""

    level: HealthLevel
    since: datetime  # it has stood at this level
    looked_at: datetime
    red_since: datetime | None = None  # the first red of what is not over yet
    calm_since: datetime | None = None  # it has not been red, while that goes on
    told_at: datetime | None = (
        None  # administrators know of it, and not that it is over
    )


@dataclass(frozen=True, slots=True)
class NextWatch:
    """``letter``: to be written now, about what began at ``began_at``."""

    watch: Watch
    letter: Letter | None = None
    began_at: datetime | None = None


def first_watch(level: HealthLevel, *, now: datetime) -> Watch:
    return Watch(
        level,
        since=now,
        looked_at=now,
        red_since=now if level is HealthLevel.RED else None,
    )


def watch_on(
    before: Watch,
    level: HealthLevel,
    *,
    now: datetime,
) -> NextWatch:
    """One look further. Red that comes and goes within minutes is one trouble.

    What is not known neither begins a trouble nor ends one.
    """
    since = before.since if level is before.level else now
    seen = replace(before, level=level, since=since, looked_at=now)
    if level is HealthLevel.RED:
        return _red(seen, now)
    if level is HealthLevel.UNKNOWN or before.red_since is None:
        return NextWatch(replace(seen, calm_since=None))
    return _calm(seen, now)


def _red(seen: Watch, now: datetime) -> NextWatch:
    red_since = seen.red_since or now
    seen = replace(seen, red_since=red_since, calm_since=None)
    if seen.told_at or now - red_since < RED_FOR:
        return NextWatch(seen)
    return NextWatch(replace(seen, told_at=now), Letter.RED, red_since)


def _calm(seen: Watch, now: datetime) -> NextWatch:
    calm_since = seen.calm_since or now
    if now - calm_since < CALM_FOR:
        return NextWatch(replace(seen, calm_since=calm_since))
    over = replace(seen, red_since=None, calm_since=None, told_at=None)
    if seen.told_at is None:
        return NextWatch(over)
    return NextWatch(over, Letter.OVER, seen.red_since)


def workers_were_away(before: Watch, *, now: datetime) -> bool:
    """Whether nobody looked for so long that no worker can have run: while it lasted
    nobody could be told.
    """
    return now - before.looked_at > WATCH_GAP


def worst_level(levels: Iterable[HealthLevel]) -> HealthLevel:
    return max(levels, key=SEVERITY.index, default=HealthLevel.GREEN)


def spoken_time(at: datetime, now: datetime) -> str:
    """As a sentence has it, on the clock of ``now``: 9:05 AM, or Dec 1, 9:05 AM."""
    local = at.astimezone(now.tzinfo)
    clock_time = f"{local:%-I:%M %p}"
    if local.date() == now.date():
        return clock_time
    return f"{local:%b} {local.day}, {clock_time}"


def spoken_moment(
    at: datetime,
    now: datetime,
) -> str:
    """The same for something that happened then: at 9:05 AM, or on Dec 1 at 9:05 AM."""
    words = spoken_time(at, now)
    if ", " not in words:
        return f"at {words}"
    return f"on {words.replace(', ', ' at ')}"


def counted(count: int, one: str, many: str = "") -> str:
    """3 texts; 1 text."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
