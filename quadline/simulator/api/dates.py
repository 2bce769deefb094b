"""Dates as Twilio writes and reads them."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache

from quadline.simulator.errors import Refusal


def rfc2822(moment: float | None) -> str | None:
    if moment is None:
        return None
    return _rfc2822(int(moment))


# Texts of one second share a date, and a log in pages is written again and again.
@lru_cache(maxsize=4096)
def _rfc2822(second: int) -> str:
    moment = datetime.fromtimestamp(second, UTC)
    return format_datetime(moment)


def iso8601(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_span(text: str) -> tuple[float, float]:
    """The first and last second that a DateSent filter names: a day, or one moment."""
    try:
        start = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise Refusal(20001, f"Invalid date: {text}") from None
    if start.tzinfo is None:
        start = start.replace(tzinfo=UTC)
    length = timedelta(days=1) if is_bare_day(text) else timedelta(seconds=1)
    end = start + length
    return start.timestamp(), end.timestamp()


def is_bare_day(text: str) -> bool:
    return len(text) <= len("2026-11-23")
