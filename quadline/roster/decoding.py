"""The text of a file as spreadsheets and student systems write it: which
encoding, and what is no text at all.
"""

import codecs
import re
import unicodedata
from itertools import islice
from typing import NamedTuple

BYTE_ORDER_MARKS = (  # UTF-32 first: its mark begins like that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
OTHER_KINDS = (
    (b"PK\x03\x04", "an Excel workbook (.xlsx)"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook (.xls)"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a compressed file"),
    (b"{\\rtf", "a Word document"),
)
PAGES = (b"<!doctype", b"<html", b"<table", b"<?xml")
ENCODING_NAMES = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32-le": "UTF-32",
    "utf-32-be": "UTF-32",
    "cp1252": "Windows-1252",
    "mac_roman": "Mac OS Roman",
}
BEYOND_ASCII = re.compile(r"(.?)([^\x00-\x7f])", re.DOTALL)
ENOUGH = 5_000  # letters, to tell one code page from another
SAMPLE = 1 << 16  # bytes that are looked at to tell UTF-16 from others


class Decoded(NamedTuple):
    text: str
    encoding: str  # as people call it


class NotText(ValueError):
    """The file is of another kind; the message says which and what to do."""


def decode_file(content: bytes) -> Decoded:
    """The text of a file. A byte that cannot be read becomes U+FFFD. Raises NotText.

    No library guesses it: on a few accents among names and digits, charset-normalizer
    and chardet found Turkish or Cyrillic code pages (docs/adr/0018).
    """
    _refuse_other_kinds(content)
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            without_mark = content[len(mark) :]
            return _by(without_mark, encoding)
    if encoding := _without_mark(content):
        return _by(content, encoding)
    if content.count(b"\0") > len(content) // 20:
        raise NotText("is not a text file. Save it as “CSV UTF-8”.")
    try:
        return Decoded(content.decode(), ENCODING_NAMES["utf-8"])
    except UnicodeDecodeError:
        return _by(content, _of_single_bytes(content))


def _by(content: bytes, encoding: str) -> Decoded:
    text = content.decode(encoding, "replace")
    return Decoded(text, ENCODING_NAMES[encoding])


def _refuse_other_kinds(content: bytes) -> None:
    for beginning, kind in OTHER_KINDS:
        if content.startswith(beginning):
            raise NotText(
                f"is {kind}, not a CSV file. Open it and save it as “CSV UTF-8”."
            )
    start = content[:200].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if start.startswith(PAGES):
        raise NotText(
            "is a web page, not a CSV file."
            " Open it in a spreadsheet and save it as “CSV UTF-8”."
        )


def _without_mark(content: bytes) -> str:
    """UTF-16 of mostly Latin text has a NUL in every second place."""
    sample = content[:SAMPLE]
    half = len(sample) // 2
    if half < 4:
        return ""
    in_even = sample[::2].count(0)
    in_odd = sample[1::2].count(0)
    if in_odd > 0.6 * half and in_even < 0.1 * half:
        return "utf-16-le"
    if in_even > 0.6 * half and in_odd < 0.1 * half:
        return "utf-16-be"
    return ""


def _of_single_bytes(content: bytes) -> str:
    """UTF-8 with a broken byte, or the code page of an old
    spreadsheet on Windows or on a Mac.
    """
    lenient = content.decode("utf-8", "replace")
    broken = lenient.count("\ufffd")
    beyond_ascii = sum(not char.isascii() for char in lenient)
    whole = beyond_ascii - broken
    if whole >= broken or _is_cut(content):
        return "utf-8"
    of_windows = content.decode("cp1252", "replace")
    of_mac = content.decode("mac_roman", "replace")
    is_of_mac = _likely(of_mac) > _likely(of_windows)
    return "mac_roman" if is_of_mac else "cp1252"


def _is_cut(content: bytes) -> bool:
    """Whether only its last character is broken off."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(content)
    except UnicodeDecodeError:
        return False
    return True


def _likely(text: str) -> int:
    """How much it reads like names: letters where letters are,
    and no capital within a word.
    """
    found = islice(BEYOND_ASCII.finditer(text), ENOUGH)
    fitting: list[bool] = []
    for each in found:
        before, char = each.groups()
        fitting.append(_fits(char, before))
    return fitting.count(True) - fitting.count(False)


def _fits(char: str, before: str) -> bool:
    if char in "’–\xa0":
        return not before.islower() or char == "\xa0"
    is_letter = unicodedata.category(char) in ("Lu", "Ll")
    is_capital_within = char.isupper() and before.islower()
    return is_letter and not is_capital_within
