"""Which column is which: our names, and those that spreadsheets and
student systems give them. No database here.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import NamedTuple

# Exact names only. Guessing columns by likeness was rejected: a wrong guess texts
# parents' landlines (docs/adr/0018-rosters-as-they-come.md).
STUDENT_FILE_COLUMNS: dict[str, tuple[str, ...]] = {
    "institutional_id": (
        *(
            "student id",
            "studentid",
            "student number",
            "student no",
            "student id number",
            "id number",
        ),
        *(
            "sis id",
            "sis user id",
            "banner id",
            "colleague id",
            "emplid",
            "empl id",
            "campus id",
            "university id",
        ),
        *(
            "college id",
            "person id",
            "peoplesoft id",
            "spriden id",
            "institution id",
            "cwid",
            "sid",
        ),
    ),
    "name": (
        "student name",
        "full name",
        "student full name",
        "name last first",
        "last first",
    ),
    "first_name": (
        "first",
        "given name",
        "given names",
        "legal first name",
        "student first name",
        "fname",
        "forename",
    ),
    "last_name": (
        "last",
        "family name",
        "surname",
        "legal last name",
        "student last name",
        "lname",
    ),
    "preferred_name": (
        "preferred first name",
        "preferred",
        "nickname",
        "chosen name",
        "goes by",
        "preferred first",
    ),
    "pronouns": ("pronoun", "personal pronouns", "preferred pronouns"),
    "email": (
        *(
            "email address",
            "institutional email",
            "school email",
            "college email",
            "campus email",
            "student email",
        ),
        *(
            "university email",
            "institutional email address",
            "student email address",
            "e mail",
            "e mail address",
        ),
        "primary email",
    ),
    "mobile": (
        *(
            "mobile phone",
            "mobile number",
            "mobile phone number",
            "cell",
            "cell phone",
            "cell number",
            "cellphone",
        ),
        *(
            "cell phone number",
            "phone mobile",
            "phone cell",
            "student mobile",
            "student cell",
            "text number",
        ),
        *(
            "mobile no",
            "sms number",
            "sms",
            "mobile telephone",
            "student cell phone",
            "student mobile phone",
        ),
    ),
    "landline": (
        "home phone",
        "landline phone",
        "home phone number",
        "phone home",
        "house phone",
        "home telephone",
    ),
    "time_zone": ("timezone", "tz"),
    "status": (),  # of other names: “Full-time”, “Good standing”
    "program": (
        "program of study",
        "major",
        "academic program",
        "primary program",
        "plan",
    ),
    "tags": ("tag", "groups", "student groups"),
    "courses": ("course", "classes", "current courses"),
    "test_student": ("is test",),
}
CASELOAD_FILE_COLUMNS: dict[str, tuple[str, ...]] = {
    "staff_email": (
        *(
            "advisor email",
            "adviser email",
            "primary advisor email",
            "primary adviser email",
            "assigned to email",
        ),
        *(
            "advisor email address",
            "staff email address",
            "coach email",
            "counselor email",
        ),
        *(
            "assigned advisor email",
            "academic advisor email",
            "success coach email",
            "faculty email",
        ),
    ),
    "institutional_id": STUDENT_FILE_COLUMNS["institutional_id"],
    "relation": ("relationship", "advisor type", "advisor role"),
}
REQUIRED_STUDENT = ("institutional_id", "first_name", "last_name", "email")
REQUIRED_CASELOAD = ("staff_email", "institutional_id")
# Names that mean one of ours only where nothing says it better.
IF_NO_BETTER = {
    "id": "institutional_id",
    "uid": "institutional_id",
    "external id": "institutional_id",
    "staff": "staff_email",
    "advisor": "staff_email",
    "adviser": "staff_email",
    "primary advisor": "staff_email",
    "role": "relation",
    "type": "relation",
    "student": "name",
}
# Of these, two that may be meant stop the file; of others the one with our own name
# counts.
ONE_ONLY = frozenset(
    {
        "institutional_id",
        "name",
        "first_name",
        "last_name",
        "email",
        "mobile",
        "staff_email",
    }
)
# May be a mobile or not: nobody is texted on a guess.
PERHAPS_MOBILE = (
    "phone",
    "phone number",
    "telephone",
    "primary phone",
    "contact number",
    "contact phone",
    "tel",
)
_WORD = re.compile(r"[a-z0-9]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


Places = dict[str, list[int]]  # by our column, where in the header it may be


class FileKind(NamedTuple):
    """A kind of file: its columns by all their names, and those it must have."""

    what: str
    required: tuple[str, ...]
    columns: frozenset[str]
    by_name: Mapping[str, str]


class Header(NamedTuple):
    """``places``: where each column stands; ``missing`` and
    ``twice`` are reasons to read no further.
    """

    places: Mapping[str, int]
    missing: tuple[str, ...]
    twice: Mapping[str, tuple[str, ...]]  # a column → the names it has in the file
    unknown: tuple[str, ...]
    names: tuple[str, ...] = ()  # every one, as it is written


def plain_column_name(name: str) -> str:
    """Student_ID, “Student ID”, studentId: one name in small words."""
    # U+FFFD stands for a character that an export has lost.
    known = unicodedata.normalize("NFKC", name).replace("\ufffd", "")
    # Cf: characters that nobody sees
    seen = "".join(char for char in known if unicodedata.category(char) != "Cf")
    spaced = _HUMP.sub(" ", seen).lower()
    return " ".join(_WORD.findall(spaced))


def _by_name(columns: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Also without the spaces: SISID, firstname."""
    names: dict[str, str] = {}
    for column, synonyms in columns.items():
        for name in (plain_column_name(column), *synonyms):
            in_one_word = name.replace(" ", "")
            names[name] = column
            names[in_one_word] = column
    return names


STUDENT_FILE = FileKind(
    "students",
    REQUIRED_STUDENT,
    frozenset(STUDENT_FILE_COLUMNS),
    _by_name(STUDENT_FILE_COLUMNS),
)
CASELOAD_FILE = FileKind(
    "caseload",
    REQUIRED_CASELOAD,
    frozenset(CASELOAD_FILE_COLUMNS),
    _by_name(CASELOAD_FILE_COLUMNS),
)


def known_column(name: str, kind: FileKind) -> str:
    """Ours for a name in a header; "" for one that is not ours."""
    words = plain_column_name(name)
    in_one_word = words.replace(" ", "")
    return kind.by_name.get(words) or kind.by_name.get(in_one_word, "")


def read_header(cells: Sequence[str], kind: FileKind) -> Header:
    """Where each column stands. A name of both parts stands for first and last name."""
    found = _found(cells, kind)
    if {"first_name", "last_name"} <= found.keys():
        found.pop("name", None)
    first = {column: places[0] for column, places in found.items()}
    names = [" ".join(cell.split()) for cell in cells]
    return Header(
        places=first,
        missing=_missing(first, kind),
        twice=_twice(found, names),
        unknown=_unknown(found, names),
        names=tuple(names),
    )


def _twice(found: Places, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Of columns that more than one may be, the names in the header."""
    twice: dict[str, tuple[str, ...]] = {}
    for column, places in found.items():
        if len(places) > 1:
            twice[column] = tuple(names[place] for place in places)
    return twice


def _unknown(found: Places, names: Sequence[str]) -> tuple[str, ...]:
    used: set[int] = set()
    for places in found.values():
        used.update(places)
    unused = [name for place, name in enumerate(names) if place not in used]
    return tuple(name for name in unused if plain_column_name(name))


def _found(cells: Sequence[str], kind: FileKind) -> Places:
    """The places of each column that is meant: more than one
    where it cannot be told which.
    """
    found: Places = {}
    for place, cell in enumerate(cells):
        if column := known_column(cell, kind):
            found.setdefault(column, []).append(place)
    for column, places in found.items():
        our_name = plain_column_name(column)
        with_our_name = [
            place for place in places if plain_column_name(cells[place]) == our_name
        ]
        if column not in ONE_ONLY and len(with_our_name) == 1:
            found[column] = with_our_name
    for place, cell in enumerate(cells):
        column = IF_NO_BETTER.get(plain_column_name(cell), "")
        if column in kind.columns and column not in found:
            found[column] = [place]
    return found


def _missing(found: Mapping[str, int], kind: FileKind) -> tuple[str, ...]:
    """Of the columns that there must be."""
    there = set(found)
    if "name" in there:
        there |= {"first_name", "last_name"}
    return tuple(column for column in kind.required if column not in there)
