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

READING_MAX_AGE_SECONDS = 1.0
# Not now(), which stands still within a transaction.
CLOCK_TIMESTAMP = "SELECT clock_timestamp() AS at"
# Counts while the machine sleeps, too: time.monotonic() stands still then on Linux, and
# a text would be called hours later. Elsewhere than on Linux the nearest there is.
UNSETTABLE = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


@dataclass(frozen=True, slots=True)
class ClockReading:
    """What the database's clock showed when ours showed 0, and when that was heard."""

    at_zero: datetime
    heard: float  # in seconds of our clock

    @property
    def now(self) -> datetime:
        return self.at_zero + timedelta(seconds=monotonic_seconds())

    @property
    def is_recent(self) -> bool:
        return monotonic_seconds() - self.heard < READING_MAX_AGE_SECONDS


_last: ClockReading | None = None


def now() -> datetime:
    """The database's time, as far as this process knows it:
    to the latency of a question.

    In an event loop, which must not wait for the database, it counts on from the last
    reading however old that is. Raises what the database raises when it is away.
    """
    last = _last
    if last is None or not (last.is_recent or in_event_loop()):
        return read_database_clock()
    return last.now


def read_database_clock() -> datetime:
    """Ask the database now: for anyone who looks for what is due."""
    asked = monotonic_seconds()
    with connection.cursor() as cursor:
        cursor.execute(CLOCK_TIMESTAMP)
        at: datetime = cursor.fetchone()[0]
    note_database_time(at, asked=asked)
    return at


def note_database_time(at: datetime, *, asked: float) -> None:
    """The database was asked then, in ``monotonic_seconds()``, and has just answered
    this.

    It read its clock between question and answer. What we knew is kept within these
    bounds, so that a slow answer sets our time neither back nor ahead.
    """
    global _last
    heard = monotonic_seconds()
    earliest = at - timedelta(seconds=heard)
    latest = at - timedelta(seconds=asked)
    known = _last.at_zero if _last else earliest
    _last = ClockReading(min(max(known, earliest), latest), heard)


def monotonic_seconds() -> float:
    """For durations within this process: of a clock that nobody sets."""
    return time.clock_gettime(UNSETTABLE)


def in_event_loop() -> bool:
    """Where nothing may wait for the database."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
