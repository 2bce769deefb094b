"""Tables for spreadsheets: as they come from the database, and with no
cell that a spreadsheet would calculate.
"""

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import slugify

from quadline.accounts.models import User
from quadline.audit.models import record_audit
from quadline.sms import phones

BOM = "\ufeff"  # without it Excel takes UTF-8 for the machine's own code page
LINES_AT_ONCE = 200
E164 = re.compile(r"\+[0-9]{7,15}")
FORMULA_SIGNS = frozenset("=+-@\u2212")
# Control characters have no place in a table, but tab and line break, which people do
# type.
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Where lists are separated by semicolons, a spreadsheet splits our cells at theirs, and
# a formula may begin there.
FORMULA_INSIDE = re.compile(r"([;|\t\r\n][\s\"']*)(?=[=+\-@\u2212＝＋－＠﹢﹣﹦﹫])")


def csv_response(
    name: str,
    header: list[str],
    rows: Iterable[Sequence[object]],
) -> StreamingHttpResponse:
    """A download that begins before its last row is read. ``name``
    becomes the file's, with today's date.
    """
    response = StreamingHttpResponse(
        _lines(header, rows), content_type="text/csv; charset=utf-8"
    )
    slug = slugify(name)[:80] or "export"
    filename = f"{slug}-{timezone.localdate():%Y-%m-%d}.csv"
    response["Content-Disposition"] = (
        content_disposition_header(True, filename) or "attachment"
    )
    response["Cache-Control"] = "no-store"
    return response


def record_export(*, actor: User, name: str, **filters: Any) -> None:
    """Record who exported what, and how it was filtered.
    Called before the first row leaves.
    """
    record_audit(
        "exported",
        subject=actor,
        actor=actor,
        export=name,
        filters={key: str(value) for key, value in filters.items()},
    )


def cell(value: object) -> str:
    """One value as a spreadsheet may have it: phones and times as
    people write them, and never a formula.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(timespec="seconds")
    text = str(value)
    if E164.fullmatch(text):
        # As E.164 it begins with a plus: a spreadsheet would make a number of it.
        text = phones.written(text)
    return _harmless(text)


def _lines(header: list[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    buffer = _Buffer()
    writer = csv.writer(buffer, lineterminator="\r\n")  # RFC 4180
    writer.writerow([cell(title) for title in header])
    yield BOM.encode()
    for count, row in enumerate(rows, start=1):
        writer.writerow([cell(value) for value in row])
        if count % LINES_AT_ONCE == 0:
            yield buffer.taken()
    yield buffer.taken()


def _harmless(text: str) -> str:
    """An apostrophe makes text of what would be calculated (OWASP, "CSV Injection")."""
    printable = UNPRINTABLE.sub("", text)
    shown = FORMULA_INSIDE.sub(r"\1'", printable)
    # The text as it came: a spreadsheet may ignore what is removed here, too.
    if _begins_a_formula(text):
        return f"'{shown}"
    return shown


def _begins_a_formula(text: str) -> bool:
    """Spreadsheets ignore white space and invisible characters, and take full-width
    signs for the plain ones.
    """
    for letter in text:
        if letter in "\t\r\n" or unicodedata.category(letter) == "Cc":
            return True
        if letter.isspace() or unicodedata.category(letter) == "Cf":
            continue
        return unicodedata.normalize("NFKC", letter)[:1] in FORMULA_SIGNS
    return False


class _Buffer:
    """What a csv writer writes to, emptied as it is sent."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def write(self, part: str) -> None:
        self._parts.append(part)

    def taken(self) -> bytes:
        joined = "".join(self._parts)
        self._parts.clear()
        # Half of a surrogate pair has no bytes; the rest of the table still goes out.
        return joined.encode(errors="replace")
