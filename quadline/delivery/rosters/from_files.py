"""The command: files on this machine, compared or applied at once, and on record."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import transaction

from quadline.college.current import college_settings
from quadline.delivery.rosters.running import finish_run, import_read
from quadline.roster.columns import CASELOAD_FILE, STUDENT_FILE
from quadline.roster.importing import Imported, RosterInput, input_of_tables
from quadline.roster.models import RosterMapping, RosterRun
from quadline.roster.saving import lock_roster
from quadline.roster.sources.reading import mapping_of, read_roster, unpacked
from quadline.roster.tables import read_table


@transaction.atomic
def import_roster_files(
    students: Path,
    caseload: Path | None = None,
    *,
    now: datetime,
    may_drop: bool = False,
    is_trial: bool = False,
    mapping: RosterMapping | None = None,
) -> Imported:
    """``students``: a CSV file, a ZIP file or a folder. Raises RosterFault; then
    nothing has changed, as after a trial.
    """
    lock_roster()
    with TemporaryDirectory(prefix="quadline-roster-") as unpacked_into:
        files = _files_of(students, caseload, Path(unpacked_into))
        read = _read(students, caseload, files, mapping, now)
        done = import_read(read, now=now, may_drop=may_drop)
        assert done.diff is not None
        if is_trial:
            # It is counted already, and a trial keeps nothing.
            done.diff.close()
            transaction.set_rollback(True)
            return done
        run = RosterRun.objects.create(
            way=RosterRun.Way.COMMAND,
            file_names=", ".join(path.name for path in files)[:300],
            digest=_digest(files),
            mapping=mapping,
            created_at=now,
        )
        finish_run(run, done, now=now)
    return done


def _files_of(students: Path, caseload: Path | None, into: Path) -> list[Path]:
    if students.is_dir():
        return sorted(students.glob("*.csv"))
    if students.suffix.lower() == ".zip":
        return unpacked([students], into)
    return [path for path in (students, caseload) if path]


def _read(
    students: Path,
    caseload: Path | None,
    files: Sequence[Path],
    mapping: RosterMapping | None,
    now: datetime,
) -> RosterInput:
    is_one_file = students in files
    if is_one_file and mapping is None:
        # which file is which was said: nothing is guessed
        table = read_table(students, STUDENT_FILE)
        return input_of_tables(
            table, read_table(caseload, CASELOAD_FILE) if caseload else None
        )
    today = now.astimezone(college_settings().zone).date()
    return read_roster(files, mapping=mapping_of(mapping), today=today)


def _digest(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
