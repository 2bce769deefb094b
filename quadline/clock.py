"""The time by which everything is due: the database's, the same for every process.

The clock of a machine may be hours off, for seconds or for good. What one process
writes as due another must find due. So each process asks the database for the time,
once a second at most, and counts on from there by a clock that nobody sets.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

LASTS_SECONDS = 1.0
CLOCK_TIMESTAMP = "SELECT clock_timestamp() AS at"
# Counts while the machine sleeps, too; elsewhere than on Linux the nearest there is.
UNSETTABLE = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the database's clock showed when ours showed 0, and when that was heard."""

    at_zero: datetime
    heard: float  # in seconds of our clock

    @property
    def now(self) -> datetime:
        return self.at_zero + timedelta(seconds=seconds())

    @property
    def is_recent(self) -> bool:
        return seconds() - self.heard < LASTS_SECONDS


_last: Reading | None = None


def now() -> datetime:
    """The database's time, as far as this process knows it:
    to the latency of a question.

    In an event loop, which must not wait for the database, it counts on from the last
    reading however old that is. Raises what the database raises when it is away.
    """
    last = _last
    if last is None or not (last.is_recent or _in_event_loop()):
        return read()
    return last.now


def read() -> datetime:
    """Ask the database now: for whoever looks for what is due."""
    asked = seconds()
    with connection.cursor() as cursor:
        cursor.execute(CLOCK_TIMESTAMP)
        at: datetime = cursor.fetchone()[0]
    learn(at, asked=asked)
    return at


def learn(at: datetime, *, asked: float) -> None:
    """The database was asked then, in ``seconds()``, and has just answered this.

    It read its clock between question and answer. What we knew is kept within these
    bounds, so that a slow answer sets our time neither back nor ahead.
    """
    global _last
    heard = seconds()
    earliest = at - timedelta(seconds=heard)
    latest = at - timedelta(seconds=asked)
    known = _last.at_zero if _last else earliest
    _last = Reading(min(max(known, earliest), latest), heard)


def seconds() -> float:
    """For durations within this process: of a clock that nobody sets."""
    return time.clock_gettime(UNSETTABLE)


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
