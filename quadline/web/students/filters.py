"""Students by a word of the roster or a tag of one's own: the filters of the list, and
the words of a profile that lead to them.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from django.urls import reverse

from quadline.broadcasts.audiences import KIND_WORDS, shown_word
from quadline.broadcasts.choices import (
    LIST_COLUMNS,
    OWN_TAG_KIND,
    WORD_KINDS,
    AudienceChoice,
)
from quadline.roster.models import Student

# Beside the program, which has a line of its own.
SHOWN_KINDS = ("tag", "section", "course", "risk", "language")
PLURALS = {"tag": "Tags", "section": "Sections", "course": "Courses"}


class ShownFilter(NamedTuple):
    """``without_url``: the list without this filter."""

    token: str
    words: str
    without_url: str


class LinkedWord(NamedTuple):
    words: str
    url: str


class WordGroup(NamedTuple):
    label: str
    words: list[LinkedWord]


def shown_filters(
    chosen: Sequence[AudienceChoice], *, query: str, scope: str
) -> list[ShownFilter]:
    return [
        ShownFilter(
            token=each.token,
            words=_words(each),
            without_url=_url(
                [other.token for other in chosen if other != each],
                query=query,
                scope=scope,
            ),
        )
        for each in chosen
    ]


def roster_words(student: Student) -> dict[str, object]:
    """What the roster says of a student, each a link to who else has it."""
    return {
        "program": _linked("program", student),
        "others": list(_groups(student)),
    }


def own_tag_url(tag: str) -> str:
    return _url([f"{OWN_TAG_KIND}:{tag}"], query="", scope="all")


def _groups(student: Student) -> Iterator[WordGroup]:
    for kind in SHOWN_KINDS:
        # The courses are in the sections, where there are any.
        if kind == "course" and student.sections:
            continue
        words = _linked(kind, student)
        if words:
            yield WordGroup(PLURALS.get(kind, KIND_WORDS[kind]), words)


def _linked(kind: str, student: Student) -> list[LinkedWord]:
    value = getattr(student, WORD_KINDS[kind])
    values = value if kind in LIST_COLUMNS else [value]
    return [
        LinkedWord(
            shown_word(kind, word), _url([f"{kind}:{word}"], query="", scope="all")
        )
        for word in filter(None, values)
    ]


def _words(choice: AudienceChoice) -> str:
    if choice.kind in KIND_WORDS:
        return f"{KIND_WORDS[choice.kind]}: {shown_word(choice.kind, choice.value)}"
    return choice.kind.capitalize()


def _url(tokens: Iterable[str], *, query: str, scope: str) -> str:
    asked = {"scope": scope, "q": query, "with": list(tokens)}
    filled = {name: value for name, value in asked.items() if value}
    return f"{reverse('students')}?{urlencode(filled, doseq=True)}"
