"""Who a broadcast goes to, as people read it: what the To field offers and
shows, and audiences kept under a name.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Func, QuerySet, TextField

from quadline.accounts.models import User
from quadline.accounts.rules import May
from quadline.audit.models import record_audit
from quadline.broadcasts.choices import (
    AUDIENCE_KIND,
    CASELOAD_GROUP,
    COURSE_KIND,
    EVERYONE_GROUP,
    GROUPS,
    LIST_COLUMNS,
    OFFICE_GROUP,
    OWN_TAG_KIND,
    STUDENT_KIND,
    TAG_KIND,
    WORD_KINDS,
    choice_students,
    choices,
    ids_of,
)
from quadline.broadcasts.choices import AudienceChoice as AudienceChoice
from quadline.broadcasts.choices import audience_of as audience_of
from quadline.broadcasts.choices import students_of as students_of
from quadline.broadcasts.models import Audience as SavedAudience
from quadline.broadcasts.rules import BroadcastRefused
from quadline.roster.models import OwnTag, Student
from quadline.roster.searching import folded_for_search
from quadline.roster.sections import section_of

GROUP_WORDS = {
    CASELOAD_GROUP: "All Students on My Caseload",
    OFFICE_GROUP: "All students of my office",
    EVERYONE_GROUP: "All students of the college",
}
# In the order in which the To field offers them.
KIND_WORDS = {
    TAG_KIND: "Tag",
    OWN_TAG_KIND: "My tag",
    COURSE_KIND: "Course",
    "section": "Section",
    "term": "Term",
    "program": "Program",
    "risk": "Risk level",
    "language": "Preferred language",
}
OFFERED_AT_FIRST = (TAG_KIND, OWN_TAG_KIND, COURSE_KIND)
MAX_OF_A_KIND = 8  # options of one kind in the list of the To field
MAX_NAMED = 3  # students in the words of an audience
MAX_LETTERS = 300  # as Broadcast.audience_words holds


@dataclass(frozen=True)
class Suggestion:
    """One option of the To field, or one chip in it."""

    token: str
    label: str  # All Students on My Caseload (43)
    detail: str
    count: int
    student: Student | None = None


def suggestions(
    query: str,
    author: User,
) -> list[Suggestion]:
    """What the To field offers: the caseload first, then saved
    audiences, tags, courses and other words of the roster, students.
    """
    asked = folded_for_search(query)
    groups = [
        group
        for group in _groups_of(author)
        if asked in folded_for_search(GROUP_WORDS[group])
    ]
    audiences = SavedAudience.objects.filter(owner=author)
    saved = [each for each in audiences if asked in folded_for_search(each.name)]
    # The list that opens before anything is typed stays short, and quick.
    kinds = KIND_WORDS if asked else OFFERED_AT_FIRST
    return [
        *[_group(group, author) for group in groups],
        *[_saved(each, author) for each in saved[:MAX_OF_A_KIND]],
        *chain.from_iterable(_words_of(kind, asked, author) for kind in kinds),
        *[_student(student) for student in _students(query, author)],
    ]


def shown_choices(tokens: Iterable[str], author: User) -> list[Suggestion]:
    """The tokens as they are shown in the field; those that stand for
    nobody the author may see are left out.
    """
    chosen = choices(tokens)
    named = ids_of(STUDENT_KIND, chosen)
    students = Student.objects.visible_to(author).in_bulk(named) if named else {}
    audiences = SavedAudience.objects.filter(owner=author)
    saved = audiences.in_bulk(ids_of(AUDIENCE_KIND, chosen))
    made = [_chip(each, author, students, saved) for each in chosen]
    return [chip for chip in made if chip]


def audience_words(audience: dict[str, Any], author: User) -> str:
    """An audience as people say it, at most 300 characters: All
    Students on My Caseload, except Bo Jensen.
    """
    said = _listed(audience.get("to", []), author) or "Nobody"
    without = _listed(audience.get("except", []), author)
    if without:
        said = f"{said}, except {without}"
    if len(said) > MAX_LETTERS:
        return f"{said[: MAX_LETTERS - 1]}…"
    return said


def save_audience(
    *,
    owner: User,
    name: str,
    audience: dict[str, Any],
) -> SavedAudience:
    """Keep an audience under a name; the same name again
    replaces it. Raises BroadcastRefused.
    """
    # PostgreSQL refuses a text with a NUL in it.
    name = " ".join(name.replace("\x00", "").split())[:120]
    kept = audience_of(audience.get("to", []), audience.get("except", []))
    if not name:
        raise BroadcastRefused("Give the audience a name. Nothing was saved.")
    if not kept["to"]:
        raise BroadcastRefused("Choose somebody first. Nothing was saved.")
    with transaction.atomic():
        saved, _ = SavedAudience.objects.update_or_create(
            owner=owner,
            name=name,
            defaults={"audience": kept},
        )
        record_audit("audience saved", subject=saved, actor=owner)
        return saved


def _listed(tokens: Iterable[str], author: User) -> str:
    """The groups, then the first few students by name."""
    chosen = choices(tokens)
    audiences = SavedAudience.objects.filter(owner=author)
    saved = dict(audiences.values_list("pk", "name"))
    names = [_name_of(each, saved) for each in chosen]
    groups = [name for name in names if name]
    students = ids_of(STUDENT_KIND, chosen)
    people = Student.objects.visible_to(author).filter(pk__in=students).by_name()
    count = people.count() if students else 0
    # "and 1 more" would be as long as the name it stands for.
    most = MAX_NAMED if count > MAX_NAMED + 1 else count
    shown = [student.display_name for student in people[:most]]
    listed = ", ".join(groups + shown)
    more = count - len(shown)
    return f"{listed} and {more:,} more" if more else listed


def _name_of(choice: AudienceChoice, saved: dict[int, str]) -> str:
    if choice.kind in GROUPS:
        return GROUP_WORDS[choice.kind]
    if choice.kind == AUDIENCE_KIND:
        return saved.get(choice.id, "")
    if choice.kind in KIND_WORDS:
        return shown_word(choice.kind, choice.value)
    return ""


def _groups_of(author: User) -> Iterator[str]:
    yield CASELOAD_GROUP
    if author.may[May.SEE_OFFICE] and author.office_id:
        yield OFFICE_GROUP
    if author.may[May.SEE_COLLEGE]:
        yield EVERYONE_GROUP


def _group(group: str, author: User) -> Suggestion:
    count = choice_students(AudienceChoice(group), author=author).count()
    return Suggestion(
        group,
        f"{GROUP_WORDS[group]} ({count:,})",
        "",
        count,
    )


def _saved(saved: SavedAudience, author: User) -> Suggestion:
    count = students_of(saved.audience, author=author).count()
    return Suggestion(
        f"{AUDIENCE_KIND}:{saved.pk}",
        f"{saved.name} ({count:,})",
        "Saved audience",
        count,
    )


def _words_of(kind: str, asked: str, author: User) -> list[Suggestion]:
    """Words of one kind that students one may see have, those with the most first."""
    visible = Student.objects.visible_to(author).filter(is_test=False)
    each: QuerySet[Any, tuple[Any]]
    if kind == OWN_TAG_KIND:
        mine = OwnTag.objects.filter(owner=author, student__in=visible)
        each = mine.annotate(word=F("tag")).values_list("word")
    else:
        word: Any = F(WORD_KINDS[kind])
        if kind in LIST_COLUMNS:
            word = Func(word, function="unnest", output_field=TextField())
        each = visible.annotate(word=word).values_list("word")
    counted = each.annotate(count=Count("pk")).order_by("-count", "word")
    alike = [
        (word, count)
        for word, count in counted
        if word and asked in folded_for_search(shown_word(kind, word))
    ]
    return [
        Suggestion(
            f"{kind}:{word}",
            f"{shown_word(kind, word)} ({count:,})",
            KIND_WORDS[kind],
            count,
        )
        for word, count in alike[:MAX_OF_A_KIND]
    ]


def shown_word(kind: str, word: str) -> str:
    """As people read it: a section without its bars, a risk level with its name."""
    if kind == "section":
        return section_of(word).words
    return f"{word} risk".capitalize() if kind == "risk" else word


def _students(query: str, author: User) -> Iterable[Student]:
    visible = Student.objects.visible_to(author)
    if query.strip():
        return visible.matching(query).by_name()[:MAX_OF_A_KIND]
    return visible.on_caseload_of(author).by_name()[:MAX_OF_A_KIND]


def _student(student: Student) -> Suggestion:
    return Suggestion(
        f"{STUDENT_KIND}:{student.pk}",
        student.display_name,
        student.institutional_id,
        1,
        student,
    )


def _chip(
    choice: AudienceChoice,
    author: User,
    students: dict[int, Student],
    saved: dict[int, SavedAudience],
) -> Suggestion | None:
    if choice.kind == STUDENT_KIND:
        student = students.get(choice.id)
        return _student(student) if student else None
    if choice.kind == AUDIENCE_KIND:
        audience = saved.get(choice.id)
        return _saved(audience, author) if audience else None
    if choice.kind in GROUPS:
        may_choose = choice.kind in _groups_of(author)
        return _group(choice.kind, author) if may_choose else None
    count = choice_students(choice, author=author).count()
    if not count:
        return None
    return Suggestion(
        choice.token,
        f"{shown_word(choice.kind, choice.value)} ({count:,})",
        KIND_WORDS[choice.kind],
        count,
    )
