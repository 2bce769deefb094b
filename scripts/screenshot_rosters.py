"""Rosters of the sample college for the pictures: one applied, one that waits, half a
file, a mapping that is being made, a source.
"""

import csv
import io
from dataclasses import dataclass
from datetime import time, timedelta

from django.utils import timezone

from quadline.accounts.models import User
from quadline.delivery.rosters.running import GivenFile, begin_run, check_run
from quadline.delivery.rosters.sources import begin_mapping
from quadline.roster.models import RosterMapping, RosterRun, RosterSource, Student

COLUMNS = [
    "institutional_id",
    "first_name",
    "last_name",
    "preferred_name",
    "email",
    "mobile",
    "program",
]
EXPORT = [
    ["SPRIDEN_ID", "SPRIDEN_LAST_NAME", "SPRIDEN_FIRST_NAME", "GOREMAL_EMAIL_ADDRESS", "PHONE", "SGBSTDN_STST_CODE", "SGBSTDN_PROGRAM_1", "ADVR_PIDM"],
    ["00417901", "Okafor", "Chidi", "chidi.okafor@alder.example", "734-555-0171", "AS", "Nursing AAS", "88120"],
    ["00417902", "Park", "Jin", "jin.park@alder.example", "734-555-0172", "AS", "Business AA", "88120"],
    ["00417903", "Duarte", "Inés", "ines.duarte@alder.example", "", "IS", "Welding", "88342"],
]  # fmt: skip


@dataclass(frozen=True)
class Rosters:
    applied: RosterRun
    waiting: RosterRun
    half: RosterRun
    mapping: RosterMapping
    source: RosterSource


def live() -> Rosters:
    ruth = User.objects.get(email="ruth.abernathy@alder.example")
    now = timezone.now()
    source = RosterSource.objects.create(
        name="Banner nightly",
        folder="banner",
        expected_by=time(4, 30),
        arrived_at=now - timedelta(hours=5),
        created_at=now - timedelta(days=30),
    )
    students = list(Student.objects.filter(is_test=False).order_by("institutional_id"))
    everyone = [[getattr(student, name) for name in COLUMNS] for student in students]
    applied = _brought(everyone, "students.csv", ruth, source=source)
    changed = [list(row) for row in everyone]
    changed[3][5], changed[5][6], changed[8][3] = "(734) 555-0198", "Nursing AAS", "Teo"
    changed[9][5], changed[11][4] = "734-555-019", "not an address"
    changed += [
        ["00499001", "Amara", "Diallo", "", "amara.diallo@alder.example", "7345550151", "Nursing AAS"],
        ["00499002", "Wei", "Zhang", "", "wei.zhang@alder.example", "7345550152", "Business AA"],
    ]  # fmt: skip
    waiting = _brought(changed, "students-spring.csv", ruth)
    half = _brought(everyone[: len(everyone) // 2], "students-half.csv", ruth)
    return Rosters(
        applied,
        waiting,
        half,
        begin_mapping(EXPORT[0], EXPORT[1:], actor=ruth, now=now),
        source,
    )


def _brought(
    rows: list[list[str]],
    name: str,
    actor: User,
    *,
    source: RosterSource | None = None,
) -> RosterRun:
    """Compared; one of a source is applied as well."""
    written = io.StringIO()
    csv.writer(written).writerows([COLUMNS, *rows])
    run = begin_run(
        [GivenFile(name, written.getvalue().encode())],
        way="folder" if source else "upload",
        actor=None if source else actor,
        now=timezone.now(),
        source=source,
        is_automatic=source is not None,
    )
    check_run(run.pk, now=timezone.now())
    run.refresh_from_db()
    return run
