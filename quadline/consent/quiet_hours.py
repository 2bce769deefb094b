"""When it is too early or too late to text somebody, on the clock
where they may be. No database here.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from quadline.consent.state_hours import hours_of

MINUTE = timedelta(minutes=1)
MAX_QUIET_STEPS = 14  # two for each place a student may be in


@dataclass(frozen=True)
class QuietHours:
    """From ``start`` in the evening to ``end`` in the
    morning; both on the student's clock.
    """

    start: time
    end: time

    @classmethod
    def parse(cls, written: str) -> "QuietHours | None":
        """Read "21:00-08:00"; empty text means there are none."""
        if not written:
            return None
        start, end = (time.fromisoformat(part) for part in written.split("-"))
        return cls(start, end) if start != end else None

    def cover(self, clock: time) -> bool:
        if self.start < self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end


def place(zone: str, state: str = "") -> str:
    """Where a student may be: a time zone, and the state whose own hours
    may hold there ("America/New_York FL").
    """
    return f"{zone} {state}".rstrip()


@lru_cache(maxsize=64)  # hundreds are asked about at one moment, in a handful of places
def quiet_until(
    now: datetime,
    places: tuple[str, ...],
    hours: QuietHours,
) -> datetime | None:
    """When it is quiet in no place any more where the student may be;
    None when it is quiet in none now.

    A place is a time zone, with the state behind it where a state's own hours count
    (``place``).
    """
    moment = now
    for _ in range(
        MAX_QUIET_STEPS
    ):  # the end in one place may still be quiet in the next
        ends = [_end_of_quiet(moment, each, hours) for each in places]
        later = max((end for end in ends if end), default=None)
        if later is None:
            return moment if moment > now else None
        moment = later
    return moment


def _end_of_quiet(
    now: datetime,
    where: str,
    hours: QuietHours,
) -> datetime | None:
    """When quiet hours end in one place, by the college's hours and by the
    state's; None when it is not quiet.
    """
    zone_name, _, state = where.partition(" ")
    zone = ZoneInfo(zone_name)
    local = now.astimezone(zone)
    ends = (_end_of_night(local, zone, hours), _opening(local, zone, state))
    return max((end.astimezone(now.tzinfo) for end in ends if end), default=None)


def _end_of_night(
    local: datetime,
    zone: ZoneInfo,
    hours: QuietHours,
) -> datetime | None:
    if not hours.cover(local.time()):
        return None
    day = local.date() + timedelta(days=1 if local.time() >= hours.end else 0)
    return _next_on_the_clock(
        local,
        day,
        hours.end,
        zone,
    )


def _opening(
    local: datetime,
    zone: ZoneInfo,
    state: str,
) -> datetime | None:
    """When a state next lets texts arrive; None when it does
    now, or has no hours of its own.
    """
    today = hours_of(state, local.weekday())
    if today is None or today.cover(local.time()):
        return None
    day = local.date() + timedelta(days=1 if local.time() >= today.closes else 0)
    then = hours_of(state, day.weekday())
    return (
        _next_on_the_clock(
            local,
            day,
            then.opens,
            zone,
        )
        if then
        else None
    )


def _next_on_the_clock(
    local: datetime,
    day: date,
    clock: time,
    zone: ZoneInfo,
) -> datetime:
    """In the hour an autumn change repeats, the clock shows a time
    twice: the one still to come counts.
    """
    moments = [
        _on_the_clock(
            day,
            clock,
            zone,
            fold=fold,
        )
        for fold in (0, 1)
    ]
    return next(moment for moment in moments if moment > local)


def _on_the_clock(
    day: date,
    clock: time,
    zone: ZoneInfo,
    *,
    fold: int,
) -> datetime:
    """A wall-clock time as a moment. In the hour a spring change
    skips, the first moment after it.
    """
    wall = datetime.combine(day, clock, tzinfo=zone)
    # fold=0 reads a skipped time on the winter clock, which is after the gap: go back
    # to where the gap ends.
    moment = wall.replace(fold=fold).astimezone(ZoneInfo("UTC"))
    if moment.astimezone(zone).time() != clock:
        moment = wall.astimezone(ZoneInfo("UTC"))
        while (
            before := (moment - MINUTE).astimezone(zone)
        ).date() == day and before.time() >= clock:
            moment -= MINUTE
    return moment
