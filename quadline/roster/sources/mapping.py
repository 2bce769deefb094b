"""A mapping made once: which column of an export is which of ours, and what its words
for a status mean. Pure: no database here.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from quadline.roster.columns import (
    PERHAPS_MOBILE,
    REQUIRED_STUDENT,
    STUDENT_FILE,
    FileKind,
    known_column,
    plain_column_name,
)
from quadline.roster.rules import STATUSES

LABELS = {
    "institutional_id": "Student ID",
    "name": "Whole name",
    "first_name": "First name",
    "last_name": "Last name",
    "preferred_name": "Preferred name",
    "pronouns": "Pronouns",
    "email": "Email",
    "mobile": "Mobile (texts go here)",
    "landline": "Landline (never texted)",
    "time_zone": "Time zone",
    "status": "Status",
    "program": "Program",
    "tags": "Tags",
    "courses": "Courses",
    "test_student": "Test student",
}
SAMPLES = 3  # values of a column that are shown
MAX_STATUSES = 40
# What Banner, Colleague and PeopleSoft call their columns. A guess that a person
# confirms: for files that nobody has mapped none of it counts (docs/adr/0018).
GUESSES: dict[str, str] = {
    "spriden id": "institutional_id",
    "spriden first name": "first_name",
    "spriden last name": "last_name",
    "spbpers pref first name": "preferred_name",
    "spbpers pprn desc": "pronouns",
    "goremal email address": "email",
    "sovlcur program": "program",
    "sgbstdn program 1": "program",
    "sgbstdn stst code": "status",
    "stu id": "institutional_id",
    "person id": "institutional_id",
    "per fname": "first_name",
    "per lname": "last_name",
    "person first name": "first_name",
    "person last name": "last_name",
    "person chosen first name": "preferred_name",
    "person email addresses": "email",
    "stu active programs": "program",
    "stpr status": "status",
    "acad prog": "program",
    "acad plan": "program",
    "prog status": "status",
    "enrollment status": "status",
    "student status": "status",
    "majr desc": "program",
    "major desc": "program",
    "program desc": "program",
    "pref first name": "preferred_name",
    "cell phone nbr": "mobile",
    "mobile phone nbr": "mobile",
    "home phone nbr": "landline",
    "crn list": "courses",
    "course list": "courses",
    "cohort": "tags",
    "cohorts": "tags",
    "attributes": "tags",
}


class SeenColumn(NamedTuple):
    """A column of an export. ``guess``: ours that it may be, or ""."""

    name: str
    samples: tuple[str, ...]
    guess: str
    may_be_a_phone: bool  # and does not say which: a person decides


class ColumnMapping(NamedTuple):
    """``columns``: ours → theirs. ``statuses``: theirs in small letters → ours.
    ``header``: every name that the file had when the mapping was made.
    """

    columns: Mapping[str, str]
    statuses: Mapping[str, str]
    header: Sequence[str]


def seen_columns(
    header: Sequence[str], rows: Iterable[Sequence[str]]
) -> list[SeenColumn]:
    """The named columns with their first values, and what each may be of ours."""
    first_rows = list(rows)
    taken: set[str] = set()
    seen: list[SeenColumn] = []
    for place, name in enumerate(header):
        plain = plain_column_name(name)
        if not plain:
            continue
        guess = _guess(name)
        if guess in taken:
            guess = ""
        taken.add(guess)
        samples = _samples(first_rows, place)
        seen.append(SeenColumn(name, samples, guess, plain in PERHAPS_MOBILE))
    return seen


def mapping_faults(mapping: ColumnMapping) -> list[str]:
    """Why a mapping cannot be used, in words."""
    faults: list[str] = []
    columns = set(mapping.columns)
    if "name" in columns:
        columns |= {"first_name", "last_name"}
    missing = [LABELS[name] for name in REQUIRED_STUDENT if name not in columns]
    if missing:
        faults.append(f"Choose the column for: {', '.join(missing)}.")
    theirs = list(mapping.columns.values())
    twice = sorted({name for name in theirs if theirs.count(name) > 1})
    if twice:
        faults.append(f"{', '.join(twice)}: chosen more than once. Keep one.")
    unknown = sorted(set(mapping.statuses.values()) - set(STATUSES))
    if unknown:
        listed = ", ".join(STATUSES)
        faults.append(f"{', '.join(unknown)}: no status of ours. Use {listed}.")
    return faults


def changed_columns(mapping: ColumnMapping, header: Sequence[str]) -> list[str]:
    """What is other in a later file, in words; nothing when its columns are the same,
    in whatever order.
    """
    # By plain names: capitals and underscores change with an upgrade of the system.
    before = {plain_column_name(name): name for name in mapping.header if name.strip()}
    now = {plain_column_name(name): name for name in header if name.strip()}
    gone = [name for plain, name in before.items() if plain not in now]
    new = [name for plain, name in now.items() if plain not in before]
    faults: list[str] = []
    used = {plain_column_name(name): ours for ours, name in mapping.columns.items()}
    for name in gone:
        ours = used.get(plain_column_name(name), "")
        was = f", which was {LABELS[ours]}" if ours else ""
        faults.append(f"There is no column “{name}” any more{was}.")
    faults += [f"There is a new column “{name}”." for name in new]
    return faults


def file_kind(mapping: ColumnMapping) -> FileKind:
    """For read_table: this mapping's names, and no others."""
    by_name: dict[str, str] = {}
    for ours, theirs in mapping.columns.items():
        by_name[plain_column_name(theirs)] = ours
    # Anything that IF_NO_BETTER could add is not ours here.
    return FileKind("students", REQUIRED_STUDENT, frozenset(mapping.columns), by_name)


def with_statuses(
    cells: Mapping[str, str | None], statuses: Mapping[str, str]
) -> Mapping[str, str | None]:
    """The row with the college's word for a status as ours."""
    given = cells.get("status")
    if not given:
        return cells
    word = " ".join(given.split()).casefold()
    return {**cells, "status": statuses.get(word, given)}


def read_statuses(written: str) -> dict[str, str]:
    """Lines such as ``AS = active``. Raises ValueError in words."""
    statuses: dict[str, str] = {}
    for line in written.splitlines()[: MAX_STATUSES + 1]:
        if not line.strip():
            continue
        theirs, equals, ours = line.partition("=")
        if not equals or not theirs.strip():
            raise ValueError(f"“{line.strip()[:60]}”: write it as AS = active.")
        word = " ".join(theirs.split()).casefold()
        statuses[word[:80]] = ours.strip().lower()[:40]
    if len(statuses) > MAX_STATUSES:
        raise ValueError(f"More than {MAX_STATUSES} words for a status. Keep fewer.")
    return statuses


def _guess(name: str) -> str:
    # “Phone” is none of them: a wrong guess would text parents' landlines.
    return known_column(name, STUDENT_FILE) or GUESSES.get(plain_column_name(name), "")


def _samples(rows: Sequence[Sequence[str]], place: int) -> tuple[str, ...]:
    values = [row[place].strip() for row in rows if place < len(row)]
    filled = list(dict.fromkeys(filter(None, values)))
    return tuple(value[:60] for value in filled[:SAMPLES])
