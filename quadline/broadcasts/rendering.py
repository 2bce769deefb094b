"""A broadcast's words as each student gets them."""

from dataclasses import dataclass
from functools import cached_property

from quadline.broadcasts.facts import Person
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.rules import PlannedOutcome
from quadline.conversations import merging
from quadline.conversations.merging import (
    OF_STUDENT,
    values_of_sender,
    values_of_student,
)
from quadline.conversations.rules import Channel
from quadline.delivery.notices import opt_out_notice, students_with_notice
from quadline.numbers.models import SystemNumber
from quadline.sms import segments
from quadline.sms.bodies import clean
from quadline.sms.merge_fields import FieldTemplate, MergeError


# made once for all who are alike: the same words are the same object
@dataclass(
    frozen=True,
    slots=True,
    eq=False,
)
class RenderedWords:
    """What one student gets, or several who are called alike, and
    which fields could not be filled.
    """

    subject: str = ""
    body: str = ""
    notice: str = ""
    segments: int = 0
    units: int = 0  # UTF-16 code units of the text
    unknown: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()

    @property
    def is_filled(self) -> bool:
        return not self.unknown and not self.empty

    @property
    def is_too_long(self) -> bool:
        return self.units > segments.MAX_CHARACTERS

    @property
    def text(self) -> str:
        return f"{self.body}\n\n{self.notice}" if self.notice else self.body


NOTHING_RENDERED = RenderedWords()


class Renderer:
    """Renders one broadcast for many students: what is the same for all is
    looked up once, for some is made once.
    """

    def __init__(
        self,
        broadcast: Broadcast,
        number: SystemNumber | None,
    ) -> None:
        self.author = broadcast.author
        self.number = number
        self._subject, self._body = (
            FieldTemplate(broadcast.subject),
            FieldTemplate(broadcast.body),
        )
        self._both = FieldTemplate(f"{broadcast.subject}\n{broadcast.body}")
        self._unknown = merging.unknown_fields(broadcast.subject, broadcast.body)
        self._of_sender = values_of_sender(self.author, number=number)
        asked = [
            value_of
            for name, value_of in OF_STUDENT.items()
            if self._both.asks_for(name)
        ]
        self._called = (
            asked[0]
            if len(asked) == 1
            else lambda student: tuple(value_of(student) for value_of in asked)
        )
        is_text = broadcast.channel == Channel.TEXT
        self._given = (
            students_with_notice(number, self.author) if is_text and number else set()
        )
        self._made: dict[tuple[object, ...], RenderedWords] = {}

    def words_for(
        self,
        student: Person,
        outcome: PlannedOutcome,
    ) -> RenderedWords:
        """Raises nothing: what cannot be filled is in the answer."""
        is_text = outcome is PlannedOutcome.TEXT
        is_first = is_text and not (
            self._given and (student.pk, student.mobile) in self._given
        )
        alike = (is_text, is_first, self._called(student))
        words = self._made.get(alike)
        if words is None:
            words = self._filled(student)
            self._made[alike] = words = (
                self._as_text(words, is_first) if is_text and words.is_filled else words
            )
        return words

    def _filled(self, student: Person) -> RenderedWords:
        values = self._of_sender | values_of_student(student)
        if self._unknown:
            return self._unfilled(values)
        try:
            subject, body = self._subject.fill(values), self._body.fill(values)
        except MergeError:
            return self._unfilled(values)
        return RenderedWords(subject=clean(subject)[:200], body=clean(body))

    def _unfilled(self, values: dict[str, str]) -> RenderedWords:
        try:
            self._both.fill(values)
        except MergeError as error:
            return RenderedWords(unknown=self._unknown, empty=error.empty)
        return RenderedWords(unknown=self._unknown)

    def _as_text(
        self,
        words: RenderedWords,
        is_first: bool,
    ) -> RenderedWords:
        sized = RenderedWords(
            words.subject, words.body, self._notice if is_first else ""
        )
        count, units = (
            segments.measure(sized.text).segments,
            segments.utf16_units(sized.text),
        )
        return RenderedWords(
            sized.subject,
            sized.body,
            sized.notice,
            count,
            units,
        )

    @cached_property
    def _notice(self) -> str:
        return opt_out_notice(self.author.name)
