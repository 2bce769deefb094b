"""A CSV file as rows by column, whatever wrote it: its encoding, its
delimiter, and where its header stands.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from quadline.roster.columns import (
    PERHAPS_MOBILE,
    FileKind,
    Header,
    plain_column_name,
    read_header,
)
from quadline.roster.decoding import Decoded, NotText, decode_file
from quadline.roster.faults import ImportFault, RosterFault
from quadline.roster.identity import visible_text

DELIMITERS = {
    ",": "commas",
    ";": "semicolons",
    "\t": "tabs",
    "|": "bars",
}
SEPARATOR = re.compile(r"sep=([,;\t|])\r?\n?", re.IGNORECASE)  # Excel's own first line
# a last row of our own: when a cell has swallowed it, a quote was never closed
END = "\x1e\x1e"
ROWS_BEFORE_A_HEADER = 20
MAX_FILE = 256 * 1024 * 1024


class RosterRow(NamedTuple):
    """A row as a door hands it over: by column, None where it is not given."""

    number: int
    cells: Mapping[str, str | None]


class TableRow(NamedTuple):
    """``number``: as a spreadsheet shows it; ``cells``: by column,
    None where the row ends before it.
    """

    number: int
    cells: Mapping[str, str | None]
    is_torn: bool  # it has more cells than there are columns


@dataclass(frozen=True)
class RosterTable:
    file: str
    kind: FileKind
    header: Header
    header_row: int
    width: int  # cells of the header
    delimiter: str
    decoded: Decoded

    @property
    def said(self) -> str:
        """students.csv: read as UTF-16, separated by
        semicolons, with the header in row 3.
        """
        where = (
            f", with the header in row {self.header_row}" if self.header_row > 1 else ""
        )
        form = (
            f"read as {self.decoded.encoding},"
            f" separated by {DELIMITERS[self.delimiter]}"
        )
        return f"{self.file}: {form}{where}."

    def rows(self) -> Iterator[TableRow]:
        """Those that are not empty, under the header. Raises
        RosterFault where the file breaks off.
        """
        number = self.header_row
        were_all_whole = True
        for number, cells in islice(self._records(), self.header_row, None):
            is_empty = not any(map(visible_text, cells))
            if is_empty:
                continue
            beyond_header = cells[self.width :]
            is_torn = any(map(visible_text, beyond_header))
            is_whole = len(cells) >= self.width
            # where others are short, too, the last one need not be broken off
            if not is_whole and were_all_whole and self._is_last(number):
                reason = "The file ends in the middle of this row. Export it again."
                raise _stop(number, reason, self.file)
            were_all_whole = were_all_whole and is_whole
            yield TableRow(number, self._by_column(cells), is_torn)

    def _by_column(self, cells: list[str]) -> dict[str, str | None]:
        return {
            column: cells[place] if place < len(cells) else None
            for column, place in self.header.places.items()
        }

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """Numbered from 1. A quote that is never closed stops
        at the row where it stands.
        """
        number = 0
        began = 1
        records = enumerate(_records_of(self.decoded.text, self.delimiter), start=1)
        try:
            for number, cells in records:
                began = number + 1
                if cells == [END]:
                    return
                several_lines = [cell for cell in cells if "\n" in cell or "\r" in cell]
                if any(map(self._has_swallowed_rows, several_lines)):
                    break
                yield number, cells
        except csv.Error as error:
            number = began
            # a cell that is too long is one whose quote was never closed
            if "field limit" not in str(error):
                raise _stop(number, f"cannot be read: {error}", self.file) from error
        reason = "has a quote that is never closed. Close it or take it out."
        raise _stop(number, reason, self.file)

    def _has_swallowed_rows(self, cell: str) -> bool:
        """Whether a line within it looks like a row, or it
        reaches the end of the file.
        """
        if END in cell:
            return True
        lines = cell.splitlines()[1:]
        delimiters = [line.count(self.delimiter) for line in lines]
        most = max(delimiters, default=0)
        # one comma may stand in any text
        return most >= max(self.width - 1, 2)

    def _is_last(self, number: int) -> bool:
        """Whether the file breaks off in this row."""
        is_complete = self.decoded.text.endswith(("\n", "\r"))
        if is_complete:
            return False
        return number == self._count()

    def _count(self) -> int:
        records = _records_of(self.decoded.text, self.delimiter)
        return sum(1 for _ in records) - 1  # the last is END


def read_table(path: Path, kind: FileKind) -> RosterTable:
    """The table in a file. Raises RosterFault when it cannot be
    read, or its columns cannot be told.
    """
    text, encoding = _text_of(path)
    separator = SEPARATOR.match(text)
    if separator:
        text = text[separator.end() :]
    delimiters = separator[1] if separator else "".join(DELIMITERS)
    found = _best_header(text, kind, delimiters)
    if found is None:
        raise _stop(0, "The file is empty. Nothing was read.", path.name)
    delimiter, row, cells = found
    table = RosterTable(
        file=path.name,
        kind=kind,
        header=read_header(cells, kind),
        header_row=row,
        width=_width(cells),
        delimiter=delimiter,
        decoded=Decoded(text, encoding),
    )
    faults = list(_header_faults(table, cells))
    if faults:
        raise RosterFault(faults)
    return table


def first_rows(path: Path) -> list[list[str]]:
    """The rows in which a header may stand, as the delimiter with the widest of them
    has them. Raises RosterFault.
    """
    text, _ = _text_of(path)
    separator = SEPARATOR.match(text)
    if separator:
        return _first_records(text[separator.end() :], separator[1])
    tried = [_first_records(text, delimiter) for delimiter in DELIMITERS]
    return max(tried, key=_widest)


def _widest(records: list[list[str]]) -> int:
    return max(map(_width, records), default=0)


def perhaps_mobile(table: RosterTable) -> str:
    """A column that may hold mobiles and does not say so; "" when there is none."""
    # never taken for one: a wrong guess would text parents' landlines
    named = [
        name
        for name in table.header.unknown
        if plain_column_name(name) in PERHAPS_MOBILE
    ]
    if not named:
        return ""
    return named[0]


def _text_of(path: Path) -> Decoded:
    try:
        if path.stat().st_size > MAX_FILE:
            raise _stop(0, "is larger than 256 MB. Is it a roster?", path.name)
        return decode_file(path.read_bytes())
    except OSError as error:
        reason = f"{path} cannot be read: {error.strerror}"
        raise RosterFault([ImportFault(0, "", "", reason)]) from error
    except NotText as error:
        raise _stop(0, str(error), path.name) from error


def _stop(
    row: int,
    reason: str,
    file: str,
) -> RosterFault:
    """``row``: 0 for the whole file."""
    return RosterFault([ImportFault(row, "", "", reason, file)])


def _records_of(text: str, delimiter: str) -> Iterator[list[str]]:
    """The rows and, at their end, one of our own."""
    # newline="": csv reads line breaks within quotes itself
    lines = io.StringIO(text, newline="")
    with_end = chain(lines, [END])
    return csv.reader(with_end, delimiter=delimiter)


def _best_header(
    text: str,
    kind: FileKind,
    delimiters: str,
) -> tuple[str, int, list[str]] | None:
    """The row, of the first twenty, and the delimiter with the most
    columns that we know; else the first row.

    csv.Sniffer counts characters, and is misled by commas in addresses.
    """
    best = None
    most = -1
    for delimiter in delimiters:
        records = _first_records(text, delimiter)
        for number, cells in enumerate(records, start=1):
            if not any(map(visible_text, cells)):
                continue
            known = len(read_header(cells, kind).places)
            if known > most:
                best = (delimiter, number, cells)
                most = known
    return best


def _first_records(text: str, delimiter: str) -> list[list[str]]:
    first = islice(_records_of(text, delimiter), ROWS_BEFORE_A_HEADER)
    records: list[list[str]] = []
    with suppress(csv.Error):  # a cell that is too long: said where the rows are read
        records.extend(first)
    return [cells for cells in records if cells != [END]]


def _width(cells: list[str]) -> int:
    """Without the empty cells at its end."""
    places = enumerate(cells, start=1)
    filled = [place for place, cell in places if visible_text(cell)]
    return max(filled, default=0)


def _header_faults(table: RosterTable, cells: list[str]) -> Iterator[ImportFault]:
    header, row = table.header, table.header_row
    if header.missing:
        found = ", ".join(filter(None, map(visible_text, cells)))
        columns = ", ".join(header.missing)
        is_one = len(header.missing) == 1
        there_is = "There is no column" if is_one else "There are no columns"
        which = f"{there_is} {columns}."
        form = f"{table.decoded.encoding}, separated by {DELIMITERS[table.delimiter]}"
        reason = (
            f"{which} Found, reading {form}: {found[:300] or 'none'}."
            " Name the columns so."
        )
        yield ImportFault(row, "", "", reason, table.file)
    for column, names in header.twice.items():
        reason = (
            f"is there {len(names)} times: {', '.join(names)}."
            " Keep one, or rename the others."
        )
        yield ImportFault(row, column, "", reason, table.file)
