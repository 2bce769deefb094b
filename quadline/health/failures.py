"""Why texts did not arrive, lately: one statement, counted as the delivery report
counts, so that a number equals the rows it links to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from quadline.accounts.models import User
from quadline.delivery.failure_policy import ADVICE_BY_REASON
from quadline.reports.deliveries import DELIVERY_SUMS, INSTEAD, messages_written
from quadline.reports.filters import NO_REASON, Filters

LAST_DAY = timedelta(hours=24)
NO_WORDS = "No reason recorded"


@dataclass
class FailureLine:
    """``day`` and ``week``: how many texts, in 24 hours and in the filters' days."""

    reason: str
    words: str
    day: int = 0
    week: int = 0
    codes: set[str] = field(default_factory=set)

    @property
    def advice(self) -> str:
        return ADVICE_BY_REASON.get(self.reason, "")

    @property
    def code_words(self) -> str:
        return ", ".join(sorted(self.codes))


def failures_by_reason(
    viewer: User, filters: Filters, *, now: datetime
) -> list[FailureLine]:
    """The most frequent first: of texts that ``viewer`` may see reported."""
    written = messages_written(viewer, filters, "carrier_code")
    instead = written.where("part = ANY(%s)", list(DELIVERY_SUMS[INSTEAD]))
    recent = instead.adding((now - LAST_DAY,), is_recent="created_at > %s")
    counted = recent.by("reason", "detail", "carrier_code", "is_recent")
    return _lines(counted)


def _lines(counted: Mapping[tuple[object, ...], int]) -> list[FailureLine]:
    found: dict[str, FailureLine] = {}
    # The words that stand on most messages of a reason are its words.
    for key in sorted(counted, key=lambda key: -counted[key]):
        reason, detail, code, is_recent = key
        words = str(detail) or NO_WORDS
        line = found.setdefault(
            str(reason), FailureLine(str(reason) or NO_REASON, words)
        )
        line.week += counted[key]
        line.day += counted[key] if is_recent else 0
        line.codes |= {str(code)} if code else set()
    return sorted(found.values(), key=lambda line: (-line.week, line.reason))
