"""What a composer offers to put in: templates to begin from, and merge fields."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from quadline.accounts.models import User
from quadline.conversations import merging
from quadline.conversations.models import MessageTemplate
from quadline.conversations.rules import Channel
from quadline.conversations.templating import Whose, whose
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student
from quadline.sms.merge_fields import key_of

WHOSE_WORDS = {Whose.PERSONAL: "Mine", Whose.OFFICE: "My office", Whose.COLLEGE: "College"}


@dataclass(frozen=True)
class Field:
    """One merge field. ``words`` are what choosing it puts in: the value for one student, else the field itself."""

    name: str
    meaning: str
    words: str


@dataclass(frozen=True)
class Template:
    """One template, filled as far as it can be when there is one student."""

    id: int
    name: str
    whose: str
    subject: str
    body: str
    with_contact_card: bool


@dataclass(frozen=True)
class Inserts:
    """The menus of one composer; read from the database only where a page shows them. No student: it goes to many."""

    user: User
    student: Student | None = None

    @cached_property
    def values(self) -> dict[str, str]:
        if self.student is None:
            return {}
        return merging.values_for(self.user, self.student, number=SystemNumber.objects.of(self.user))

    @cached_property
    def fields(self) -> list[Field]:
        return [Field(name, self.values.get(name) or meaning, self._words(name)) for name, meaning in merging.FIELDS]

    @cached_property
    def texts(self) -> list[Template]:
        return [self._filled(row) for row in self._rows if row.channel == Channel.TEXT]

    @cached_property
    def emails(self) -> list[Template]:
        return [self._filled(row) for row in self._rows if row.channel == Channel.EMAIL]

    @property
    def known(self) -> str:
        """For scripts: each field by its key, with its value, or null where it differs from student to student."""
        known: Mapping[str, str | None] = self.values or dict.fromkeys([*(name for name, _ in merging.FIELDS), *merging.SAME_AS])
        return json.dumps({key_of(name): value for name, value in known.items()}, ensure_ascii=False)

    def template(self, template_id: int) -> Template | None:
        return next((self._filled(row) for row in self._rows if row.pk == template_id), None)

    @cached_property
    def _rows(self) -> list[MessageTemplate]:
        order = list(Whose)
        return sorted(MessageTemplate.objects.visible_to(self.user), key=lambda row: order.index(whose(row)))

    def _filled(self, row: MessageTemplate) -> Template:
        subject, body = (merging.filled_where_possible(words, self.values) for words in (row.subject, row.body))
        return Template(row.pk, row.name, WHOSE_WORDS[whose(row)], subject, body, row.with_contact_card)

    def _words(self, name: str) -> str:
        return self.values.get(name) or f"[{name}]"
