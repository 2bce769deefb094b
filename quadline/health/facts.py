"""What each check goes by: values only, so that its law can be asked without a
database.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta


@dataclass(frozen=True, slots=True)
class WorkerFacts:
    beat_at: datetime | None  # the newest sign of life of any worker
    ticked_at: datetime | None  # the last time that the timetable was kept


@dataclass(frozen=True, slots=True)
class CarrierFacts:
    """``asked_at``: its log was last read; ``refused_at`` and ``why``: the last time it
    could not be read. The rest is of texts that were handed over lately.
    """

    asked_at: datetime | None = None
    refused_at: datetime | None = None
    why: str = ""
    taken_at: datetime | None = None  # it last answered a text
    failing: int = 0  # texts without an answer since then
    failing_since: datetime | None = None
    failed_at: datetime | None = None  # the last of them
    turned_down: int = 0  # within an hour, for something in the college's set-up
    turned_down_words: str = ""


@dataclass(frozen=True, slots=True)
class CallbackFacts:
    """``left``: texts that the carrier took since the last callback, long enough ago
    for one to have come, with the first of them. ``fetched`` and ``called``: replies
    within an hour, from the carrier's log and by its calls.
    """

    came_at: datetime | None = None
    left: int = 0
    left_since: datetime | None = None
    fetched: int = 0
    called: int = 0
    silent: int = 0  # texts of the last hours without any receipt
    recent: int = 0  # texts of the last hours


@dataclass(frozen=True, slots=True)
class MailFacts:
    is_set_up: bool = True
    taken_at: datetime | None = None  # the mail server last took an email
    waiting: int = 0  # tried in vain, and tried again
    waiting_since: datetime | None = None
    # the first of those that were written since it last took one
    refused_since: datetime | None = None
    why: str = ""
    letters: int = 0  # emails to staff that were tried in vain


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    connections: int
    most_connections: int
    idle_for: timedelta  # the longest transaction that is open and does nothing


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """``trouble``: a value of roster.runs.rules.Trouble."""

    name: str
    trouble: str
    told_at: datetime | None
    arrived_at: datetime | None
    expected_by: time | None


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits of one kind, and since when its oldest has."""

    what: str  # one of it, in words
    many: str
    count: int
    since: datetime | None
