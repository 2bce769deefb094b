"""What a row of a roster file must hold: one row of text in, a checked row
and its faults out. No database here.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

from quadline.roster import cells
from quadline.roster.cells import CellFault
from quadline.roster.faults import ImportFault
from quadline.roster.identity import read_id
from quadline.roster.sections import courses_of, read_sections, terms_of

STATUSES = ("active", "leave", "withdrawn", "graduated")
MAX_LENGTHS = {
    "institutional_id": 40,
    "first_name": 120,
    "last_name": 120,
    "preferred_name": 120,
    "pronouns": 40,
    "program": 160,
    "language": 60,
    "text_consent_source": 120,
    "text_consent_wording": 500,
}
RISKS = ("low", "medium", "high")
YES, NO = ("yes", "y", "true", "1"), ("no", "n", "false", "0")
# A file may have this many percent fewer students, phones or caseload rows than there
# are, unless the college decides otherwise; more, and a person must say so.
MAX_LOST = 10
# How long a text from a phone that a student no longer has is still taken for theirs. A
# carrier may give a number to somebody else from 45 to 90 days after it was
# disconnected (47 CFR 52.15(f)(1)(ii)); nobody tells us when that was.
FORMER_PHONE_COUNTS = timedelta(days=180)


def _status(cell: str) -> str:
    return cells.choice(cell, STATUSES) or "active"


def _is_yes(cell: str) -> bool:
    return cells.choice(cell, YES + NO) in YES


def _risk(cell: str) -> str:
    return cells.choice(cell, RISKS)


def _consent(cell: str) -> str:
    """Yes, no, or nothing on record."""
    answer = cells.choice(cell, YES + NO)
    if not answer:
        return ""
    return "yes" if answer in YES else "no"


READERS: dict[str, Callable[[str], object]] = {
    "first_name": partial(cells.name, longest=MAX_LENGTHS["first_name"]),
    "last_name": partial(cells.name, longest=MAX_LENGTHS["last_name"]),
    "preferred_name": partial(cells.name, longest=MAX_LENGTHS["preferred_name"]),
    "pronouns": partial(cells.text_cell, longest=MAX_LENGTHS["pronouns"]),
    "email": cells.email,
    "mobile": cells.phone_cell,
    "landline": cells.phone_cell,
    "time_zone": cells.zone,
    "status": _status,
    "program": partial(cells.text_cell, longest=MAX_LENGTHS["program"]),
    "tags": cells.several,
    "courses": cells.several,
    "sections": read_sections,
    "risk": _risk,
    "language": partial(cells.text_cell, longest=MAX_LENGTHS["language"]),
    "other_phones": cells.several_phones,
    "text_consent": _consent,
    "text_consent_date": cells.day,
    "text_consent_source": partial(
        cells.text_cell, longest=MAX_LENGTHS["text_consent_source"]
    ),
    "text_consent_wording": partial(
        cells.text_cell, longest=MAX_LENGTHS["text_consent_wording"]
    ),
    "test_student": _is_yes,
}


LIST_FIELDS = frozenset({"tags", "courses", "sections", "other_phones"})


class CheckedStudent(NamedTuple):
    """A checked row of a roster; phones in E.164. None: not given or
    not readable, so what is known stays.
    """

    institutional_id: str
    first_name: str | None = None
    last_name: str | None = None
    preferred_name: str | None = None
    pronouns: str | None = None
    email: str | None = None
    mobile: str | None = None
    landline: str | None = None
    time_zone: str | None = None
    status: str | None = None
    program: str | None = None
    tags: list[str] | None = None
    courses: list[str] | None = None
    sections: list[str] | None = None
    terms: list[str] | None = None
    risk: str | None = None
    language: str | None = None
    other_phones: list[str] | None = None
    text_consent: str | None = None
    text_consent_date: str | None = None
    text_consent_source: str | None = None
    text_consent_wording: str | None = None
    is_test: bool | None = None


class Read(NamedTuple):
    """``faults`` cost a cell each. ``stops``: nobody can say whose row it is."""

    student: CheckedStudent | None
    faults: list[ImportFault]
    stops: list[ImportFault]


def read_student(
    row: Mapping[str, str | None],
    *,
    number: int = 0,
    file: str = "",
) -> Read:
    """A row by column as a student. A column that is not in
    it, or is None, is not given.
    """
    given = row.get("institutional_id") or ""
    whose = read_id(given)
    if whose.fault:
        stop = ImportFault(number, "institutional_id", given, whose.fault, file)
        return Read(None, [], [stop])
    faults: list[ImportFault] = []
    if whose.note:
        faults.append(ImportFault(number, "institutional_id", given, whose.note, file))
    values: dict[str, Any] = {}
    for column, cell in _with_both_names(row).items():
        if cell is None or column not in READERS:
            continue
        try:
            values[column] = READERS[column](cell) if cell else _of_nothing(column)
        except CellFault as error:
            # a bad cell costs that cell, not the row: the value that is known stays
            faults.append(ImportFault(number, column, cell, str(error), file))
    if values.get("first_name") == "" == values.get("last_name"):
        reason = "There is no name in this row. What is known stays."
        faults.append(ImportFault(number, "last_name", "", reason, file))
        values["first_name"] = None
        values["last_name"] = None
    is_test = values.pop("test_student", None)
    sections = values.get("sections")
    if sections is not None:
        values["terms"] = terms_of(sections)
        # A file with sections need not name their courses again.
        values.setdefault("courses", courses_of(sections))
    student = CheckedStudent(whose.kept, **values, is_test=is_test)
    return Read(student, faults, [])


def lost_too_many(lost: int, there: int, *, percent: int = MAX_LOST) -> bool:
    """Whether a person must say that it is meant."""
    return lost * 100 > there * percent


def _of_nothing(column: str) -> object:
    if column == "status":
        return STATUSES[0]
    if column == "test_student":
        return False
    return [] if column in LIST_FIELDS else ""


def _with_both_names(row: Mapping[str, str | None]) -> Mapping[str, str | None]:
    """“Lund, Ada” and “Ada Lund” in one column are a first and a last name."""
    whole = row.get("name")
    if whole is None:
        return row
    last, comma, first = whole.partition(",")
    if not comma:
        in_single_spaces = " ".join(whole.split())
        first, _, last = in_single_spaces.partition(" ")
    return {**row, "first_name": first, "last_name": last}
