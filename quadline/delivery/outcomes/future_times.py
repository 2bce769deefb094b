"""Times further ahead than their kind can ever lie: written by a clock that was wrong.

Whatever waits for such a time is due now. That is always safe: the law, the day's
count and the carrier's log are asked again before anything leaves.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import connection

from quadline import clock
from quadline.college.current import college_settings
from quadline.conversations.rules import WaitingFor
from quadline.conversations.statuses.waiting import DUE_NOW
from quadline.delivery import rules
from quadline.jobs import job

log = structlog.get_logger(__name__)

# How far ahead a time can lie that somebody waits for. A night may be long
# on every clock a student may live by; the networks' next day may begin in one.
CLOCK_ERROR = timedelta(minutes=1)
# How far ahead a text is due that waits for a time. All other kinds of wait are due
# from when they were written: for a number, for a turn, or at once.
DEFERRED = {
    WaitingFor.QUIET_HOURS: timedelta(days=2),
    WaitingFor.TOMORROW: timedelta(days=3),
}
MAX_HOLD = timedelta(seconds=30)  # of a number in a worker's hands (numbers)
MAX_SEGMENTS = 24  # of one text: 1,600 characters in UCS-2

NOT_DEFERRED = (
    "status IN ('waiting', 'queued') AND reason NOT IN ("
    + ", ".join(f"'{reason}'" for reason in DEFERRED)
    + ")"
)
RETRIED = "status IN ('sending', 'unconfirmed') AND reason = ''"
ATTEMPT_OPEN = "outcome IN ('under_way', 'unknown')"


@dataclass(frozen=True)
class TimeLimit:
    """How far ahead a time of these rows can lie; ``update`` has it be now."""

    update: str
    column: str
    rows: str
    ahead: timedelta

    @property
    def table(self) -> str:
        return self.update.split()[1]

    @property
    def statement(self) -> str:
        lies_too_far = f"{self.column} > %(latest)s"
        return f"{self.update} WHERE {lies_too_far} AND {self.rows}"


def time_limits() -> Iterator[TimeLimit]:
    """One line for each kind of time that somebody waits for."""
    text = DUE_NOW
    yield TimeLimit(text, "due_at", NOT_DEFERRED, timedelta())
    yield TimeLimit(text, "due_at", RETRIED, rules.MAX_ASKED_FOR)
    for reason, ahead in DEFERRED.items():
        yield TimeLimit(text, "due_at", f"reason = '{reason}'", ahead)

    attempt = "UPDATE delivery_attempt SET started_at = %(now)s"
    look = "UPDATE delivery_attempt SET next_look_at = %(now)s"
    yield TimeLimit(attempt, "started_at", ATTEMPT_OPEN, timedelta())
    yield TimeLimit(look, "next_look_at", "outcome = 'unknown'", rules.MAX_ASKED_FOR)

    free = "UPDATE numbers_systemnumber SET free_at = %(now)s"
    unheld = "UPDATE numbers_systemnumber SET held_until = %(now)s"
    busy = longest_busy(college_settings().texts_per_second)
    yield TimeLimit(free, "free_at", "state = 'active'", busy)
    yield TimeLimit(unheld, "held_until", "true", MAX_HOLD)

    email = "UPDATE delivery_outgoingemail SET due_at = %(now)s"
    taken = "UPDATE delivery_outgoingemail SET taken_at = %(now)s"
    wait = max(
        rules.LONGEST_RESEND_WAIT * 2,
        timedelta(seconds=college_settings().failsafe_hold_seconds),
    )
    yield TimeLimit(email, "due_at", "state = 'queued'", wait)
    yield TimeLimit(taken, "taken_at", "state = 'sending'", timedelta())


@job(queue="texts", attempts=3)
def fix_future_times_job(timestamp: int) -> None:
    """The timetable's sweep. The sweeps of what is due take up what it brings back."""
    fix_future_times(now=clock.now())


def fix_future_times(*, now: datetime) -> None:
    for each in time_limits():
        latest = now + each.ahead + CLOCK_ERROR
        with connection.cursor() as cursor:
            cursor.execute(each.statement, {"now": now, "latest": latest})
            if cursor.rowcount:
                log.error(
                    "times lay impossibly far ahead",
                    table=each.table,
                    column=each.column,
                    count=cursor.rowcount,
                )


def longest_busy(rate: float) -> timedelta:
    """How long a number can be busy with what is claimed for it at once."""
    if not rate:
        return timedelta(0)
    at_once = max(1, int(rate * rules.BURST_WINDOW.total_seconds()))
    return rules.CATCH_UP + timedelta(seconds=at_once * MAX_SEGMENTS / rate)
