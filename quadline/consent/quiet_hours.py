"""When it is too early or too late to text somebody, on the clock where they may be. No database here."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class QuietHours:
    """From ``start`` in the evening to ``end`` in the morning; both on the student's clock."""

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


@lru_cache(maxsize=64)  # hundreds are asked about at one moment, in a handful of zones
def quiet_until(now: datetime, zones: tuple[str, ...], hours: QuietHours) -> datetime | None:
    """When quiet hours end in every zone the student may be in; None when it is not quiet in any now."""
    moment = now
    for _ in range(2 * len(zones) + 1):  # the end in one zone may still be quiet in the next
        ends = [_end_of_quiet(moment, ZoneInfo(zone), hours) for zone in zones]
        later = max((end for end in ends if end), default=None)
        if later is None:
            return moment if moment > now else None
        moment = later
    return moment


def _end_of_quiet(now: datetime, zone: ZoneInfo, hours: QuietHours) -> datetime | None:
    local = now.astimezone(zone)
    if not hours.cover(local.time()):
        return None
    day = local.date() + timedelta(days=1 if local.time() >= hours.end else 0)
    # In the hour an autumn change repeats, the clock shows the end twice: the one that is still to come counts.
    ends = [_on_the_clock(day, hours.end, zone, fold=fold) for fold in (0, 1)]
    return next(end for end in ends if end > now).astimezone(now.tzinfo)


def _on_the_clock(day: date, clock: time, zone: ZoneInfo, *, fold: int) -> datetime:
    """A wall-clock time as a moment. In the hour a spring change skips, the first moment after it."""
    wall = datetime.combine(day, clock, tzinfo=zone)
    # fold=0 reads a skipped time on the winter clock, which is after the gap: go back to where the gap ends.
    moment = wall.replace(fold=fold).astimezone(ZoneInfo("UTC"))
    if moment.astimezone(zone).time() != clock:
        moment = wall.astimezone(ZoneInfo("UTC"))
        while (before := (moment - MINUTE).astimezone(zone)).date() == day and before.time() >= clock:
            moment -= MINUTE
    return moment
