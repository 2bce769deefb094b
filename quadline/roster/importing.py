"""Import students and caseloads from CSV files: a bad cell costs a
cell, a doubtful identity stops all.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.db import transaction

from quadline import clock
from quadline.roster.assigning import assign
from quadline.roster.columns import CASELOAD_FILE, STUDENT_FILE
from quadline.roster.faults import ImportFault, RosterFault
from quadline.roster.rules import MAX_LOST, CheckedStudent, lost_too_many, read_student
from quadline.roster.runs.diffs import Diff, collect_diff
from quadline.roster.saving import (
    Loss,
    compare_students,
    note_student_changes,
    save_students,
)
from quadline.roster.tables import (
    RosterRow,
    RosterTable,
    TableRow,
    perhaps_mobile,
    read_table,
)

TORN = "has more cells than columns. Put quotes around a value with a comma in it."


class Dropped(RosterFault):
    """More would be gone than a person may lose by accident.
    ``imported``: what the files would have done.
    """

    def __init__(
        self,
        losses: list[str],
        imported: "Imported",
    ) -> None:
        super().__init__([ImportFault(0, "", "", words) for words in losses])
        self.imported = imported


@dataclass
class Imported:
    """What an import did: counts, cells that were left as they
    were, and what a person should know.
    """

    form: str = ""  # what the roster came as, in words
    students: int = 0  # rows of the students file
    new: int = 0
    changed: int = 0
    leaving: int = 0  # were in the last file and are not in this one; they stay
    caseload_entries: int = 0
    faults: list[ImportFault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)  # more than may go by accident
    lost: int = 0  # the largest of these: what a person types to say that it is meant
    diff: Diff | None = None

    @property
    def unchanged(self) -> int:
        return self.students - self.new - self.changed


@dataclass
class RosterInput:
    """What a roster says, whatever it came as. Its rows are read once."""

    form: str  # in words: OneRoster 1.2 (bulk)
    file: str  # that of the students, as faults name it
    students: Iterable[RosterRow | TableRow]
    caseload: RosterTable | None = None
    notes: list[str] = field(default_factory=list)
    faults: list[ImportFault] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)


def import_roster(
    students_file: Path,
    caseload_file: Path | None = None,
    *,
    may_drop: bool = False,
    now: datetime | None = None,
) -> Imported:
    """Make the roster what the files say: students by institutional id, and the
    caseloads of the staff they name.

    Students who are not in the file stay. Raises RosterFault, or Dropped unless
    ``may_drop``; then nothing has changed.
    """
    table = read_table(students_file, STUDENT_FILE)
    assignments = read_table(caseload_file, CASELOAD_FILE) if caseload_file else None
    read = input_of_tables(table, assignments)
    return import_input(read, may_drop=may_drop, now=now or clock.now())


def input_of_tables(table: RosterTable, assignments: RosterTable | None) -> RosterInput:
    """Files with our columns, whatever names these have."""
    notes = list(_notes(table))
    if assignments:
        notes.append(assignments.said)
    return RosterInput("CSV", table.file, table.rows(), assignments, notes)


@transaction.atomic
def import_input(
    read: RosterInput,
    *,
    now: datetime,
    may_drop: bool = False,
    percent: int = MAX_LOST,
    collects: bool = False,
) -> Imported:
    """The one import. ``percent``: more than this gone, and a person must say so.
    ``collects``: the diff is in what is returned; whoever asks for it closes it.

    Raises RosterFault, or Dropped unless ``may_drop``; then nothing has changed.
    """
    done = Imported(form=read.form, notes=list(read.notes), faults=list(read.faults))
    losses = [*read.losses, *_import_students(read, done, now)]
    if read.caseload:
        assigned = assign(read.caseload)
        done.caseload_entries = assigned.entries
        losses.append(assigned.loss)
    done.faults.sort(key=lambda fault: fault.row)
    too_many = [
        loss for loss in losses if lost_too_many(loss.lost, loss.there, percent=percent)
    ]
    done.losses = [_dropped(loss, percent) for loss in too_many]
    done.lost = max((loss.lost for loss in too_many), default=0)
    if done.losses and not may_drop:
        # Inside the transaction, which takes back what was written.
        raise Dropped(done.losses, done)
    if collects:
        done.diff = collect_diff()
    return done


def checked_students(
    rows: Iterable[RosterRow | TableRow],
    faults: list[ImportFault],
    *,
    file: str = "",
    twice: str = "in the file",
) -> Iterator[tuple[int, CheckedStudent]]:
    """The rows as students, one by one: a roster may not fit into memory. Faults of
    cells are added to ``faults``.

    Raises RosterFault after the last, with every row of which nobody can say whose it
    is.
    """
    seen: dict[str, tuple[int, int]] = {}
    stops: list[ImportFault] = []
    for row in rows:
        if isinstance(row, TableRow) and row.is_torn:
            stops.append(ImportFault(row.number, "", "", TORN, file))
            continue
        student, wrong, stopping = read_student(row.cells, number=row.number, file=file)
        faults += wrong
        stops += stopping
        if student is None:
            continue
        id = student.institutional_id
        # a number for each row, not the row: all of them may not fit into memory
        said = hash(tuple(map(str, student)))
        first, before = seen.setdefault(id, (row.number, said))
        if first == row.number:
            yield row.number, student
        else:
            reason = f"is {twice} twice, in row {first} too."
            again = ImportFault(row.number, "institutional_id", id, reason, file)
            _note_again(again, is_same=said == before, faults=faults, stops=stops)
    if stops:
        raise RosterFault(stops)


def _note_again(
    again: ImportFault,
    *,
    is_same: bool,
    faults: list[ImportFault],
    stops: list[ImportFault],
) -> None:
    """A row that says the same once more is left out; two that differ are one
    student's, and nobody knows which counts.
    """
    if is_same:
        reason = f"{again.reason} The row says the same and was left out."
        faults.append(again._replace(reason=reason))
    else:
        reason = f"{again.reason} They differ: keep one."
        stops.append(again._replace(reason=reason))


def _import_students(
    read: RosterInput,
    done: Imported,
    now: datetime,
) -> list[Loss]:
    students = checked_students(read.students, done.faults, file=read.file)
    compared = compare_students(students, is_whole=True)
    # Refused with --allow-drop, too: a file without students is never imported.
    if not compared.given:
        reason = "has no students under its header. Nothing was changed."
        raise RosterFault([ImportFault(0, "", "", reason, read.file)])
    for fault in compared.faults:
        done.faults.append(fault._replace(file=read.file))
    missing = compared.losses[0]
    done.students = compared.kept
    done.leaving = missing.lost
    note_student_changes(is_whole=True)
    done.new, done.changed = save_students(is_whole=True, now=now)
    return compared.losses


def _notes(table: RosterTable) -> Iterator[str]:
    yield table.said
    if "mobile" not in table.header.places:
        perhaps = perhaps_mobile(table)
        hint = (
            f" If “{perhaps}” holds them, rename it to mobile."
            if perhaps
            else " Name their column mobile."
        )
        yield (
            f"{table.file}: there is no column mobile."
            f" The numbers that are known stay.{hint}"
        )
    if table.header.unknown:
        names = ", ".join(table.header.unknown[:10])
        yield f"{table.file}: columns that were not read: {names}."


def _dropped(loss: Loss, percent: int) -> str:
    share = f"{loss.lost / loss.there:.0%}"
    return (
        f"{loss.lost:,} of {loss.there:,} {loss.what} ({share}) would be gone,"
        f" more than {percent}%."
    )
