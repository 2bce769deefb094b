"""Caseloads change, and with them who may text whom: what still waits is looked at in the same transaction.

An import that takes a student off a caseload and puts them back changes nothing: what counts is how it stands at the end.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from django.db import transaction

from quadline.accounts.models import User
from quadline.delivery.out_of_reach import keep_out_of_reach
from quadline.live.telling import REACH_CHANGED, tell
from quadline.roster import importing, replacing


@transaction.atomic
def import_roster(students_file: Path, caseload_file: Path | None, *, now: datetime) -> importing.Imported:
    """Raises RosterFault; then nothing has changed."""
    imported = importing.import_roster(students_file, caseload_file)
    if caseload_file:
        keep_out_of_reach(now=now)
    return imported


@transaction.atomic
def put_caseload(staff: User, institutional_ids: Sequence[str], *, actor: User, now: datetime) -> int:
    """Exactly these students are on the caseload afterwards; returns how many. Raises RosterFault."""
    count = replacing.put_caseload(staff, institutional_ids, actor=actor)
    keep_out_of_reach(now=now)
    tell([staff.pk], REACH_CHANGED)
    return count
