"""What a row of a roster file must hold: one row of text in, a checked row or its faults out. No database here."""

from collections.abc import Mapping
from typing import NamedTuple
from zoneinfo import available_timezones

from quadline.sms.phones import PhoneError, normalise

STUDENT_COLUMNS = (
    "institutional_id",
    "first_name",
    "last_name",
    "preferred_name",
    "pronouns",
    "email",
    "mobile",
    "landline",
    "time_zone",
    "status",
    "program",
    "tags",
    "courses",
    "test_student",
)
REQUIRED_STUDENT_COLUMNS = ("institutional_id", "first_name", "last_name", "email")
REQUIRED_CASELOAD_COLUMNS = ("staff_email", "institutional_id")
STATUSES = ("active", "leave", "withdrawn", "graduated")
LONGEST = {"institutional_id": 40, "first_name": 120, "last_name": 120, "preferred_name": 120, "pronouns": 40, "program": 160}
SEVERAL = ("tags", "courses")  # columns of several values, divided by semicolons
LONGEST_VALUE, MOST_VALUES = 60, 50
YES = frozenset({"yes", "y", "true", "1"})
NO = frozenset({"no", "n", "false", "0", ""})
ZONES = frozenset(available_timezones())  # once: each call reads hundreds of files


class StudentRow(NamedTuple):
    """A checked row of students.csv; phones in E.164."""

    institutional_id: str
    first_name: str
    last_name: str
    preferred_name: str
    pronouns: str
    email: str
    mobile: str
    landline: str
    time_zone: str
    status: str
    program: str
    tags: list[str]
    courses: list[str]
    is_test: bool


def missing_columns(header: list[str], required: tuple[str, ...]) -> list[str]:
    return [column for column in required if column not in header]


def read_student(row: Mapping[str, str]) -> tuple[StudentRow | None, list[str]]:
    """A row as a student, or what is wrong with it, each fault in words."""
    cells = {column: " ".join((row.get(column) or "").replace("\x00", "").split()) for column in STUDENT_COLUMNS}
    faults = [f"{column} is empty" for column in ("institutional_id", "first_name", "last_name") if not cells[column]]
    faults += [
        f"{column} is longer than {longest} characters" for column, longest in LONGEST.items() if len(cells[column]) > longest
    ]
    if cells["email"] and ("@" not in cells["email"] or len(cells["email"]) > 254):
        faults.append(f"email {cells['email']!r} is not an address")
    phones = {column: _phone(cells[column], column, faults) for column in ("mobile", "landline")}
    lists = {column: _several(cells[column], column, faults) for column in SEVERAL}
    status = cells["status"].lower() or "active"
    if status not in STATUSES:
        faults.append(f"status {status!r} is not one of {', '.join(STATUSES)}")
    if cells["time_zone"] and cells["time_zone"] not in ZONES:
        faults.append(f"time_zone {cells['time_zone']!r} is not known; use a name such as America/Detroit")
    test = cells["test_student"].lower()
    if test not in YES | NO:
        faults.append(f"test_student {test!r} is neither yes nor no")
    if faults:
        return None, faults
    kept = {column: value for column, value in cells.items() if column != "test_student" and column not in SEVERAL}
    checked = {**kept, **phones, "status": status, "email": cells["email"].lower()}
    return StudentRow(**checked, **lists, is_test=test in YES), []  # type: ignore[arg-type]  # by column


def _phone(cell: str, column: str, faults: list[str]) -> str:
    try:
        return normalise(cell) if cell else ""
    except PhoneError as error:
        faults.append(f"{column} {cell!r}: {error}")
        return ""


def _several(cell: str, column: str, faults: list[str]) -> list[str]:
    """The values of a cell, each once, in order."""
    values = list(dict.fromkeys(value for part in cell.split(";") if (value := part.strip())))
    faults += [f"{column}: {value!r} is longer than {LONGEST_VALUE} characters" for value in values if len(value) > LONGEST_VALUE]
    if len(values) > MOST_VALUES:
        faults.append(f"{column} has more than {MOST_VALUES} values")
    return values
