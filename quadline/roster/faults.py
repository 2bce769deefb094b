"""What is wrong in a file, where, and what to do; and the list of it as a CSV file."""

import csv
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

FAULT_COLUMNS = ("file", "row", "column", "value", "reason")
MAX_CELL_SHOWN = 60
# What makes a spreadsheet calculate a cell (OWASP, CSV Injection; as
# reports/csv_export.py).
CALCULATED_CELL_STARTS = frozenset("=+-@\u2212＝＋－＠﹢﹣﹦﹫\t\r\n")


class ImportFault(NamedTuple):
    """One thing wrong. ``row`` is the one a spreadsheet shows; 0
    where it is about the whole file.
    """

    row: int
    column: str
    value: str
    reason: str  # what is wrong, then what to do
    file: str = ""

    def __str__(self) -> str:
        """students.csv, row 2: mobile “N/A” is not a phone number."""
        row = f"row {self.row}" if self.row else ""
        places = (self.file, row)
        place = ", ".join(filter(None, places))
        if not place:
            return self.words
        return f"{place}: {self.words}"

    @property
    def words(self) -> str:
        """mobile “N/A” is not a phone number."""
        shown = ""
        if self.value:
            shown = f"“{_short(self.value)}”"
        words = (self.column, shown, self.reason)
        return " ".join(filter(None, words))


class RosterFault(ValueError):
    """Nothing was imported or changed; ``faults`` says why and what
    to do, with file, row and column.
    """

    def __init__(self, faults: Sequence[ImportFault]) -> None:
        lines = [str(fault) for fault in faults]
        super().__init__("\n".join(lines))
        self.faults = list(faults)


def write_faults(path: Path, faults: Iterable[ImportFault]) -> None:
    """As a file for a spreadsheet, for its owner only: it has what
    stood in the cells. Raises OSError.
    """
    # without O_NOFOLLOW a link at that place would have us write over its target
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    descriptor = os.open(path, flags, 0o600)
    # a file that was there before has kept its mode
    os.fchmod(descriptor, 0o600)
    with open(descriptor, "w", encoding="utf-8-sig", newline="") as output:
        output.writelines(fault_lines(FAULT_COLUMNS, faults))


def fault_lines(columns: Sequence[str], faults: Iterable[ImportFault]) -> Iterator[str]:
    """The lines of such a file, its header first."""
    line = _Line()
    writer = csv.writer(line)
    writer.writerow(columns)
    yield line.written
    for fault in faults:
        row = str(fault.row or "")
        cells = (fault.file, row, fault.column, fault.value, fault.reason)
        writer.writerow([_harmless(cell) for cell in cells])
        yield line.written


class _Line:
    """A file that only knows its last line."""

    written = ""

    def write(self, line: str) -> None:
        self.written = line


def _harmless(cell: str) -> str:
    """Text that no spreadsheet takes for a formula, in one line."""
    text = " ".join(cell.split())
    begins_a_formula = (
        cell[:1] in CALCULATED_CELL_STARTS or text[:1] in CALCULATED_CELL_STARTS
    )
    if begins_a_formula:
        return f"'{text}"
    return text


def _short(value: str) -> str:
    one_line = " ".join(value.split())
    if len(one_line) <= MAX_CELL_SHOWN:
        return one_line
    beginning = one_line[:MAX_CELL_SHOWN]
    return f"{beginning}…"
