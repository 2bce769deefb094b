"""Lines that are pasted, or come in a CSV file, as the people to invite."""

import csv
from dataclasses import dataclass
from email.utils import parseaddr

from quadline.accounts.staff_details import StaffDetails, one_line_of

# The order of columns where no line of names says otherwise.
COLUMNS = ("name", "email", "role", "office", "title", "office_phone")
# What the first line may call them, in lower case.
COLUMN_NAMES = {
    "name": "name",
    "full name": "name",
    "staff name": "name",
    "email": "email",
    "e-mail": "email",
    "email address": "email",
    "mail": "email",
    "role": "role",
    "office": "office",
    "department": "office",
    "unit": "office",
    "title": "title",
    "job title": "title",
    "position": "title",
    "office phone": "office_phone",
    "office line": "office_phone",
    "office_phone": "office_phone",
    "phone": "office_phone",
    "telephone": "office_phone",
}
SEPARATORS = "\t;,"
NO_LINES = "Paste at least one line. Nobody was invited."
TOO_MANY_LINES = (
    "These are {count} people; {most} at most are invited at once. Nobody was invited."
    " Take some lines out and invite them next."
)
NEEDS_EMAIL = (
    "The first line names no column for email. Nobody was invited. Name it “email”."
)
NAMED_TWICE = (
    "The first line names two columns for {name}. Nobody was invited. Take one out."
)
UNREADABLE = "A line could not be read: {why}. Nobody was invited."


class LinesRefused(ValueError):
    """The lines cannot be read as people; the message says why."""


@dataclass(frozen=True)
class NumberedPerson:
    """A person, and the line where they stand, from 1."""

    line: int
    person: StaffDetails
    extra: str = ""  # what stands on it beyond the last column


def read_people(lines: str, *, most: int) -> list[NumberedPerson]:
    """One person for each line that is not empty. Raises LinesRefused."""
    rows = _rows(lines)
    if not rows:
        raise LinesRefused(NO_LINES)
    columns = _named_columns(rows[0][1])
    if columns:
        rows = rows[1:]
    if not rows:
        raise LinesRefused(NO_LINES)
    if columns:
        _check_columns(columns)
    if len(rows) > most:
        raise LinesRefused(TOO_MANY_LINES.format(count=len(rows), most=most))
    return [_numbered(line, cells, columns or list(COLUMNS)) for line, cells in rows]


def _rows(lines: str) -> list[tuple[int, list[str]]]:
    """The cells of each line that has any, by the number of the line."""
    # The mark that Excel begins a file with, and what no database takes.
    text = lines.removeprefix("\ufeff").replace("\x00", "")
    reader = csv.reader(text.splitlines(keepends=True), delimiter=_separator(text))
    numbered = ((reader.line_num, cells) for cells in reader)
    try:
        return [row for row in numbered if "".join(row[1]).strip()]
    except csv.Error as error:
        raise LinesRefused(UNREADABLE.format(why=error)) from error


def _separator(text: str) -> str:
    """A spreadsheet that is pasted has tabs; some save with semicolons."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(SEPARATORS, key=first.count) if first else ","


def _named_columns(cells: list[str]) -> list[str]:
    """The fields that a first line names, "" for what is not read; none when it is a
    person.
    """
    named = [COLUMN_NAMES.get(one_line_of(cell).lower(), "") for cell in cells]
    has_address = any("@" in cell for cell in cells)
    return named if any(named) and not has_address else []


def _check_columns(columns: list[str]) -> None:
    if "email" not in columns:
        raise LinesRefused(NEEDS_EMAIL)
    for name in COLUMNS:
        if columns.count(name) > 1:
            words = name.replace("_", " ")
            raise LinesRefused(NAMED_TWICE.format(name=words))


def _numbered(line: int, cells: list[str], columns: list[str]) -> NumberedPerson:
    # As mail programs copy addresses: Grace Okafor <grace@college.edu>.
    if len(cells) == 1 and "<" in cells[0]:
        name, email = parseaddr(cells[0])
        return NumberedPerson(line, StaffDetails(name=name, email=email))
    given = dict(zip(columns, cells, strict=False))
    # Columns whose names mean nothing here.
    given.pop("", None)
    extra = " ".join(cells[len(columns) :]).strip()
    return NumberedPerson(line, StaffDetails(**given), extra)
