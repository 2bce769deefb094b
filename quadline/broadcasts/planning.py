"""Work out, without saving anything, what each student of a broadcast would get."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from quadline.broadcasts.checks import WORDS
from quadline.broadcasts.choices import resolve
from quadline.broadcasts.facts import Person, people_in, verdicts_for
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.rendering import NO_WORDS, Renderer
from quadline.broadcasts.rules import EMAIL_INSTEAD, Outcome, Why
from quadline.broadcasts.tallying import Planned as Planned
from quadline.broadcasts.tallying import Tally
from quadline.broadcasts.twins import Twins
from quadline.consent.rules import Verdict
from quadline.conversations.models import Conversation, Message
from quadline.conversations.rules import Channel, Direction, Status
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import State as NumberState

A_DAY = timedelta(hours=24)


class Plan:
    """All of a broadcast, as it would leave now. To be gone through once; what was counted on the way is in ``tally``."""

    def __init__(self, broadcast: Broadcast, *, now: datetime) -> None:
        self.broadcast = broadcast
        self.now = now
        self.number = SystemNumber.objects.of(broadcast.author)
        self.tally = Tally(wanted=set(WORDS.findall(self.written)), lately=self._lately())
        self.is_done = False

    def __iter__(self) -> Iterator[Planned]:
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
        return self.tally.fingerprint(f"{self.broadcast.channel} {self.broadcast.with_contact_card}")

    def _lately(self) -> dict[tuple[int, str], datetime]:
        """When, within a day, this author sent which words to which student."""
        recent = Message.objects.filter(
            author=self.broadcast.author, direction=Direction.OUTBOUND, created_at__gt=self.now - A_DAY
        ).exclude(status=Status.CANCELLED)
        sent = recent.order_by("created_at").values_list("conversation", "body", "created_at")
        students = Conversation.objects.filter(staff=self.broadcast.author).students()
        whose = ((students.get(conversation), body, at) for conversation, body, at in sent.iterator())
        return {(student, body): at for student, body, at in whose if student}

    def _rows(self) -> Iterable[Planned]:
        author = self.broadcast.author
        renderer = Renderer(self.broadcast, self.number)
        students = resolve(self.broadcast.audience, author=author)
        twins, people = Twins(students), people_in(students)
        if self.is_email:
            emails = (_planned(person, None if person.email else Why.NO_EMAIL, Outcome.EMAIL, renderer) for person in people)
            return _once_each(emails, twins)
        verdicts = verdicts_for(people, author=author, number=self.number, now=self.now)
        return _once_each((_text(person, verdict, renderer) for person, verdict in verdicts), twins)


def _once_each(rows: Iterable[Planned], twins: Twins) -> Iterator[Planned]:
    for row in rows:
        if row.outcome is not Outcome.NOTHING and twins.has_one(row.student, row.outcome):
            yield Planned(row.student, Outcome.NOTHING, Why.TWIN, NO_WORDS)
        else:
            yield row


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
        return Planned(person, Outcome.NOTHING, why, NO_WORDS)
    words = renderer.words_for(person, outcome)
    if not words.is_filled:
        return Planned(person, Outcome.NOTHING, Why.UNFILLED, words)
    return Planned(person, outcome, why, words, held_until)
