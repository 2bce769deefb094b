"""The words that a student is found by, and the words that are asked for, in one spelling. No database here."""

import unicodedata
from typing import Protocol

# Letters that people type plainly though Unicode does not take them apart; the ʻokina divides words.
PLAIN = {"ł": "l", "đ": "d", "ð": "d", "ø": "o", "ħ": "h", "ı": "i", "þ": "th", "æ": "ae", "œ": "oe", "ʻ": " ", "ʼ": " "}
APOSTROPHES = str.maketrans(dict.fromkeys("'’‘`´ʻʼ", ""))


class Searched(Protocol):
    """A student, saved or about to be; phones in E.164."""

    @property
    def institutional_id(self) -> str: ...
    @property
    def first_name(self) -> str: ...
    @property
    def last_name(self) -> str: ...
    @property
    def preferred_name(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def mobile(self) -> str: ...
    @property
    def landline(self) -> str: ...


class _Spelling(dict[int, str]):
    """What becomes of each character, decided when it is first met: a roster has millions of them, but few that differ."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        kept = letter if letter.isalnum() else " "
        self[code] = PLAIN.get(letter, "" if unicodedata.combining(letter) else kept)
        return self[code]


_SPELLING = _Spelling()


def folded(text: str) -> str:
    """Lower-case words without accents or punctuation, single spaces: what is stored to search, and what is searched."""
    return " ".join(unicodedata.normalize("NFKD", text.casefold()).translate(_SPELLING).split())


def search_text(student: Searched) -> str:
    """The words a student is found by: names, id, email, and phones in full and by each of their parts."""
    names = " ".join((student.preferred_name, student.first_name, student.last_name))
    joined = names.translate(APOSTROPHES)  # obrien for O'Brien
    numbers = [words for phone in (student.mobile, student.landline) if phone for words in _phone_words(phone)]
    return folded(" ".join((names, joined if joined != names else "", student.institutional_id, student.email, *numbers)))


def _phone_words(phone: str) -> list[str]:
    """However people type a number: with the country, without it, or in its three parts."""
    digits = phone.removeprefix("+")
    national = digits[-10:]
    return [digits, national, national[:3], national[3:6], national[6:]]
