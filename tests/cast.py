"""The people every test knows by name, at Alder College."""

import unicodedata
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress

from quadline.accounts.models import User
from quadline.accounts.rules import Role
from quadline.roster.models import CaseloadEntry, Student

PASSWORD = "correct horse battery"
NURSING, TRANSFER = "Nursing and Health Advising", "Transfer Center"


@dataclass(frozen=True)
class Cast:
    """Maya advises; Theo is her teammate, Lena leads their office; Omar,
    of another office, may see none of it.
    """

    maya: User
    theo: User
    lena: User
    omar: User
    ada: User  # administrator
    iris: User  # auditor
    rosa: Student  # may be texted; on Maya's caseload
    bo: Student  # on Maya's caseload; opts out where a test says so
    gus: Student  # only a landline
    nell: Student  # no phone at all
    kim: Student  # on Omar's caseload only
    sally: Student  # Sally Student-Taynor, the test student


def staff(
    email: str,
    name: str,
    role: Role = Role.ADVISOR,
    office: str = NURSING,
    **fields: Any,
) -> User:
    """A staff user who can sign in with PASSWORD."""
    user = User.objects.create_user(
        email, None, name=name, role=role, office=office, **fields
    )
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def student(
    institutional_id: str,
    first: str,
    last: str,
    *,
    advisor: User | None = None,
    **fields: Any,
) -> Student:
    plain = (
        unicodedata.normalize("NFKD", f"{first}.{last}")
        .encode("ascii", "ignore")
        .decode()
    )
    fields.setdefault("email", f"{plain}@alder.example".lower().replace(" ", ""))
    made = Student.objects.create(
        institutional_id=institutional_id, first_name=first, last_name=last, **fields
    )
    if advisor:
        CaseloadEntry.objects.create(
            staff=advisor, student=made, relation="Primary advisor"
        )
    return made


def assemble() -> Cast:
    """Put the cast into the database. Passwords are set
    where a test signs in by form.
    """
    maya = staff(
        "maya@alder.example",
        "Maya Alvarez",
        title="Academic advisor",
        office_phone="+17345550100",
    )
    omar = staff("omar@alder.example", "Omar Haddad", office=TRANSFER)
    return Cast(
        maya=maya,
        theo=staff("theo@alder.example", "Theo Brandt"),
        lena=staff("lena@alder.example", "Lena Ortiz", Role.LEAD),
        omar=omar,
        ada=staff("ada@alder.example", "Ada Whitfield", Role.ADMINISTRATOR, office=""),
        iris=staff("iris@alder.example", "Iris Nakamura", Role.AUDITOR, office=""),
        rosa=student(
            "00100001",
            "Rosa",
            "Calderón",
            advisor=maya,
            mobile="+17345550141",
            preferred_name="",
        ),
        bo=student("00100002", "Bo", "Jensen", advisor=maya, mobile="+17345550142"),
        gus=student("00100003", "Gus", "Hale", advisor=maya, landline="+17345550143"),
        nell=student("00100004", "Nell", "Ito", advisor=maya),
        kim=student("00100005", "Kim", "Park", advisor=omar, mobile="+17345550145"),
        sally=student(
            "00417733",
            "Sally",
            "Student-Taynor",
            mobile="+17345550177",
            is_test=True,
            pronouns="she/her",
        ),
    )
