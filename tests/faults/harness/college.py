"""Fill an empty database: advisors who may sign in, students on their
caseloads. Run as a program of its own.
"""

import json
import sys
from typing import TYPE_CHECKING

from quadline.roster.searching import search_text

if TYPE_CHECKING:
    from quadline.roster.models import Student

PASSWORD = "correct horse battery"
ADVISORS = 4
EACH = 30  # students on a caseload, and the last few of them on the next advisor's too
SHARED = 3
NEWCOMERS = 16  # advisors without a number, who write to students of the others


def students_of_newcomer(at: int) -> list[int]:
    """Their places."""
    return [at * 7 % (ADVISORS * EACH), (at * 7 + 1) % (ADVISORS * EACH)]


def fill() -> dict[str, list[dict[str, object]]]:
    from django.contrib.auth.hashers import make_password

    from quadline.accounts.models import User
    from quadline.roster.models import CaseloadEntry, Student
    from tests import cast

    staff = [
        cast.staff(
            f"advisor{at}@alder.example", f"Advisor {at}", office_phone="+17345550100"
        )
        for at in range(ADVISORS)
    ]
    newcomers = [
        cast.staff(f"newcomer{at}@alder.example", f"Newcomer {at}")
        for at in range(NEWCOMERS)
    ]
    User.objects.update(password=make_password(PASSWORD))
    made = [_student(at) for at in range(ADVISORS * EACH)]
    for student in made:
        student.search_text = search_text(student)
    students = Student.objects.bulk_create(made)
    for at, user in enumerate(staff):
        mine = [
            students[(at * EACH + place) % len(students)]
            for place in range(EACH + SHARED)
        ]
        CaseloadEntry.objects.bulk_create(
            CaseloadEntry(staff=user, student=student) for student in mine
        )
    for at, user in enumerate(newcomers):
        known = [students[place] for place in students_of_newcomer(at)]
        CaseloadEntry.objects.bulk_create(
            CaseloadEntry(staff=user, student=student) for student in known
        )
    return {
        "staff": [{"id": user.pk, "email": user.email} for user in staff],
        "newcomers": [{"id": user.pk, "email": user.email} for user in newcomers],
        "students": [
            {"id": each.pk, "mobile": each.mobile, "email": each.email}
            for each in students
        ],
    }


def _student(at: int) -> "Student":
    from quadline.roster.models import Student

    nothing, landline = at % EACH == 7, at % EACH == 11
    return Student(
        institutional_id=f"0099{at:04d}",
        first_name="Student",
        last_name=f"Number {at:03d}",
        email="" if at % EACH == 13 else f"student{at}@alder.example",
        mobile="" if nothing or landline else f"+1313555{at:04d}",
        landline=f"+1313556{at:04d}" if landline else "",
    )


if __name__ == "__main__":
    import django

    django.setup()
    json.dump(fill(), sys.stdout)
