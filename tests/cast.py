"""The people every test knows by name, at Alder College."""

import unicodedata
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress

from quadline.accounts.models import Office, User
from quadline.accounts.rules import Role, office_key
from quadline.roster.identity import id_key
from quadline.roster.models import CaseloadEntry, Student
from quadline.roster.searching import search_text

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
    made = _student(institutional_id, first, last, **fields)
    made.save()
    if advisor:
        CaseloadEntry.objects.create(
            staff=advisor, student=made, relation="Primary advisor"
        )
    return made


def _student(institutional_id: str, first: str, last: str, **fields: Any) -> Student:
    plain = (
        unicodedata.normalize("NFKD", f"{first}.{last}")
        .encode("ascii", "ignore")
        .decode()
    )
    fields.setdefault("email", f"{plain}@alder.example".lower().replace(" ", ""))
    return Student(
        institutional_id=institutional_id, first_name=first, last_name=last, **fields
    )


def assemble() -> Cast:
    """Put the cast into the database. Passwords are set where a test signs in by form.

    Nearly every test begins here, so each table is written with one statement.
    """
    maya, omar, theo, lena, ada, iris = _users()
    rosa, bo, gus, nell, kim, sally = _students()
    caseloads = [(maya, rosa), (maya, bo), (maya, gus), (maya, nell), (omar, kim)]
    CaseloadEntry.objects.bulk_create(
        CaseloadEntry(staff=advisor, student=one, relation="Primary advisor")
        for advisor, one in caseloads
    )
    return Cast(
        maya=maya,
        theo=theo,
        lena=lena,
        omar=omar,
        ada=ada,
        iris=iris,
        rosa=rosa,
        bo=bo,
        gus=gus,
        nell=nell,
        kim=kim,
        sally=sally,
    )


def _users() -> list[User]:
    nursing, transfer = _offices()
    made = [
        User(email="maya@alder.example", name="Maya Alvarez", office=nursing),
        User(email="omar@alder.example", name="Omar Haddad", office=transfer),
        User(email="theo@alder.example", name="Theo Brandt", office=nursing),
        User(
            email="lena@alder.example",
            name="Lena Ortiz",
            office=nursing,
            role=Role.LEAD,
        ),
        User(email="ada@alder.example", name="Ada Whitfield", role=Role.ADMINISTRATOR),
        User(email="iris@alder.example", name="Iris Nakamura", role=Role.AUDITOR),
    ]
    made[0].title, made[0].office_phone = "Academic advisor", "+17345550100"
    for user in made:
        user.set_unusable_password()
    User.objects.bulk_create(made)
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True)
        for user in made
    )
    return made


def _offices() -> tuple[Office, Office]:
    """Those that are there already stay, where a test keeps its database."""
    names = {office_key(name): name for name in (NURSING, TRANSFER)}
    new = [Office(name=name, key=key) for key, name in names.items()]
    Office.objects.bulk_create(new, ignore_conflicts=True)
    made = Office.objects.in_bulk(list(names), field_name="key")
    return made[office_key(NURSING)], made[office_key(TRANSFER)]


def _students() -> list[Student]:
    made = [
        _student("00100001", "Rosa", "Calderón", mobile="+17345550141"),
        _student("00100002", "Bo", "Jensen", mobile="+17345550142"),
        _student("00100003", "Gus", "Hale", landline="+17345550143"),
        _student("00100004", "Nell", "Ito"),
        _student("00100005", "Kim", "Park", mobile="+17345550145"),
        _student("00417733", "Sally", "Student-Taynor", mobile="+17345550177"),
    ]
    made[-1].is_test, made[-1].pronouns = True, "she/her"
    for one in made:
        one.search_text, one.id_key = search_text(one), id_key(one.institutional_id)
    return Student.objects.bulk_create(made)
