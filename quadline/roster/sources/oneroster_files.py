"""OneRoster files in a folder become what a roster says: read one after the other, and
kept as records (records.py).
"""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

from quadline.roster.columns import FileKind, plain_column_name
from quadline.roster.faults import ImportFault, RosterFault
from quadline.roster.identity import visible_text
from quadline.roster.importing import RosterInput
from quadline.roster.saving import Loss
from quadline.roster.sources.oneroster import (
    BASE,
    FILES,
    GONE,
    NOT_READ,
    RECORD_STATUSES,
    FileForm,
    Kind,
    Manifest,
    ManifestFault,
    Mode,
    header_faults,
    read_manifest,
    without_manifest,
)
from quadline.roster.sources.records import (
    Kept,
    RecordRow,
    begin_records,
    has_records,
    keep_records,
    read_student_rows,
    student_rows,
)
from quadline.roster.tables import RosterTable, read_table

MANIFEST = "manifest.csv"
USERS = "users.csv"
OUR_COLUMNS = (
    *("first_name", "last_name", "preferred_name", "pronouns"),
    *("email", "mobile", "landline"),
)
_NAME, _VALUE = "propertyName", "value"
_MANIFEST_KIND = FileKind(
    "manifest",
    (_NAME, _VALUE),
    frozenset({_NAME, _VALUE}),
    {plain_column_name(name): name for name in (_NAME, _VALUE)},
)


class ReadFile(NamedTuple):
    """What one file brought. ``columns``: those of ours that a users file has."""

    kept: Kept
    columns: frozenset[str]
    notes: list[str]


def is_oneroster(names: Mapping[str, Path]) -> bool:
    """Whether these files, by name, are meant as OneRoster."""
    return MANIFEST in names or (
        USERS in names and len(names.keys() & FILES.keys()) > 1
    )


def read_oneroster(files: Mapping[str, Path], *, today: date) -> RosterInput:
    """What these files and those before them say. Raises RosterFault."""
    manifest = _manifest(files)
    notes = [f"{manifest.words}."]
    faults: list[ImportFault] = []
    losses: list[Loss] = []
    columns = frozenset(OUR_COLUMNS)
    begin_records()
    # One file after the other, so that one text at a time is in memory.
    for name, form in FILES.items():
        mode = manifest.modes.get(name, Mode.ABSENT)
        if mode == Mode.ABSENT:
            notes += _not_read(name, files)
            continue
        read = _read_file(name, files, form, manifest, today)
        faults += read.kept.faults
        losses += read.kept.losses
        notes += read.notes
        columns = read.columns or columns
    notes += [
        f"{name} is not part of the roster and was not read."
        for name in sorted(files.keys() & NOT_READ)
    ]
    rows = student_rows(
        has_courses=has_records(Kind.ENROLLMENT), columns=columns, today=today
    )
    return RosterInput(
        form=manifest.words,
        file=USERS,
        students=read_student_rows(rows),
        notes=notes,
        faults=faults,
        losses=losses,
    )


def _manifest(files: Mapping[str, Path]) -> Manifest:
    if MANIFEST not in files:
        table = _table(USERS, files[USERS], FILES[USERS], _columns_of(FILES[USERS]))
        return without_manifest(files, table.header.names)
    return manifest_of(files[MANIFEST])


def manifest_of(path: Path) -> Manifest:
    """Raises RosterFault."""
    table = read_table(path, _MANIFEST_KIND)
    properties: dict[str, str] = {}
    for row in table.rows():
        name = visible_text(row.cells.get(_NAME) or "")
        properties[name] = visible_text(row.cells.get(_VALUE) or "")
    try:
        return read_manifest(properties)
    except ManifestFault as fault:
        raise _stop(str(fault), MANIFEST) from fault


def _not_read(name: str, files: Mapping[str, Path]) -> Iterator[str]:
    if name in files:
        yield f"{name} is there, but the manifest says absent. It was not read."


def _read_file(
    name: str,
    files: Mapping[str, Path],
    form: FileForm,
    manifest: Manifest,
    today: date,
) -> ReadFile:
    if name not in files:
        reason = "is missing, and the manifest names it. Send all files together."
        raise _stop(reason, name)
    mode = manifest.modes[name]
    # Rows are read by their columns, whatever these are; the header is held to the
    # standard after that, so that the fault names what is there.
    wanted = form.columns[manifest.version]
    table = _table(name, files[name], form, (*wanted, *_columns_of(form)))
    wrong = header_faults(name, manifest.version, table.header.names)
    if wrong:
        raise RosterFault([ImportFault(0, "", "", words, name) for words in wrong])
    faults: list[ImportFault] = []
    rows = _record_rows(table, form, mode, faults)
    kept = keep_records(rows, file=name, form=form, mode=mode, today=today)
    kept.faults[:0] = faults
    columns: frozenset[str] = frozenset()
    if form.kind == Kind.USER:
        there = set(table.header.places)
        columns = frozenset(
            column for column in OUR_COLUMNS if form.kept[column] in there
        )
    return ReadFile(kept, columns, [table.said])


def _columns_of(form: FileForm) -> tuple[str, ...]:
    return (*BASE, *form.kept.values())


def _table(
    name: str, path: Path, form: FileForm, columns: tuple[str, ...]
) -> RosterTable:
    by_name = {plain_column_name(column): column for column in columns}
    kind = FileKind(name, ("sourcedId",), frozenset(columns), by_name)
    return read_table(path, kind)


def _record_rows(
    table: RosterTable,
    form: FileForm,
    mode: Mode,
    faults: list[ImportFault],
) -> Iterator[RecordRow]:
    """The rows that can be read; why others cannot is added to ``faults``."""
    for row in table.rows():
        sourced_id = visible_text(row.cells["sourcedId"] or "")
        status = visible_text(row.cells.get("status") or "").lower()
        wrong = _why_not(row.is_torn, sourced_id, status, mode)
        if wrong:
            column, reason = wrong
            value = "" if column == "" else (row.cells.get(column) or "")
            faults.append(ImportFault(row.number, column, value, reason, table.file))
            continue
        fields = {
            ours: visible_text(row.cells.get(theirs) or "")
            for ours, theirs in form.kept.items()
            if row.cells.get(theirs)
        }
        yield RecordRow(row.number, sourced_id, status in GONE, fields)


def _why_not(
    is_torn: bool, sourced_id: str, status: str, mode: Mode
) -> tuple[str, str] | None:
    """The column and what is wrong with it, where the row says nothing."""
    if is_torn:
        return "", "has more cells than columns. The row was left out."
    if not sourced_id or len(sourced_id) > 255:
        return "sourcedId", "is empty or too long. The row was left out."
    if status not in (*RECORD_STATUSES, *GONE):
        return "status", "is neither active nor tobedeleted. The row was left out."
    if mode == Mode.DELTA and not status:
        return "status", "is empty, which a delta must not be. The row was left out."
    return None


def _stop(reason: str, file: str) -> RosterFault:
    return RosterFault([ImportFault(0, "", "", reason, file)])
