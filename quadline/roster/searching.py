"""The words that a student is found by, and the words that are asked
for, in one spelling. No database here.
"""

import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from typing import Protocol

# Letters that people type plainly though Unicode does not take them apart; the ʻokina
# divides words, and the Arabic tatweel only stretches one.
PLAIN = {
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "ø": "o",
    "ħ": "h",
    "ı": "i",
    "þ": "th",
    "æ": "ae",
    "œ": "oe",
    "ə": "e",
    "ŧ": "t",
    "ʻ": " ",
    "ʼ": " ",
    "ʹ": " ",
    "\u0640": "",
}
# How the same letters are written where there are no umlauts: Mueller for Müller,
# Soeren for Søren, Haakon for Håkon.
SPELLED_OUT = str.maketrans(
    {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "ø": "oe",
        "å": "aa",
    }
)
NAME_APOSTROPHES = str.maketrans(dict.fromkeys("'’‘`´′＇ʹʻʼ", ""))
# Scripts that put no space between the family and the given name: CJK radicals to
# Hangul, and full-width beyond.
WITHOUT_SPACES = range(0x2E80, 0xD7FC)
MAX_QUERY_WORDS, MAX_QUERY_WORD = 8, 40  # of a query


class Searched(Protocol):
    """A student, saved or about to be; phones in E.164."""

    institutional_id: str
    first_name: str
    last_name: str
    preferred_name: str
    email: str
    mobile: str
    landline: str


class _Spelling(dict[int, str]):
    """What becomes of each character, decided when it is first met: a roster has
    millions of them, but few that differ.
    """

    def __missing__(self, code: int) -> str:
        self[code] = _spelled(chr(code))
        return self[code]


def _spelled(letter: str) -> str:
    if letter in PLAIN:
        return PLAIN[letter]
    is_accent = unicodedata.combining(letter) != 0
    is_unseen = unicodedata.category(letter) == "Cf"
    if is_accent or is_unseen:
        return ""
    if not letter.isalnum():
        return " "
    return letter


_SPELLING = _Spelling()


def folded_for_search(text: str) -> str:
    """Lower-case words without accents or punctuation, single spaces: what is
    stored to search, and what is searched.
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(decomposed.translate(_SPELLING).split())


def search_text(student: Searched) -> str:
    """The words a student is found by: names as in `name_words`, id, email,
    and phones in full and by their parts.
    """
    names = name_words(student.preferred_name, student.first_name, student.last_name)
    others = [student.institutional_id, student.email]
    for phone in filter(None, (student.mobile, student.landline)):
        others += _phone_words(phone)
    words = [*names, folded_for_search(" ".join(others))]
    return " ".join(words).strip()


def name_words(
    preferred: str,
    first: str,
    last: str,
) -> list[str]:
    """Every word that somebody may type for these names, each once.

    The words themselves, each name as one word (delacruz, maryann, obrien), letters
    spelled out (mueller), and names of scripts without spaces as they are written, the
    family name first or last (李小明).
    """
    words: dict[str, None] = {}
    for name in (preferred, first, last):
        for spelling in _spellings(name):
            words |= dict.fromkeys(spelling.split())
            words |= dict.fromkeys(_in_one(spelling))
    for whole in _without_spaces((preferred, first), last):
        words[whole] = None
    return list(words)


def search_terms(query: str) -> list[list[str]]:
    """Ways to read a query: in each, every word must begin a word that is stored.

    As typed or with its letters spelled out, with two neighbors in one word ("mary ann"
    for Maryann), and all in one.
    """
    ways: list[list[str]] = []
    for spelling in dict.fromkeys(_spellings(query)):
        typed = spelling.split()[:MAX_QUERY_WORDS]
        words = [word[:MAX_QUERY_WORD] for word in typed]
        ways += [way for way in _ways(words) if way not in ways]
    return ways


def _ways(words: list[str]) -> Iterator[list[str]]:
    if words:
        yield words
    # “mary ann” is written in one word, too
    for place, (one, following) in enumerate(pairwise(words)):
        joined = f"{one}{following}"[:MAX_QUERY_WORD]
        before, after = words[:place], words[place + 2 :]
        yield [*before, joined, *after]
    if len(words) > 2:
        all_in_one = "".join(words)
        yield [all_in_one[:MAX_QUERY_WORD]]


def _spellings(name: str) -> Iterator[str]:
    """The name folded; without its apostrophes; and with its letters spelled out."""
    if not name:
        return
    yield folded_for_search(name)
    # obrien for O’Brien, which folds to two words
    closed = name.translate(NAME_APOSTROPHES)
    if closed != name:
        yield folded_for_search(closed)
    if not name.isascii():
        lower = unicodedata.normalize("NFC", name.casefold())
        spelled = lower.translate(SPELLED_OUT)
        if spelled != lower:
            yield folded_for_search(spelled.translate(NAME_APOSTROPHES))


def _in_one(spelling: str) -> list[str]:
    """delacruz of “dela cruz”."""
    if " " not in spelling:
        return []
    return [spelling.replace(" ", "")]


def _without_spaces(given: tuple[str, ...], last: str) -> Iterator[str]:
    if not last or ord(last[0]) not in WITHOUT_SPACES:
        return
    family = folded_for_search(last).replace(" ", "")
    for name in filter(None, given):
        own = folded_for_search(name).replace(" ", "")
        yield family + own
        yield own + family


def _phone_words(phone: str) -> list[str]:
    """However people type a number: with the country,
    without it, or in its three parts.
    """
    digits = phone.removeprefix("+")
    national = digits[-10:]
    area, exchange, line = national[:3], national[3:6], national[6:]
    return [digits, national, area, exchange, line]
