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
from quadline.sms.merge_fields import field_key

WHOSE_WORDS = {
    Whose.PERSONAL: "Mine",
    Whose.OFFICE: "My office",
    Whose.COLLEGE: "College",
}


@dataclass(frozen=True)
class Field:
    """One merge field. ``words`` are what choosing it puts in: the value for one
    student, else the field itself.
    """

    name: str
    meaning: str
    words: str


@dataclass(frozen=True)
class InsertedTemplate:
    """One template, filled as far as it can be when there is one student."""

    id: int
    name: str
    whose: str
    subject: str
    body: str
    with_contact_card: bool


@dataclass(frozen=True)
class Inserts:
    """The menus of one composer; read from the database only where a page
    shows them. No student: it goes to many.
    """

    user: User
    student: Student | None = None

    @cached_property
    def values(self) -> dict[str, str]:
        if self.student is None:
            return {}
        return merging.values_for(
            self.user, self.student, number=SystemNumber.objects.of(self.user)
        )

    @cached_property
    def fields(self) -> list[Field]:
        # To one student, the value itself stands beside the name.
        return [
            Field(name, self.values.get(name) or meaning, self._words(name))
            for name, meaning in merging.FIELDS
        ]

    @cached_property
    def texts(self) -> list[InsertedTemplate]:
        return self._of_channel(Channel.TEXT)

    @cached_property
    def emails(self) -> list[InsertedTemplate]:
        return self._of_channel(Channel.EMAIL)

    @property
    def known(self) -> str:
        """For scripts: each field by its key, with its value, or null where
        it differs from student to student.
        """
        names = [*(name for name, _ in merging.FIELDS), *merging.SAME_AS]
        known: Mapping[str, str | None] = self.values or dict.fromkeys(names)
        # By key: a script finds a field however its name is spaced or capitalized.
        by_key = {field_key(name): value for name, value in known.items()}
        return json.dumps(by_key, ensure_ascii=False)

    def template(self, template_id: int) -> InsertedTemplate | None:
        for row in self._rows:
            if row.pk == template_id:
                return self._filled(row)
        return None

    def _of_channel(self, channel: Channel) -> list[InsertedTemplate]:
        return [self._filled(row) for row in self._rows if row.channel == channel]

    @cached_property
    def _rows(self) -> list[MessageTemplate]:
        # One's own first, as Whose lists them.
        order = list(Whose)
        return sorted(
            MessageTemplate.objects.visible_to(self.user),
            key=lambda row: order.index(whose(row)),
        )

    def _filled(self, row: MessageTemplate) -> InsertedTemplate:
        return InsertedTemplate(
            row.pk,
            row.name,
            WHOSE_WORDS[whose(row)],
            merging.filled_where_possible(row.subject, self.values),
            merging.filled_where_possible(row.body, self.values),
            row.with_contact_card,
        )

    def _words(self, name: str) -> str:
        value = self.values.get(name)
        return value or f"[{name}]"
