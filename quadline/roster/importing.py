"""Import students and caseloads from CSV files: every fault with its row, and all or nothing."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from django.db import transaction

from quadline.roster.rules import (
    REQUIRED_CASELOAD_COLUMNS,
    REQUIRED_STUDENT_COLUMNS,
    StudentRow,
    missing_columns,
    read_student,
)
from quadline.roster.saving import EntryRow, save_caseloads, save_students

MOST_FAULTS_SHOWN = 50


class RosterFault(ValueError):
    """The files were not imported and nothing changed; ``faults`` says what to mend, with file and row."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults[:MOST_FAULTS_SHOWN]))
        self.faults = faults


@dataclass(frozen=True)
class Imported:
    students: int
    caseload_entries: int


def import_roster(students_file: Path, caseload_file: Path | None = None) -> Imported:
    """Make the roster what the files say: students by institutional id, and the caseloads of the staff they name.

    Students who are not in the file stay. Raises RosterFault; then nothing has changed.
    """
    rows = checked_students(_rows(students_file, REQUIRED_STUDENT_COLUMNS), file=students_file.name)
    with transaction.atomic():
        students = save_students(rows)
        entries = _import_caseloads(caseload_file) if caseload_file else 0
    return Imported(students=students, caseload_entries=entries)


def checked_students(
    rows: Iterable[tuple[int, Mapping[str, str]]], *, file: str = "", again: str = "is in the file twice"
) -> Iterator[StudentRow]:
    """The numbered rows as students, one by one: a roster may not fit into memory.

    Raises RosterFault after the last, with every fault and its row; ``file`` is named before the row.
    """
    seen: set[str] = set()
    faults: list[str] = []
    for number, row in rows:
        place = f"{file}, row {number}" if file else f"row {number}"
        student, wrong = read_student(row)
        faults += [f"{place}: {fault}" for fault in wrong]
        if student and student.institutional_id in seen:
            faults.append(f"{place}: institutional_id {student.institutional_id} {again}")
        elif student:
            seen.add(student.institutional_id)
            yield student
    if faults:
        raise RosterFault(faults)


def _import_caseloads(path: Path) -> int:
    rows = (
        EntryRow(number, _cell(row, "staff_email").lower(), _cell(row, "institutional_id"), _cell(row, "relation")[:80])
        for number, row in _rows(path, REQUIRED_CASELOAD_COLUMNS)
    )
    count, unmatched = save_caseloads(rows)
    faults: list[str] = []
    for row, has_staff, has_student in unmatched:
        place = f"{path.name}, row {row.number}"
        if not has_staff:
            faults.append(f"{place}: no staff account has the address {row.staff_email!r}")
        if not has_student:
            faults.append(f"{place}: no student has the institutional_id {row.institutional_id!r}")
    if faults:
        raise RosterFault(faults)
    return count


def _cell(row: dict[str, str], column: str) -> str:
    return " ".join(row.get(column, "").replace("\x00", "").split())


def _rows(path: Path, required: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file by column name, with the row number a spreadsheet shows: a cell of several lines is one row."""
    reader = csv.reader(io.StringIO(_text_of(path), newline=""))
    number = 1
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        if missing := missing_columns(header, required):
            found = ", ".join(header) or "none"
            raise RosterFault([f"{path.name}: column {name} is missing. Found: {found}." for name in missing])
        for number, cells in enumerate(reader, start=2):
            if len(cells) > len(header):
                raise RosterFault([f"{path.name}, row {number}: more cells than columns; is a comma unquoted?"])
            if cells:
                yield number, dict(zip_longest(header, cells, fillvalue=""))
    except csv.Error as error:
        raise RosterFault([f"{path.name}, after row {number}: {error}"]) from error


def _text_of(path: Path) -> str:
    """UTF-8, with or without a byte-order mark, or the encoding that old spreadsheets write."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RosterFault([f"{path} cannot be read: {error.strerror}"]) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
