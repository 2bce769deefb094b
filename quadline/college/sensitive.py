"""What must not go out in a message unasked, such as card numbers: the college's list
of kinds, and what of them is in some words. No database here.

A kind is a name and a shape. A shape is no regular expression: a mistake in one could
keep every message waiting, and an administrator reads it at a glance.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

SENSITIVE_BY_DEFAULT = "Social Security number: SSN; Payment card number: CARD"
MAX_KINDS = 20
MAX_KIND_NAME = 40
MAX_SHAPE = 30
MIN_SIGNS = 4  # of a shape that stand for something: "99" would stop every date
MAX_WORDS_READ = 25_000  # nothing longer is sent
LETTERS_LEFT = 4  # of what was found, when it is shown
SHAPE = re.compile(r"[9A](?:[9A -./]*[9A])?")
# Nine digits as the Social Security Administration gives them out (no 000, 666 or 9xx
# first, no zero group).
SSN = re.compile(
    r"(?<![\w-])(?!000|666|9\d\d)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\w-])"
)
# As they are printed: in fours, as American Express or Diners Club has it, or in a row.
CARD = re.compile(
    r"(?<![\w-])(?:\d{4}([- ])\d{4}\1\d{4}\1\d{1,7}|\d{4}([- ])\d{6}\2\d{4,5}"
    r"|\d{13,19})(?![\w-])"
)
LONG_DASHES = {ord(dash): "-" for dash in "\u2010\u2011\u2012\u2013\u2014\u2212"}
HOW_TO_WRITE = (
    "Write one kind a line: a name, a colon, and SSN, CARD or a shape in which 9 stands"
    " for any digit and A for any letter, such as Student ID: A99999999."
)


@dataclass(frozen=True)
class SensitiveKind:
    name: str  # Payment card number
    shape: str  # CARD

    def __str__(self) -> str:
        return f"{self.name}: {self.shape}"


@dataclass(frozen=True)
class SensitiveMatch:
    """Something of a kind. ``masked``: as it may be shown and kept, ···6789."""

    kind: str
    masked: str


def kinds_in(written: str) -> tuple[SensitiveKind, ...]:
    """Read the list: kinds on lines of their own or after semicolons.

    Raises ValueError, in words, for what is no kind.
    """
    lines = [line.strip() for line in re.split(r"[;\r\n]", written)]
    kinds = tuple(_kind(line) for line in lines if line)
    if len(kinds) > MAX_KINDS:
        raise ValueError(f"has {len(kinds)} kinds; {MAX_KINDS} is the most.")
    names = [kind.name.casefold() for kind in kinds]
    for kind in kinds:
        if names.count(kind.name.casefold()) > 1:
            raise ValueError(f"has {kind.name} twice. Give each a name of its own.")
    return kinds


def listed_kinds(written: str) -> str:
    """The list in one form, on one line."""
    return "; ".join(str(kind) for kind in kinds_in(written))


def sensitive_in(words: str, kinds: str) -> list[SensitiveMatch]:
    """What of these kinds is in some words, one of each at most."""
    # Full-width digits and long dashes: what phones and word processors make of them.
    plain = unicodedata.normalize("NFKC", words[:MAX_WORDS_READ]).translate(LONG_DASHES)
    plain = re.sub(r"[^\S\n]", " ", plain)
    found = ((kind, next(finds(plain), "")) for kind, finds in _finders(kinds))
    return [SensitiveMatch(kind, _masked(match)) for kind, match in found if match]


def _kind(line: str) -> SensitiveKind:
    name, colon, shape = (part.strip() for part in line.rpartition(":"))
    if not colon or not name or not shape:
        raise ValueError(f"has “{line}”, which is no kind. {HOW_TO_WRITE}")
    if len(name) > MAX_KIND_NAME or not name.isprintable():
        raise ValueError(f"has a name that is over {MAX_KIND_NAME} characters: {name}.")
    if shape.upper() in NAMED_SHAPES:
        return SensitiveKind(name, shape.upper())
    signs = sum(shape.count(sign) for sign in "9A")
    is_long_enough = signs >= MIN_SIGNS and len(shape) <= MAX_SHAPE
    if not (is_long_enough and SHAPE.fullmatch(shape)):
        raise ValueError(
            f"has “{shape}” for {name}, which is no shape of {MIN_SIGNS} signs or more."
            f" {HOW_TO_WRITE}"
        )
    return SensitiveKind(name, shape)


Finder = Callable[[str], Iterator[str]]


def _cards(words: str) -> Iterator[str]:
    for match in CARD.finditer(words):
        if _is_card(re.sub(r"\D", "", match.group())):
            yield match.group()


def _is_card(digits: str) -> bool:
    """By length, first digit and check digit (ISO/IEC 7812: the Luhn formula)."""
    if not 13 <= len(digits) <= 19 or digits[0] not in "23456":
        return False
    doubled = [2 * int(digit) for digit in digits[-2::-2]]
    of_doubled = sum(each // 10 + each % 10 for each in doubled)
    return (of_doubled + sum(map(int, digits[-1::-2]))) % 10 == 0


def _ssns(words: str) -> Iterator[str]:
    return (match.group() for match in SSN.finditer(words))


NAMED_SHAPES: dict[str, Finder] = {"SSN": _ssns, "CARD": _cards}


@lru_cache(maxsize=8)  # one list, asked about with each message
def _finders(kinds: str) -> tuple[tuple[str, Finder], ...]:
    return tuple(
        (kind.name, NAMED_SHAPES.get(kind.shape) or _finder(kind.shape))
        for kind in kinds_in(kinds)
    )


def _finder(shape: str) -> Finder:
    """Each sign of a shape is one sign of the words, so it takes no longer than to
    read them.
    """
    meanings = {"9": r"\d", "A": r"[^\W\d_]", "-": "[- ]", " ": "[- ]"}
    signs = "".join(meanings.get(sign, re.escape(sign)) for sign in shape)
    pattern = re.compile(rf"(?<![\w-]){signs}(?![\w-])")

    def find(words: str) -> Iterator[str]:
        return (match.group() for match in pattern.finditer(words))

    return find


def _masked(match: str) -> str:
    ends_at = len(match) - LETTERS_LEFT
    hidden = re.sub(r"\w", "·", match[:ends_at])
    return f"{hidden}{match[ends_at:]}"
