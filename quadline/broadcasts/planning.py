"""Work out, without saving anything, what each student of a broadcast would get, and the review of it."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from quadline.broadcasts.choices import resolve
from quadline.broadcasts.facts import verdicts_for
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.rendering import Renderer, Words
from quadline.broadcasts.rules import EMAIL_INSTEAD, Outcome, Why
from quadline.consent.rules import Verdict
from quadline.conversations.rules import Channel
from quadline.delivery.recipients import zones_of
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import State as NumberState
from quadline.roster.models import Student


@dataclass(frozen=True)
class Planned:
    """One student: what they get and why, and the words as they arrive."""

    student: Student
    outcome: Outcome
    why: Why | None
    words: Words
    held_until: datetime | None = None  # by quiet hours

    @property
    def phone(self) -> str:
        return self.student.mobile if self.outcome is Outcome.TEXT else ""

    @property
    def zones(self) -> tuple[str, ...]:
        return zones_of(self.student)


class Plan:
    """All of a broadcast, as it would leave now. Students are in the order of their ids."""

    def __init__(self, broadcast: Broadcast, *, now: datetime) -> None:
        self.broadcast = broadcast
        self.now = now
        self.number = SystemNumber.objects.of(broadcast.author)
        self.rows = list(self._rows())

    @cached_property
    def texts(self) -> list[Planned]:
        return self._with(Outcome.TEXT)

    @cached_property
    def emails(self) -> list[Planned]:
        return self._with(Outcome.EMAIL)

    @property
    def has_active_number(self) -> bool:
        return self.number is not None and self.number.state == NumberState.ACTIVE

    @property
    def is_email(self) -> bool:
        return self.broadcast.channel == Channel.EMAIL

    @cached_property
    def by_reason(self) -> dict[str, int]:
        return dict(Counter(row.why.value for row in self.rows if row.why))

    @cached_property
    def fingerprint(self) -> str:
        """Of who gets what, why, where and in which words: what differs in any of it has another.

        Not of the opt-out notice, which another text may have brought meanwhile (preflight.keep_notices).
        """
        digest = hashlib.sha256(f"{self.broadcast.channel} {self.broadcast.with_contact_card}".encode())
        for row in self.rows:
            words = row.words
            parts = (str(row.student.pk), row.outcome, row.why or "", row.phone, words.subject, words.body)
            digest.update("\x1f".join(parts).encode() + b"\x1e")
        return digest.hexdigest()

    def _with(self, outcome: Outcome) -> list[Planned]:
        return [row for row in self.rows if row.outcome is outcome]

    def _rows(self) -> Iterable[Planned]:
        author = self.broadcast.author
        renderer = Renderer(self.broadcast, self.number)
        students = list(resolve(self.broadcast.audience, author=author).order_by("pk"))
        if self.is_email:
            return (self._email(student, renderer) for student in students)
        verdicts = verdicts_for(students, author=author, number=self.number, now=self.now)
        return (self._text(student, verdict, renderer) for student, verdict in verdicts)

    def _email(self, student: Student, renderer: Renderer) -> Planned:
        return _planned(student, None if student.email else Why.NO_EMAIL, Outcome.EMAIL, renderer)

    def _text(self, student: Student, verdict: Verdict, renderer: Renderer) -> Planned:
        if verdict.is_allowed or verdict.until:
            row = _planned(student, None, Outcome.TEXT, renderer)
            return Planned(student, row.outcome, row.why, row.words, verdict.until)
        why = Why(str(verdict.reason))
        if why in EMAIL_INSTEAD and not student.email:
            why = Why.NO_ADDRESS
        return _planned(student, why, Outcome.EMAIL, renderer)


def _planned(student: Student, why: Why | None, outcome: Outcome, renderer: Renderer) -> Planned:
    """``outcome`` unless the reason, or a field that cannot be filled, says otherwise."""
    if why and why not in EMAIL_INSTEAD:
        return Planned(student, Outcome.NOTHING, why, Words())
    words = renderer.words_for(student, outcome)
    if not words.is_filled:
        return Planned(student, Outcome.NOTHING, Why.UNFILLED, words)
    return Planned(student, outcome, why, words)
