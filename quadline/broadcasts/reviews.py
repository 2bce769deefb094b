"""What a review says, as values: shown on the review page
and stored with the broadcast.
"""

from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

from quadline.broadcasts.checks import Check as Check
from quadline.broadcasts.checks import Level as Level
from quadline.broadcasts.rules import (
    NO_TEXT_WORDS,
    NoTextReason,
    PlannedOutcome,
    outcome_of,
)

TIMES = ("held_until", "finish_at")


@dataclass(frozen=True)
class Rendering:
    """One recipient's text as it would arrive."""

    student_id: int
    name: str
    text: str  # with the opt-out notice, where it comes with it
    segments: int


@dataclass(frozen=True)
class Review:
    """Who gets what and why, how long it takes and what it costs,
    and what to look at before sending.
    """

    texts: int
    emails: int
    nothing: int
    # Why → how many; each reason goes with one outcome (rules.outcome_of)
    by_reason: dict[str, int]
    duplicates: int  # chosen more than once, get it once
    # phones that more than one recipient has: each of them gets theirs
    shared_phones: int
    held_by_quiet_hours: int
    held_until: datetime | None  # when the last of them may leave
    first_contacts: int  # their text ends with the opt-out notice
    waits_for_number: bool  # every text waits: the author's number is not active
    shortest: Rendering | None
    longest: Rendering | None
    total_segments: int
    cost_cents: int
    # at the number's rate, behind what it has queued already, quiet hours not counted
    takes_seconds: int
    finish_at: datetime | None  # None while the number is not active: nobody knows
    checks: list[Check] = field(default_factory=list)

    @property
    def is_blocked(self) -> bool:
        """Whether something must be fixed before it can be sent."""
        return any(check.level is Level.BLOCKED for check in self.checks)

    @property
    def people(self) -> int:
        return self.texts + self.emails + self.nothing

    @property
    def button_words(self) -> str:
        """Send 38 texts and 4 emails."""
        texts = _counted(self.texts, "text")
        emails = _counted(self.emails, "email")
        named = " and ".join(words for words in (texts, emails) if words)
        return f"Send {named}" if named else "Send"

    @property
    def cost_words(self) -> str:
        """$0.46"""
        return f"${self.cost_cents / 100:,.2f}"

    def email_reasons(self) -> list[tuple[str, str, int]]:
        """Why some get an email instead of a text: reason, words, how many."""
        return self._reasons(PlannedOutcome.EMAIL)

    def nothing_reasons(self) -> list[tuple[str, str, int]]:
        """Why some get nothing: reason, words, how many."""
        return self._reasons(PlannedOutcome.NOTHING)

    def as_json(self) -> dict[str, Any]:
        written = asdict(self)
        for name in TIMES:
            time = getattr(self, name)
            written[name] = time.isoformat() if time else None
        return written

    @classmethod
    def from_json(cls, written: dict[str, Any]) -> "Review":
        known = {each.name: written[each.name] for each in fields(cls)}
        for name in TIMES:
            if known[name]:
                known[name] = datetime.fromisoformat(known[name])
        for name in ("shortest", "longest"):
            if known[name]:
                known[name] = Rendering(**known[name])
        known["checks"] = [
            Check(Level(check["level"]), check["words"]) for check in known["checks"]
        ]
        return cls(**known)

    def _reasons(self, outcome: PlannedOutcome) -> list[tuple[str, str, int]]:
        found = [why for why in NoTextReason if why in self.by_reason]
        return [
            (why, NO_TEXT_WORDS[why], self.by_reason[why])
            for why in found
            if outcome_of(why) is outcome
        ]


def _counted(count: int, thing: str) -> str:
    """1 text, 38 texts; nothing of none."""
    if not count:
        return ""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"
