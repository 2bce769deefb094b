"""Dates as Twilio writes and reads them."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache

from quadline.simulator.errors import Refusal


def rfc2822(moment: float | None) -> str | None:
    return None if moment is None else _rfc2822(int(moment))


@lru_cache(maxsize=4096)
def _rfc2822(second: int) -> str:
    return format_datetime(datetime.fromtimestamp(second, UTC))


def iso8601(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_span(text: str) -> tuple[float, float]:
    """The first and last second that a DateSent filter names: a day, or one moment."""
    try:
        start = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise Refusal(20001, f"Invalid date: {text}") from None
    start = start if start.tzinfo else start.replace(tzinfo=UTC)
    length = (
        timedelta(days=1) if len(text) <= len("2026-11-23") else timedelta(seconds=1)
    )
    return start.timestamp(), (start + length).timestamp()
