"""Choices as tokens, and the students they stand for. Never a
student the author may not see.

An audience is ``{"to": [token…], "except": [token…]}``. Tokens: ``caseload``,
``office`` and ``all`` (for those who see them), ``student:12``, ``audience:3``, and
words of the roster such as ``tag:Athlete`` and ``course:BIO-101`` (WORD_KINDS).
``mytag:Call`` is a tag of the author's own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from quadline.accounts.models import User
from quadline.accounts.rules import May
from quadline.broadcasts.models import Audience as SavedAudience
from quadline.roster.models import CaseloadEntry, OwnTag, Student, StudentQuerySet

CASELOAD_GROUP, OFFICE_GROUP, EVERYONE_GROUP = "caseload", "office", "all"
STUDENT_KIND, TAG_KIND, COURSE_KIND, AUDIENCE_KIND = (
    "student",
    "tag",
    "course",
    "audience",
)
OWN_TAG_KIND = "mytag"
# By kind, the column of a student that holds such a word, or a list of them.
LIST_COLUMNS = {
    TAG_KIND: "tags",
    COURSE_KIND: "courses",
    "section": "sections",
    "term": "terms",
}
PLAIN_COLUMNS = {"program": "program", "risk": "risk", "language": "language"}
WORD_KINDS = {**LIST_COLUMNS, **PLAIN_COLUMNS}
GROUPS = frozenset({CASELOAD_GROUP, OFFICE_GROUP, EVERYONE_GROUP})
WITH_VALUE = frozenset({STUDENT_KIND, AUDIENCE_KIND, OWN_TAG_KIND, *WORD_KINDS})
NUMBERED = frozenset({STUDENT_KIND, AUDIENCE_KIND})
MAX_CHOICE_ID = 2**63 - 1  # a bigint: the database refuses to look for more
LONGEST_VALUE = 60
LONGEST_OF = {"section": 160, "program": 160}  # as the roster has them
# Saved audiences within saved audiences: one may, through others, contain itself.
MAX_AUDIENCE_DEPTH = 5


@dataclass(frozen=True)
class AudienceChoice:
    """One token, read."""

    kind: str
    value: str = ""

    @property
    def token(self) -> str:
        if not self.value:
            return self.kind
        return f"{self.kind}:{self.value}"

    @property
    def id(self) -> int:
        return int(self.value)

    @classmethod
    def read(cls, token: str) -> "AudienceChoice | None":
        """None for what is not a token."""
        kind, _, value = token.strip().partition(":")
        if kind in GROUPS and not value:
            return cls(kind)
        if kind not in WITH_VALUE or not _is_value(value, kind):
            return None
        if kind in NUMBERED and not _is_id(value):
            return None
        return cls(kind, value)


def _is_value(text: str, kind: str) -> bool:
    longest = LONGEST_OF.get(kind, LONGEST_VALUE)
    # PostgreSQL refuses a text with a NUL in it.
    return 0 < len(text) <= longest and "\x00" not in text


def _is_id(value: str) -> bool:
    # Alone, isdigit() is also true of digits of other scripts, and of "²".
    is_number = value.isascii() and value.isdigit()
    return is_number and int(value) <= MAX_CHOICE_ID


def choices(tokens: Iterable[str]) -> list[AudienceChoice]:
    """The tokens of one field, each once, in order; what is not a token is left out."""
    # What a program sends is JSON: any of them may be a number or a list.
    texts = [token for token in tokens if isinstance(token, str)]
    read = [AudienceChoice.read(text) for text in texts]
    each_once = dict.fromkeys(choice for choice in read if choice)
    return list(each_once)


def ids_of(kind: str, chosen: Iterable[AudienceChoice]) -> list[int]:
    """The ids in those of one kind: STUDENT or AUDIENCE."""
    return [choice.id for choice in chosen if choice.kind == kind]


def audience_of(to: Iterable[str], without: Iterable[str] = ()) -> dict[str, list[str]]:
    """An audience from what a form posted."""
    return {
        "to": [each.token for each in choices(to)],
        "except": [each.token for each in choices(without)],
    }


def students_of(
    audience: dict[str, Any],
    *,
    author: User,
) -> StudentQuerySet:
    """The students of an audience whom its author may see, each
    once, those of Except left out.
    """
    return Student.objects.visible_to(author).filter(_chosen(audience, author, depth=0))


def choice_students(choice: AudienceChoice, *, author: User) -> StudentQuerySet:
    """The students one token stands for, of those its author may see."""
    condition = _any_of([choice], author, depth=0)
    return Student.objects.visible_to(author).filter(condition)


def duplicates(audience: dict[str, Any], *, author: User) -> int:
    """How often somebody was chosen again by another token of To."""
    chosen = choices(audience.get("to", []))
    groups = [each for each in chosen if each.kind != STUDENT_KIND]
    if len(chosen) < 2 or not groups:
        return 0
    visible = Student.objects.visible_to(author)
    times = visible.filter(pk__in=ids_of(STUDENT_KIND, chosen)).count()
    for group in groups:
        times += choice_students(group, author=author).count()
    anybody = _any_of(chosen, author, depth=0)
    people = visible.filter(anybody).count()
    return times - people


def _chosen(
    audience: dict[str, Any],
    author: User,
    *,
    depth: int,
) -> Q:
    """To without Except, as a condition on students; never one that the
    author may not see (resolve adds that).
    """
    to = choices(audience.get("to", []))
    without = choices(audience.get("except", []))
    chosen = _any_of(to, author, depth=depth)
    if not without:
        return chosen
    left_out = Student.objects.filter(_any_of(without, author, depth=depth))
    return chosen & ~Q(pk__in=left_out.values("pk"))


def _any_of(
    chosen: list[AudienceChoice],
    author: User,
    *,
    depth: int,
) -> Q:
    """Test students come only when they are chosen by name."""
    groups = Q(pk__in=[])
    for choice in chosen:
        if choice.kind in GROUPS:
            groups |= _group(choice, author)
        elif choice.kind in LIST_COLUMNS:
            column = LIST_COLUMNS[choice.kind]
            groups |= Q(**{f"{column}__contains": [choice.value]})
        elif choice.kind in PLAIN_COLUMNS:
            groups |= Q(**{PLAIN_COLUMNS[choice.kind]: choice.value})
        elif choice.kind == OWN_TAG_KIND:
            groups |= Q(pk__in=_with_own_tag(choice.value, author))
    by_name = Q(pk__in=ids_of(STUDENT_KIND, chosen))
    anybody = groups & Q(is_test=False) | by_name
    if depth == MAX_AUDIENCE_DEPTH:
        return anybody
    for saved in _saved(chosen, author):
        anybody |= _chosen(saved.audience, author, depth=depth + 1)
    return anybody


def _with_own_tag(tag: str, author: User) -> QuerySet[OwnTag, int]:
    """Only the author's: another's tag stands for nobody."""
    mine = OwnTag.objects.filter(owner=author, tag=tag)
    return mine.values_list("student", flat=True)


def _group(choice: AudienceChoice, author: User) -> Q:
    if choice.kind == EVERYONE_GROUP and author.may[May.SEE_COLLEGE]:
        return Q(pk__gt=0)
    if choice.kind == OFFICE_GROUP and author.may[May.SEE_OFFICE] and author.office_id:
        return _looked_after_by(User.objects.filter(office=author.office_id))
    if choice.kind == CASELOAD_GROUP:
        return _looked_after_by(User.objects.filter(pk=author.pk))
    return Q(pk__in=[])


def _looked_after_by(staff: QuerySet[User]) -> Q:
    """By their ids: joined, a planner without statistics
    compares each student with each entry.
    """
    entries = CaseloadEntry.objects.filter(
        staff__in=list(staff.values_list("pk", flat=True))
    )
    return Q(pk__in=set(entries.values_list("student", flat=True)))


def _saved(chosen: list[AudienceChoice], author: User) -> list[SavedAudience]:
    """Only the user's own: another's audience stands for nobody."""
    ids = ids_of(AUDIENCE_KIND, chosen)
    if not ids:
        return []
    return list(SavedAudience.objects.filter(owner=author, pk__in=ids))
