"""Work out, without saving anything, what each student of a broadcast would get."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from quadline.broadcasts.choices import resolve
from quadline.broadcasts.facts import Person, people_in, verdicts_for
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.rendering import Renderer, Words
from quadline.broadcasts.rules import EMAIL_INSTEAD, Outcome, Why
from quadline.consent.rules import Verdict
from quadline.conversations.rules import Channel
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import State as NumberState


class Planned(NamedTuple):
    """One student: what they get and why, and the words as they arrive."""

    student: Person
    outcome: Outcome
    why: Why | None
    words: Words
    held_until: datetime | None = None  # by quiet hours

    @property
    def phone(self) -> str:
        return self.student.mobile if self.outcome is Outcome.TEXT else ""


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
        parts = [f"{self.broadcast.channel} {self.broadcast.with_contact_card}"]
        for row in self.rows:
            who_and_what = f"{row.student.pk}\x1f{row.outcome}\x1f{row.why or ''}\x1f{row.phone}"
            parts.append(f"{who_and_what}\x1f{row.words.subject}\x1f{row.words.body}")
        return hashlib.sha256("\x1e".join(parts).encode()).hexdigest()

    def _with(self, outcome: Outcome) -> list[Planned]:
        return [row for row in self.rows if row.outcome is outcome]

    def _rows(self) -> Iterable[Planned]:
        author = self.broadcast.author
        renderer = Renderer(self.broadcast, self.number)
        people = people_in(resolve(self.broadcast.audience, author=author))
        if self.is_email:
            return (_planned(person, None if person.email else Why.NO_EMAIL, Outcome.EMAIL, renderer) for person in people)
        verdicts = verdicts_for(people, author=author, number=self.number, now=self.now)
        return (_text(person, verdict, renderer) for person, verdict in verdicts)


def _text(person: Person, verdict: Verdict, renderer: Renderer) -> Planned:
    if verdict.is_allowed or verdict.until:
        return _planned(person, None, Outcome.TEXT, renderer, verdict.until)
    why = Why(str(verdict.reason))
    if why in EMAIL_INSTEAD and not person.email:
        why = Why.NO_ADDRESS
    return _planned(person, why, Outcome.EMAIL, renderer)


def _planned(
    person: Person, why: Why | None, outcome: Outcome, renderer: Renderer, held_until: datetime | None = None
) -> Planned:
    """``outcome`` unless the reason, or a field that cannot be filled, says otherwise."""
    if why and why not in EMAIL_INSTEAD:
        return Planned(person, Outcome.NOTHING, why, Words())
    words = renderer.words_for(person, outcome)
    if not words.is_filled:
        return Planned(person, Outcome.NOTHING, Why.UNFILLED, words)
    return Planned(person, outcome, why, words, held_until)
