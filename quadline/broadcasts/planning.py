"""Work out, without saving anything, what each student of a broadcast would get."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from quadline.broadcasts.checks import WORD_PATTERN
from quadline.broadcasts.choices import students_of
from quadline.broadcasts.facts import AREA, Person, TimePlace, people_in, verdicts_for
from quadline.broadcasts.likely_duplicates import LikelyDuplicates
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.rendering import NOTHING_RENDERED, RenderedWords, Renderer
from quadline.broadcasts.rules import EMAIL_INSTEAD, NoTextReason, PlannedOutcome
from quadline.consent.rules import Verdict
from quadline.conversations.models import Conversation, Message
from quadline.conversations.rules import Channel, Direction, Status
from quadline.inboxes.models import inbox_of
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState as NumberState
from quadline.roster.models import Student

ONE_DAY = timedelta(hours=24)
LEFT_COLLEGE = frozenset(
    {Student.Status.WITHDRAWN.value, Student.Status.GRADUATED.value}
)


class PlannedMessage(NamedTuple):
    """One student: what they get and why, and the words as they arrive."""

    student: Person
    outcome: PlannedOutcome
    why: NoTextReason | None
    words: RenderedWords
    held_until: datetime | None = None  # by quiet hours


@dataclass(slots=True)
class AlikeStudents:
    """Students who get the same words for the same reason."""

    first: Person
    outcome: PlannedOutcome
    why: NoTextReason | None
    words: RenderedWords
    said: str  # of all that, for the fingerprint
    count: int = 0


@dataclass
class PlanTally:
    """``wanted``: what may be a student's id; ``lately``: when
    which student got which words.
    """

    wanted: Collection[str]
    lately: Mapping[tuple[int, str], datetime]
    ids: set[str] = field(default_factory=set)  # of those wanted
    phones: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)
    # student → when quiet hours end for them
    held: dict[int, datetime] = field(default_factory=dict)
    # by where the students may be
    segments: Counter[TimePlace] = field(default_factory=Counter)
    somebody: dict[TimePlace, Person] = field(default_factory=dict)
    repeated: list[datetime] = field(default_factory=list)
    gone: int = 0  # withdrawn or graduated
    _groups: dict[tuple[RenderedWords, NoTextReason | None], AlikeStudents] = field(
        default_factory=dict
    )
    _said: list[str] = field(default_factory=list)

    def counting(self, rows: Iterable[PlannedMessage]) -> Iterator[PlannedMessage]:
        """The same rows, each counted as it passes."""
        # Looked up once, and not for each of tens of thousands.
        groups = self._groups
        wanted = self.wanted
        say = self._said.append
        for row in rows:
            student, outcome, why, words, _ = row
            alike = groups.get((words, why)) or self._begun(row)
            alike.count += 1
            if wanted and student.institutional_id in wanted:
                self.ids.add(student.institutional_id)
            if outcome is not PlannedOutcome.NOTHING:
                self._count_sent(student, words)
            phone = ""
            if outcome is PlannedOutcome.TEXT:
                self._count_text(row)
                phone = student.mobile
            say(f"{student.pk}\x1f{phone}\x1f{alike.said}")
            yield row

    def groups(self, *outcomes: PlannedOutcome) -> list[AlikeStudents]:
        every = self._groups.values()
        return [alike for alike in every if alike.outcome in outcomes]

    def people(self, *outcomes: PlannedOutcome) -> int:
        groups = self.groups(*outcomes)
        return sum(alike.count for alike in groups)

    def fingerprint(self, beginning: str) -> str:
        """Of who gets what, why, where and in which words: what
        differs in any of it has another.

        Not of the opt-out notice, which another text may have brought meanwhile
        (preflight.moved_notices).
        """
        said = "\x1e".join([beginning, *self._said])
        return hashlib.sha256(said.encode()).hexdigest()

    def _begun(self, row: PlannedMessage) -> AlikeStudents:
        student, outcome, why, words, _ = row
        reason = why.value if why else ""
        said = "\x1f".join((outcome.value, reason, words.subject, words.body))
        alike = AlikeStudents(
            student,
            outcome,
            why,
            words,
            said,
        )
        self._groups[words, why] = alike
        return alike

    def _count_sent(
        self,
        student: Person,
        words: RenderedWords,
    ) -> None:
        if student.status in LEFT_COLLEGE:
            self.gone += 1
        if not self.lately:
            return
        sent_at = self.lately.get((student.pk, words.body))
        if sent_at:
            self.repeated.append(sent_at)

    def _count_text(self, row: PlannedMessage) -> None:
        student = row.student
        mobile = student.mobile
        if mobile in self.phones:
            self.shared.add(mobile)
        self.phones.add(mobile)
        place = (student.time_zone, mobile[AREA])
        self.somebody[place] = student
        self.segments[place] += row.words.segments
        if row.held_until:
            self.held[student.pk] = row.held_until


class Plan:
    """All of a broadcast, as it would leave now. To be gone through once; what was
    counted on the way is in ``tally``.
    """

    def __init__(
        self,
        broadcast: Broadcast,
        *,
        now: datetime,
    ) -> None:
        self.broadcast = broadcast
        self.now = now
        self.number = SystemNumber.objects.of(broadcast.author)
        may_be_ids = set(WORD_PATTERN.findall(self.written))
        self.tally = PlanTally(wanted=may_be_ids, lately=self._lately())
        self.is_done = False

    def __iter__(self) -> Iterator[PlannedMessage]:
        """In the order of the students' ids."""
        yield from self.tally.counting(self._rows())
        self.is_done = True

    @property
    def has_active_number(self) -> bool:
        return self.number is not None and self.number.state == NumberState.ACTIVE

    @property
    def is_email(self) -> bool:
        return self.broadcast.channel == Channel.EMAIL

    @property
    def written(self) -> str:
        """The words as written, with their fields."""
        return f"{self.broadcast.subject}\n{self.broadcast.body}"

    @property
    def fingerprint(self) -> str:
        assert self.is_done, "a plan has none before all of it was gone through"
        return self.tally.fingerprint(
            f"{self.broadcast.channel} {self.broadcast.with_contact_card}"
        )

    def _lately(self) -> dict[tuple[int, str], datetime]:
        """When, within a day, this author sent which words to which student."""
        recent = Message.objects.filter(
            author=self.broadcast.author,
            direction=Direction.OUTBOUND,
            created_at__gt=self.now - ONE_DAY,
        ).exclude(status=Status.CANCELLED)
        sent = recent.order_by("created_at").values_list(
            "conversation", "body", "created_at"
        )
        students = Conversation.objects.filter(
            inbox=inbox_of(self.broadcast.author)
        ).students()
        whose = (
            (students.get(conversation), body, at)
            for conversation, body, at in sent.iterator()
        )
        return {(student, body): at for student, body, at in whose if student}

    def _rows(self) -> Iterable[PlannedMessage]:
        author = self.broadcast.author
        renderer = Renderer(self.broadcast, self.number)
        students = students_of(self.broadcast.audience, author=author)
        duplicates = LikelyDuplicates(students)
        people = people_in(students)
        if self.is_email:
            emails = (_email(person, renderer) for person in people)
            return _once_each(emails, duplicates)
        verdicts = verdicts_for(people, author=author, number=self.number, now=self.now)
        texts = (_text(person, verdict, renderer) for person, verdict in verdicts)
        return _once_each(texts, duplicates)


def _once_each(
    rows: Iterable[PlannedMessage], duplicates: LikelyDuplicates
) -> Iterator[PlannedMessage]:
    for row in rows:
        is_sent = row.outcome is not PlannedOutcome.NOTHING
        if is_sent and duplicates.has_one(row.student, row.outcome):
            yield PlannedMessage(
                row.student, PlannedOutcome.NOTHING, NoTextReason.TWIN, NOTHING_RENDERED
            )
        else:
            yield row


def _email(person: Person, renderer: Renderer) -> PlannedMessage:
    why = None if person.email else NoTextReason.NO_EMAIL
    return _planned(
        person,
        why,
        PlannedOutcome.EMAIL,
        renderer,
    )


def _text(
    person: Person,
    verdict: Verdict,
    renderer: Renderer,
) -> PlannedMessage:
    if verdict.is_allowed or verdict.until:
        return _planned(
            person,
            None,
            PlannedOutcome.TEXT,
            renderer,
            verdict.until,
        )
    why = NoTextReason(str(verdict.reason))
    if why in EMAIL_INSTEAD and not person.email:
        why = NoTextReason.NO_ADDRESS
    return _planned(
        person,
        why,
        PlannedOutcome.EMAIL,
        renderer,
    )


def _planned(
    person: Person,
    why: NoTextReason | None,
    outcome: PlannedOutcome,
    renderer: Renderer,
    held_until: datetime | None = None,
) -> PlannedMessage:
    """``outcome`` unless the reason, or a field that
    cannot be filled, says otherwise.
    """
    if why and why not in EMAIL_INSTEAD:
        return PlannedMessage(person, PlannedOutcome.NOTHING, why, NOTHING_RENDERED)
    words = renderer.words_for(person, outcome)
    if not words.is_filled:
        return PlannedMessage(
            person, PlannedOutcome.NOTHING, NoTextReason.UNFILLED, words
        )
    return PlannedMessage(person, outcome, why, words, held_until)
