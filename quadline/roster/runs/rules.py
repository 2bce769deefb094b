"""When a file in a folder is whole, and when a nightly file is late: facts in, a
verdict out. No database here.
"""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple

# A file is taken when it has stayed the same for so long. Programs that upload write at
# least every few seconds; one that pauses longer should use a temporary name.
UNCHANGED_FOR = timedelta(seconds=50)
# So long are the other files awaited that a manifest names.
MANIFEST_WAIT = timedelta(minutes=30)
GRACE = timedelta(minutes=15)  # after the hour at which a file is expected
DAY = timedelta(days=1)
TEMPORARY_STARTS = (".", "~", "_tmp", "#")
TEMPORARY_ENDS = (
    *(".part", ".partial", ".filepart", ".tmp", ".temp", ".crdownload"),
    *(".download", ".upload", ".uploading", ".swp", ".lock", ".writing", "~"),
)
READ_ENDS = (".csv", ".zip", ".txt")


class Trouble(StrEnum):
    NONE = ""
    LATE = "late"  # the hour is past at which the file is expected
    MISSING = "missing"  # none for more than a day
    ODD = "odd"  # it came, and was not imported


class SeenFile(NamedTuple):
    """``since``: when it was first seen in this very state."""

    size: int  # bytes
    modified: int  # nanoseconds, of the file system's own clock
    since: datetime


class Arrival(NamedTuple):
    """``seen``: to be compared with next time. ``ready``: whole deliveries, each the
    names of its files. ``unreadable``: files of no kind that is read.
    """

    seen: dict[str, SeenFile]
    ready: list[list[str]]
    unreadable: list[str]


def is_temporary(name: str) -> bool:
    """Whether programs call a file so while they write it."""
    lower = name.lower()
    return lower.startswith(TEMPORARY_STARTS) or lower.endswith(TEMPORARY_ENDS)


def arrivals(
    found: Mapping[str, tuple[int, int]],
    before: Mapping[str, SeenFile],
    *,
    now: datetime,
) -> Arrival:
    """What is whole in a folder. ``found``: bytes and time of change of each file.

    A ZIP file is a delivery of its own; other files that lie there together are one,
    when none of them, and nothing beside them, is being written.
    """
    seen = {
        name: SeenFile(*state, _since(state, before.get(name), now))
        for name, state in found.items()
    }
    quiet = {name for name, file in seen.items() if now - file.since >= UNCHANGED_FOR}
    named = sorted(name for name in found if not is_temporary(name))
    packed = [name for name in named if name.lower().endswith(".zip")]
    loose = [name for name in named if name.lower().endswith((".csv", ".txt"))]
    # An empty ZIP file is one whose upload has only begun.
    ready = [[name] for name in packed if name in quiet and found[name][0]]
    # Also of a temporary name: what is being written likely belongs to the others.
    others = [name for name in found if name not in packed]
    if loose and quiet.issuperset(others):
        ready.append(loose)
    unreadable = [
        name for name in named if name in quiet and not name.lower().endswith(READ_ENDS)
    ]
    return Arrival(seen, ready, unreadable)


def waits_for_more(
    named: set[str], there: set[str], *, since: datetime, now: datetime
) -> bool:
    """Whether files that the manifest names may still come."""
    return bool(named - there) and now - since < MANIFEST_WAIT


def arrival_trouble(
    *,
    expected_by: time,
    arrived_at: datetime | None,
    since: datetime,
    now: datetime,
) -> Trouble:
    """``now`` in the campus's zone. ``since``: when files were first expected."""
    due = last_due(expected_by, now - GRACE)
    if since > due:
        return Trouble.NONE
    before = last_due(expected_by, due - timedelta(hours=1))
    if arrived_at is not None and arrived_at > before:
        return Trouble.NONE
    last = arrived_at or since
    earlier = last_due(expected_by, before - timedelta(hours=1))
    return Trouble.LATE if last > earlier else Trouble.MISSING


def last_due(expected_by: time, now: datetime) -> datetime:
    """The last time that the clock on campus showed this hour."""
    today = datetime.combine(now.date(), expected_by, tzinfo=now.tzinfo)
    if today <= now:
        return today
    return datetime.combine(now.date() - DAY, expected_by, tzinfo=now.tzinfo)


def _since(state: tuple[int, int], before: SeenFile | None, now: datetime) -> datetime:
    if before is None or (before.size, before.modified) != tuple(state):
        return now
    return before.since
