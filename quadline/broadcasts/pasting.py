"""Read a pasted list of student ids and email addresses."""

import re
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Func, Q, Value
from django.db.models.functions import Lower, Upper

from quadline.accounts.models import User
from quadline.roster.models import Student

MAX_ENTRIES = 50_000
MAX_ENTRY = 254  # as an address (RFC 5321, section 4.5.3.1.3, without brackets)
ENTRIES_PER_QUERY = 5_000  # entries asked for in one statement
# Also the invisible characters that come from web pages and spreadsheets: a zero-width
# space, a byte order mark. NUL is no text to PostgreSQL.
_BETWEEN = re.compile(r"[\s,;|<>()\"'\x00\u200b\ufeff]+")


@dataclass(frozen=True)
class PastedList:
    """Whom a pasted list stands for. A student outside what the author
    may see is the same as no student.
    """

    resolved: list[Student]  # each once, by name
    unresolved: list[str]  # matched nobody, as written
    ambiguous: list[str]  # matched more than one, as written


def resolve_pasted(text: str, author: User) -> PastedList:
    """Ids and addresses, divided by commas, semicolons, spaces or lines;
    capitals and leading zeros do not matter.

    An entry that is exactly somebody's id is that student, no matter who else it
    resembles.
    """
    entries = _entries(text)
    keys = {_key(entry) for entry in entries if len(entry) <= MAX_ENTRY}
    alike = _alike(keys, author)
    resolved: dict[int, Student] = {}
    unresolved: list[str] = []
    ambiguous: list[str] = []
    for entry in entries:
        found = alike.get(_key(entry), [])
        exactly = [student for student in found if student.institutional_id == entry]
        meant = exactly or found
        if not meant:
            unresolved.append(entry)
        elif len(meant) > 1:
            ambiguous.append(entry)
        else:
            resolved[meant[0].pk] = meant[0]
    by_name = sorted(
        resolved.values(),
        key=lambda student: (student.last_name, student.first_name, student.pk),
    )
    return PastedList(by_name, unresolved, ambiguous)


def _entries(text: str) -> list[str]:
    """Each once, as first written."""
    # As in a sentence or a list: "00417733." or "Students: 00417733".
    parts = [part.strip(".:") for part in _BETWEEN.split(text)]
    each_once = dict.fromkeys(part for part in parts if part)
    return list(each_once)[:MAX_ENTRIES]


def _key(entry: str) -> str:
    """An address in small letters; an id in capitals without leading
    zeros, which spreadsheets take off.
    """
    if "@" in entry:
        return entry.lower()
    return entry.upper().lstrip("0") or "0"


def _alike(keys: set[str], author: User) -> dict[str, list[Student]]:
    """The students by each key that is theirs."""
    plain_id = Func(Upper("institutional_id"), Value("0"), function="ltrim")
    students = Student.objects.visible_to(author).annotate(
        _id=plain_id, _email=Lower("email")
    )
    alike: dict[str, list[Student]] = defaultdict(list)
    wanted = sorted(keys)
    for start in range(0, len(wanted), ENTRIES_PER_QUERY):
        batch = wanted[start : start + ENTRIES_PER_QUERY]
        addresses = [key for key in batch if "@" in key]
        # Of an id that is all zeros, ltrim leaves nothing, and _key one of them.
        ids = ["" if key == "0" else key for key in batch if "@" not in key]
        for student in students.filter(Q(_id__in=ids) | Q(_email__in=addresses)):
            theirs = {_key(student.institutional_id), student.email.lower()}
            for key in theirs.intersection(batch):
                alike[key].append(student)
    return alike
