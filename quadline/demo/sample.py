"""Alder College: the sample that the demo and the tests load, from real files."""

import csv
from pathlib import Path

COLLEGE = Path(__file__).parent / "college"
# Of every sample account: the demo answers this machine only.
PASSWORD = "alder-college"  # noqa: S105


def load_sample_college() -> None:
    """Staff, students and caseloads. What is there already stays as it is."""
    from django.contrib.auth.hashers import make_password

    from quadline.accounts.models import User
    from quadline.roster.importing import import_roster

    if User.objects.filter(email=_staff()[0]["email"]).exists():
        return
    password = make_password(PASSWORD)  # once: making one is slow on purpose
    for row in _staff():
        _add_staff(row, password)
    import_roster(COLLEGE / "students.csv", COLLEGE / "caseload.csv")


def who_to_be() -> list[tuple[str, str]]:
    """The accounts worth signing in as, with what each is for."""
    return [
        (row["email"], f"{row['name']}, {row['role']}")
        for row in _staff()
        if row["email"] in SHOWN_STUDENTS
    ]


SHOWN_STUDENTS = (
    "maya.alvarez@alder.example",
    "linh.pham@alder.example",
    "samuel.brandt@alder.example",
    "denise.whitfield@alder.example",
    "ruth.abernathy@alder.example",
    "omar.haddad@alder.example",
)


def _staff() -> list[dict[str, str]]:
    file = COLLEGE / "staff.csv"
    with file.open(encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows))


def _add_staff(row: dict[str, str], password: str) -> None:
    from quadline.accounts.models import Office, User
    from quadline.accounts.opening import open_account
    from quadline.sms.phones import normalise

    user = User(
        email=row["email"],
        password=password,
        name=row["name"],
        title=row["title"],
        role=row["role"],
        office=Office.objects.named(row["office"]),
        office_phone=normalise(row["office_phone"]) if row["office_phone"] else "",
        time_zone=row["time_zone"],
        portrait=row["portrait"],
    )
    open_account(user, actor=None)
