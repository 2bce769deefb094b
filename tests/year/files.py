"""The college as its student system knows it, and the files that it sends at night."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

FIRST_NAMES = ("Ana", "Bo", "Chidi", "Dee", "Eszter", "Farid", "Gül", "Hana", "Ike")
LAST_NAMES = ("Okafor", "Nguyễn", "O’Neil", "Park", "Smith-Ito", "Abdi", "Ruiz")
PROGRAMS = ("Nursing", "Welding", "Liberal Arts", "Accounting")
STUDENT_COLUMNS = (
    "institutional_id",
    "first_name",
    "last_name",
    "email",
    "mobile",
    "status",
    "program",
)


@dataclass(frozen=True)
class Enrolled:
    """One student on record, and who advises them."""

    id: str
    first_name: str
    last_name: str
    mobile: str
    program: str
    advisor: str  # an email address
    status: str = "active"

    @property
    def email(self) -> str:
        return f"s{self.id}@alder.example"


@dataclass
class StudentSystem:
    """What the registrar has. ``students`` by their ids."""

    students: dict[str, Enrolled] = field(default_factory=dict)

    def enroll(self, count: int, *, advisors: list[str]) -> None:
        """So many new students, each to the next advisor."""
        first = len(self.students)
        for place in range(first, first + count):
            new = Enrolled(
                id=f"{50_000_000 + place}",
                first_name=FIRST_NAMES[place % len(FIRST_NAMES)],
                last_name=LAST_NAMES[place % len(LAST_NAMES)],
                mobile=f"+1734{2_000_000 + place}",
                program=PROGRAMS[place % len(PROGRAMS)],
                advisor=advisors[place % len(advisors)],
            )
            self.students[new.id] = new

    def change(self, student_id: str, **facts: str) -> None:
        self.students[student_id] = replace(self.students[student_id], **facts)

    def of_advisor(self, email: str) -> list[Enrolled]:
        return [each for each in self.students.values() if each.advisor == email]

    def files(self, *, half: bool = False) -> dict[str, str]:
        """Tonight's files by their names. ``half``: the export broke off."""
        everybody = list(self.students.values())
        sent = everybody[: len(everybody) // 2] if half else everybody
        return {"students.csv": _students(sent), "caseload.csv": _caseloads(sent)}


def _students(students: Iterable[Enrolled]) -> str:
    lines = [
        [
            each.id,
            each.first_name,
            each.last_name,
            each.email,
            each.mobile,
            each.status,
            each.program,
        ]
        for each in students
    ]
    return _written(STUDENT_COLUMNS, lines)


def _caseloads(students: Iterable[Enrolled]) -> str:
    lines = [[each.advisor, each.id, "Primary advisor"] for each in students]
    return _written(("staff_email", "institutional_id", "relation"), lines)


def _written(columns: Iterable[str], lines: Iterable[list[str]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(lines)
    return text.getvalue()
