"""What a roster that came is, and how it is read: OneRoster, an export with a mapping,
or files with our columns.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from quadline.roster.columns import CASELOAD_FILE, STUDENT_FILE, known_column
from quadline.roster.faults import ImportFault, RosterFault
from quadline.roster.importing import RosterInput, input_of_tables
from quadline.roster.models import RosterMapping
from quadline.roster.sources.mapping import (
    ColumnMapping,
    changed_columns,
    file_kind,
    with_statuses,
)
from quadline.roster.sources.oneroster_files import is_oneroster, read_oneroster
from quadline.roster.sources.packages import is_zip, unpack
from quadline.roster.tables import RosterTable, TableRow, first_rows, read_table

CASELOAD_NAMES = ("caseload.csv", "caseloads.csv")
START = 8  # bytes by which a ZIP file is known


def unpacked(paths: Sequence[Path], into: Path) -> list[Path]:
    """The CSV files that came; those of a ZIP file in its place. Raises RosterFault."""
    found: list[Path] = []
    for path in paths:
        with path.open("rb") as opened:
            beginning = opened.read(START)
        # An Excel workbook begins so, too: read as a file, it says what it is.
        is_package = is_zip(beginning) and path.suffix.lower() == ".zip"
        found += unpack(path, into) if is_package else [path]
    if not found:
        raise _stop("There is no CSV file in what was sent. Nothing was read.")
    return found


def read_roster(
    paths: Sequence[Path], *, mapping: ColumnMapping | None, today: date
) -> RosterInput:
    """What these files say, in the caller's transaction: OneRoster's are kept as
    records. Raises RosterFault.
    """
    files = {path.name: path for path in paths}
    caseload = _caseload_of(files)
    rest = {name: path for name, path in files.items() if path != caseload}
    assignments = read_table(caseload, CASELOAD_FILE) if caseload else None
    if is_oneroster(rest):
        read = read_oneroster(rest, today=today)
        read.caseload = assignments
        return read
    students = _the_only(rest)
    if mapping:
        return _read_mapped(students, mapping, assignments)
    return input_of_tables(read_table(students, STUDENT_FILE), assignments)


def mapping_of(kept: RosterMapping | None) -> ColumnMapping | None:
    """One that is kept, as the rules know it."""
    if kept is None:
        return None
    return ColumnMapping(kept.columns, kept.statuses, kept.header)


def _caseload_of(files: Mapping[str, Path]) -> Path | None:
    """The file that says who looks after whom: by its name, else by its columns."""
    for name, path in files.items():
        if name.lower() in CASELOAD_NAMES:
            return path
    # Of more than two nobody can say which is which.
    if len(files) != 2:
        return None
    with_staff = [path for path in files.values() if _names_staff(path)]
    return with_staff[0] if len(with_staff) == 1 else None


def _names_staff(path: Path) -> bool:
    rows = first_rows(path)
    cells = [cell for row in rows for cell in row]
    return any(known_column(cell, CASELOAD_FILE) == "staff_email" for cell in cells)


def _the_only(files: Mapping[str, Path]) -> Path:
    if not files:
        raise _stop("There is no file of students. Nothing was read.")
    if len(files) > 1:
        names = ", ".join(sorted(files))[:200]
        raise _stop(
            f"Which of these files has the students? {names}. Send one, with"
            " caseload.csv beside it if you like, or OneRoster with its manifest.csv."
        )
    [path] = files.values()  # whatever it is called
    return path


def _read_mapped(
    path: Path, mapping: ColumnMapping, assignments: RosterTable | None
) -> RosterInput:
    table = read_table(path, file_kind(mapping))
    changed = changed_columns(mapping, table.header.names)
    # A column that moved may hold something else now, such as a parent's phone.
    if changed:
        faults = [
            ImportFault(table.header_row, "", "", each, path.name) for each in changed
        ]
        again = "Open the mapping, look at the new columns and save it again."
        raise RosterFault([*faults, ImportFault(0, "", "", again)])
    read = input_of_tables(table, assignments)
    read.form = "Mapped CSV"
    read.students = _with_our_statuses(table, mapping)
    return read


def _with_our_statuses(
    table: RosterTable, mapping: ColumnMapping
) -> Iterator[TableRow]:
    for row in table.rows():
        yield row._replace(cells=with_statuses(row.cells, mapping.statuses))


def _stop(reason: str) -> RosterFault:
    return RosterFault([ImportFault(0, "", "", reason)])
