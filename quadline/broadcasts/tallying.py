"""Count a plan while its rows pass, so that tens of thousands are never held at once. Students who are alike are one group."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from quadline.broadcasts.facts import AREA, Person, Place
from quadline.broadcasts.rendering import Words
from quadline.broadcasts.rules import Outcome, Why
from quadline.roster.models import Student

GONE = frozenset({Student.Status.WITHDRAWN.value, Student.Status.GRADUATED.value})


class Planned(NamedTuple):
    """One student: what they get and why, and the words as they arrive."""

    student: Person
    outcome: Outcome
    why: Why | None
    words: Words
    held_until: datetime | None = None  # by quiet hours


@dataclass(slots=True)
class Alike:
    """Students who get the same words for the same reason."""

    first: Person
    outcome: Outcome
    why: Why | None
    words: Words
    said: str  # of all that, for the fingerprint
    count: int = 0


@dataclass
class Tally:
    """``wanted``: what may be a student's id; ``lately``: when which student got which words."""

    wanted: Collection[str]
    lately: Mapping[tuple[int, str], datetime]
    ids: set[str] = field(default_factory=set)  # of those wanted
    phones: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)
    held: dict[int, datetime] = field(default_factory=dict)  # student → when quiet hours end for them
    segments: Counter[Place] = field(default_factory=Counter)  # by where the students may be
    somebody: dict[Place, Person] = field(default_factory=dict)
    repeated: list[datetime] = field(default_factory=list)
    gone: int = 0  # withdrawn or graduated
    _groups: dict[tuple[Words, Why | None], Alike] = field(default_factory=dict)
    _said: list[str] = field(default_factory=list)

    def counting(self, rows: Iterable[Planned]) -> Iterator[Planned]:
        """The same rows, each counted as it passes."""
        groups, wanted, lately, say = self._groups, self.wanted, self.lately, self._said.append
        for row in rows:
            student, outcome, why, words, _ = row
            alike = groups.get((words, why)) or self._begun(row)
            alike.count += 1
            if wanted and student.institutional_id in wanted:
                self.ids.add(student.institutional_id)
            if outcome is not Outcome.NOTHING:
                if student.status in GONE:
                    self.gone += 1
                if lately and (at := lately.get((student.pk, words.body))):
                    self.repeated.append(at)
            if outcome is Outcome.TEXT:
                self._count_text(row)
                say(f"{student.pk}\x1f{student.mobile}\x1f{alike.said}")
            else:
                say(f"{student.pk}\x1f\x1f{alike.said}")
            yield row

    def groups(self, *outcomes: Outcome) -> list[Alike]:
        return [alike for alike in self._groups.values() if alike.outcome in outcomes]

    def people(self, *outcomes: Outcome) -> int:
        return sum(alike.count for alike in self.groups(*outcomes))

    def fingerprint(self, beginning: str) -> str:
        """Of who gets what, why, where and in which words: what differs in any of it has another.

        Not of the opt-out notice, which another text may have brought meanwhile (preflight.notices_moved).
        """
        return hashlib.sha256("\x1e".join([beginning, *self._said]).encode()).hexdigest()

    def _begun(self, row: Planned) -> Alike:
        student, outcome, why, words, _ = row
        said = "\x1f".join((outcome.value, why.value if why else "", words.subject, words.body))
        self._groups[words, why] = alike = Alike(student, outcome, why, words, said)
        return alike

    def _count_text(self, row: Planned) -> None:
        student, mobile = row.student, row.student.mobile
        (self.shared if mobile in self.phones else self.phones).add(mobile)
        place = student.time_zone, mobile[AREA]
        self.somebody[place] = student
        self.segments[place] += row.words.segments
        if row.held_until:
            self.held[student.pk] = row.held_until
