"""A broadcast's words as each student gets them."""

from dataclasses import dataclass, replace
from functools import cached_property

from quadline.accounts.models import User
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.rules import Outcome
from quadline.conversations.merging import filled, values_for
from quadline.conversations.models import Message
from quadline.conversations.rules import NEVER_REACHED_THE_STUDENT
from quadline.delivery.outbox import opt_out_notice
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student
from quadline.sms import segments
from quadline.sms.bodies import clean
from quadline.sms.merge_fields import MergeError


@dataclass(frozen=True)
class Words:
    """What one student gets, and which fields could not be filled."""

    subject: str = ""
    body: str = ""
    notice: str = ""
    segments: int = 0
    is_too_long: bool = False
    unknown: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()

    @property
    def is_filled(self) -> bool:
        return not self.unknown and not self.empty

    @property
    def text(self) -> str:
        return f"{self.body}\n\n{self.notice}" if self.notice else self.body


class Renderer:
    """Renders one broadcast for many students; what is the same for all is looked up once."""

    def __init__(self, broadcast: Broadcast, number: SystemNumber | None) -> None:
        self.broadcast = broadcast
        self.author: User = broadcast.author
        self.number = number
        self._sizes: dict[str, tuple[int, bool]] = {}

    def words_for(self, student: Student, outcome: Outcome) -> Words:
        """Raises nothing: what cannot be filled is in the answer."""
        values = values_for(self.author, student, number=self.number)
        try:
            subject, body = filled(self.broadcast.subject, values), filled(self.broadcast.body, values)
        except MergeError:
            return self._unfilled(values)
        words = Words(subject=clean(subject)[:200], body=clean(body))
        return self._as_text(words, student) if outcome is Outcome.TEXT else words

    def _as_text(self, words: Words, student: Student) -> Words:
        words = replace(words, notice="" if (student.pk, student.mobile) in self._given else self._notice)
        if words.text not in self._sizes:
            too_long = segments.utf16_units(words.text) > segments.MAX_CHARACTERS
            self._sizes[words.text] = (segments.count(words.text).segments, too_long)
        count, too_long = self._sizes[words.text]
        return replace(words, segments=count, is_too_long=too_long)

    def _unfilled(self, values: dict[str, str]) -> Words:
        try:
            filled(f"{self.broadcast.subject}\n{self.broadcast.body}", values)
        except MergeError as error:
            return Words(unknown=error.unknown, empty=error.empty)
        raise AssertionError("a field that is empty in one part is empty in the whole")

    @cached_property
    def _notice(self) -> str:
        return opt_out_notice(self.author)

    @cached_property
    def _given(self) -> set[tuple[int | None, str]]:
        """The students, by phone, to whom this number has given the notice already (as delivery's notice_due has it)."""
        if self.number is None:
            return set()
        first = Message.objects.filter(system_number=self.number).exclude(notice="")
        reached = first.exclude(status__in=NEVER_REACHED_THE_STUDENT).filter(conversation__staff=self.author)
        return set(reached.values_list("conversation__student", "student_phone"))
