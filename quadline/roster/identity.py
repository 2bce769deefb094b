"""Whose row it is: ids without what spreadsheets and invisible
characters do to them. No database here.
"""

import re
import unicodedata
from typing import NamedTuple

ZEROS_FORMULA = re.compile(r'="*([^"]*)"*')  # ="0010" keeps zeros in a spreadsheet
IN_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+(\.0+)?")
WITH_DECIMALS = re.compile(r"(\d+)\.0+")
SCIENTIFIC = re.compile(r"(\d)(?:\.(\d+))?e\+?(\d{1,3})", re.IGNORECASE)
DATE = re.compile(
    r"\d{1,2}-[A-Z][a-z]{2}(-\d{2,4})?|[A-Z][a-z]{2}-\d{2,4}|\d{1,2}/\d{1,2}/\d{2,4}"
    r"|\d{4}-\d{2}-\d{2}( \d{2}:\d{2}(:\d{2})?)?"
)
NO_ID = frozenset(
    {"n/a", "na", "none", "null", "nil", "unknown", "-", "--", "?", "tbd"}
)
DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−﹣－", "-"))
REPLACEMENT_CHARACTER = "\ufffd"
MAX_INSTITUTIONAL_ID = 40


class Id(NamedTuple):
    """An id as it is kept. With a fault it cannot be trusted,
    or was changed by a spreadsheet.
    """

    kept: str
    fault: str = ""  # why nobody can say whose row it is
    note: str = ""  # what a spreadsheet had made of it


def visible_text(text: str) -> str:
    """The text in single spaces, without characters that nobody sees.

    Those that join or part letters within a word (U+200C, U+200D) stay: Persian and
    Hindi are written with them.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    seen = [char for char in text if _is_seen(char)]
    spaced = [" " if char.isspace() else char for char in seen]
    shown = "".join(spaced)
    return " ".join(shown.split())


def read_id(raw: str) -> Id:
    """An id as a spreadsheet wrote it. Zeros that it took
    away are still missing: id_key.
    """
    text = _plain(raw)
    if fault := _why_none(text):
        return Id("", fault)
    if found := SCIENTIFIC.fullmatch(text.replace(" ", "")):
        return _of_scientific(text, *found.groups())
    if IN_THOUSANDS.fullmatch(text):
        number = text.partition(".")[0].replace(",", "")
        return Id(number, note=_changed(text, number))
    if found := WITH_DECIMALS.fullmatch(text):
        return Id(found[1], note=_changed(text, found[1]))
    return Id(text)


def id_key(institutional_id: str) -> str:
    """What two ids share that differ only in capitals, spaces,
    or zeros in front of a number.
    """
    key = _plain(institutional_id).casefold()
    key = key.replace(" ", "").translate(DASHES)
    if key.isdecimal():
        key = key.lstrip("0") or "0"
    return key[:MAX_INSTITUTIONAL_ID]


def _is_seen(char: str) -> bool:
    category = unicodedata.category(char)
    if category == "Cc":
        return char.isspace()
    if category == "Cf":
        return char in "\u200c\u200d"
    return True


def _plain(raw: str) -> str:
    """Without a formula's or a text cell's marks around it;
    full-width digits are digits.
    """
    if raw.isascii() and raw.isalnum():
        return raw
    text = visible_text(unicodedata.normalize("NFKC", raw))
    text = text.replace("\u200c", "").replace("\u200d", "")
    if found := ZEROS_FORMULA.fullmatch(text):
        text = found[1]
    return text.strip("'\"’‘“”` ")


def _why_none(text: str) -> str:
    if not text:
        return "is empty. Fill it in, or take the row out."
    if text.startswith("#") or text.casefold() in NO_ID:
        return "is no ID. Correct it, or take the row out."
    if REPLACEMENT_CHARACTER in text:
        return "has a character that cannot be read. Save the file as “CSV UTF-8”."
    if len(text) > MAX_INSTITUTIONAL_ID:
        return f"is longer than {MAX_INSTITUTIONAL_ID} characters"
    if DATE.fullmatch(text):
        return (
            "is a date, which a spreadsheet makes of some IDs."
            " Format the column as text."
        )
    return ""


def _of_scientific(
    text: str,
    first: str,
    decimals: str | None,
    exponent: str,
) -> Id:
    """4.17733E+05 is 417733. Where it has fewer digits than
    its exponent says, some are lost.
    """
    digits = first + (decimals or "")
    if decimals is None and "+" not in text:
        return Id(text)  # 4E5 may be how the college writes it
    if len(digits) != int(exponent) + 1:
        return Id("", "has lost digits in a spreadsheet. Format the column as text.")
    return Id(digits, note=_changed(text, digits))


def _changed(text: str, read: str) -> str:
    return (
        f"was changed by a spreadsheet and read as {read}. Format the column as text."
    )
