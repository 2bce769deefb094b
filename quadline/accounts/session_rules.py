"""How long a session lasts, and when somebody must confirm again or have a second
factor. No database here.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

# A session's use is written down once in so long, however many pages it opens.
SESSION_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class SessionLimits:
    """``idle``: without anything done. ``whole``: from signing in, whatever is done."""

    idle: timedelta
    whole: timedelta

    def end_of(self, *, started_at: datetime, seen_at: datetime) -> datetime:
        return min(seen_at + self.idle, started_at + self.whole)


def is_session_over(
    limits: SessionLimits, *, started_at: datetime, now: datetime
) -> bool:
    """Whether its whole time is over. A session without use is not found any more."""
    return started_at + limits.whole <= now


def must_confirm(
    confirmed_at: datetime, *, again_after: timedelta, now: datetime
) -> bool:
    """A time in the future is no confirmation: some clock was wrong."""
    return not now - again_after < confirmed_at <= now


@dataclass(frozen=True)
class FactorRule:
    """What the college asks of everybody: which roles need a second factor, and from
    which day on (None: at once).
    """

    roles: frozenset[str]
    from_day: date | None

    def asks(self, role: str) -> bool:
        return role in self.roles

    def counts(self, role: str, *, today: date) -> bool:
        """Whether nothing else is open to this role without one."""
        has_begun = self.from_day is None or self.from_day <= today
        return self.asks(role) and has_begun
