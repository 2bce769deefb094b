"""How many segments a text takes on the air, and what would make it take fewer.

GSM-7 by 3GPP TS 23.038, section 6.2.1; parts by TS 23.040, section 9.2.3.24.1. What a
reader sees as one character (an emoji with its skin tone, a flag) begins a new part
rather than being split over two, as Twilio's message segment calculator counts it:
https://github.com/TwilioDevEd/message-segment-calculator (SegmentedMessage.ts).
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import regex

MAX_CHARACTERS = 1600

_GSM7_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_ESCAPED = frozenset("\f^{}\\[~]|€")
_GSM7 = _GSM7_BASIC | _GSM7_ESCAPED


class Encoding(StrEnum):
    """The alphabet a text is sent in; one character outside
    GSM-7 makes all of it UCS-2.
    """

    GSM7 = "GSM-7"
    UCS2 = "UCS-2"


# One character as a reader sees it: a grapheme cluster (Unicode Standard Annex 29). A
# line break of two signs is two characters on the air.
_GRAPHEME = regex.compile(r"\r|\X")

# Units that fit a text sent alone, and each part of a longer one (six octets go to its
# header).
_LIMITS = {Encoding.GSM7: (160, 153), Encoding.UCS2: (70, 67)}


@dataclass(frozen=True, slots=True)
class Segments:
    """The size of a text. Units are septets in GSM-7 and UTF-16 code units in UCS-2."""

    encoding: Encoding
    units: int
    segments: int
    room: int  # units left in the last segment
    forced_by: str  # the first character that made it UCS-2, or ""


def measure(text: str) -> Segments:
    """Measure a text exactly as it will be billed. An empty text has no segment."""
    letters = set(text)
    forced_by = ""
    if not letters <= _GSM7:
        forced_by = next(char for char in text if not _is_gsm7(char))
    encoding = Encoding.UCS2 if forced_by else Encoding.GSM7
    widths = None
    # Nearly every text is plain: a broadcast measures thousands of them.
    if not letters <= _GSM7_BASIC:
        widths = _widths(text, encoding)
    units = len(text) if widths is None else sum(widths)
    alone, part = _LIMITS[encoding]
    if units <= alone:
        parts = 1 if units else 0
        room = alone - units
    else:
        parts, used = _fill(units, part) if widths is None else _pack(widths, part)
        room = part - used
    return Segments(
        encoding=encoding,
        units=units,
        segments=parts,
        room=room,
        forced_by=forced_by,
    )


def plain_alternative(text: str) -> str:
    """Replace typographic characters by their GSM-7 equivalents,
    as "use plain characters" does.

    Letters and emoji stay as they are, because a changed letter is a misspelt name.
    """
    return unicodedata.normalize("NFC", text).translate(_PLAIN)


def utf16_units(text: str) -> int:
    """Return the length in UTF-16 code units, which is
    what a browser's `length` says.
    """
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _is_gsm7(char: str) -> bool:
    return char in _GSM7


def _widths(text: str, encoding: Encoding) -> list[int]:
    """Return the units of each piece of a text that stays in one part."""
    if encoding is Encoding.GSM7:
        return [2 if char in _GSM7_ESCAPED else 1 for char in text]
    _, longest = _LIMITS[encoding]
    widths: list[int] = []
    for grapheme in _GRAPHEME.findall(text):
        units = utf16_units(grapheme)
        if units <= longest:
            widths.append(units)
        else:
            # larger than a part: it has to be split, between code points
            widths += [utf16_units(char) for char in grapheme]
    return widths


def _fill(units: int, limit: int) -> tuple[int, int]:
    """The same as _pack where every character takes one unit."""
    parts = -(-units // limit)  # rounded up
    return parts, units - (parts - 1) * limit


def _pack(widths: Iterable[int], limit: int) -> tuple[int, int]:
    """Fill parts without splitting a piece; return the
    parts and the last one's units.
    """
    parts, used = 1, 0
    for width in widths:
        if used + width > limit:
            parts, used = parts + 1, 0
        used += width
    return parts, used


def _all_to(plain: str, fancy: str) -> dict[int, str]:
    return {ord(char): plain for char in fancy}


_PLAIN: dict[int, str] = (
    _all_to("'", "\u2018\u2019\u201a\u201b\u2032\u2039\u203a\u00b4\u02bc`")
    | _all_to('"', "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb")
    | _all_to("-", "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2022\u2043\u00b7")
    | _all_to(" ", "\t\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a")
    | _all_to(" ", "\u202f\u205f\u3000")
    | _all_to("", "\u00ad\u200b\u2060\ufeff")
    | _all_to("\n", "\u0085\u2028\u2029")
    | {
        0x2026: "...",
        0x2044: "/",
        0x2122: "(TM)",
        0x00A9: "(C)",
        0x00AE: "(R)",
    }
    | {
        0x00BC: "1/4",
        0x00BD: "1/2",
        0x00BE: "3/4",
        0x00D7: "x",
    }
)
