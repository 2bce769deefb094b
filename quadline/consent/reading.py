"""A reply as it is compared: plain lower-case letters without
accents, and the writer's own words only.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

REPLY_APOSTROPHES = str.maketrans("", "", "'’‘`´ʼ")
STRETCHED = re.compile(r"(.)\1{2,}")  # stoooop

_QUOTED = re.compile(r"“[^“”]*”|\"[^\"]*\"|«[^«»]*»|(?<!\w)['‘][^'’‘]*['’](?!\w)")
_WORDS = re.compile(r"\w+|[^\w\s]")
# What NFKC leaves apart and people do not: the Arabic letters that end a word, the
# Vietnamese đ.
_ONE_LETTER = str.maketrans(
    {
        "ى": "ي",
        "ة": "ه",
        "đ": "d",
    }
)
# Letters of other scripts that look Latin; read so only inside of a word that has Latin
# ones.
_LOOKS_LATIN = str.maketrans("аеорсхуѕіјтвнкмοαερτνκι", "aeopcxysijtbhkmoaeptvki")
_LEET = str.maketrans("013457", "oieast")
# stop2end, 2stop, stop4ever
_SPOKEN_NUMBER = re.compile(r"(?P<before>[a-z]*)(?P<number>[24])(?P<after>[a-z]*)")
_NUMBER = {"2": "to", "4": "for"}
_ASIAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
# zero widths, variation selectors, skin tones
_NOT_SEEN = frozenset({"Cf", "Cc", "Mn", "Me", "Sk"})
_CONTROLS = "".join(
    sign for sign in map(chr, range(128)) if not (sign.isspace() or sign.isprintable())
)
_ASCII_NOT_SEEN = str.maketrans("", "", _CONTROLS + "'`^")


def own_words(text: str) -> str:
    """Without what is quoted, unless nothing else is said."""
    kept = _QUOTED.sub(" , ", text)
    says_something = re.search(r"\w", kept) is not None
    return kept if says_something else text


def without_accents(text: str) -> str:
    """Lower case without accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = [each for each in decomposed if not unicodedata.combining(each)]
    return "".join(letters)


def simplified(text: str) -> str:
    """Folded, without what is not seen, one form for each letter.

    A letter that is stretched ("stoooop") counts once.
    """
    if text.isascii():  # most replies; the same result in a quarter of the time
        return STRETCHED.sub(r"\1", text.lower().translate(_ASCII_NOT_SEEN))
    plain = unicodedata.normalize(
        "NFC", without_accents(text).translate(_ONE_LETTER)
    ).translate(REPLY_APOSTROPHES)
    return STRETCHED.sub(r"\1", "".join(sign for sign in plain if _is_seen(sign)))


def reply_words(text: str) -> list[str]:
    """Words, signs and emoji of simplified text: digits as 0, "stop2end" as three
    words, look-alikes as Latin letters.
    """
    return [part for word in _WORDS.findall(text) for part in _parts(word)]


def is_asian(word: str) -> bool:
    """Whether it is written without spaces between words (or, in
    Korean, with endings grown on).
    """
    return _ASIAN.search(word) is not None


def _parts(word: str) -> Iterator[str]:
    if word.isascii() and word.isalpha():
        yield word
    elif word.isdigit():
        yield "0"
    elif spoken := _SPOKEN_NUMBER.fullmatch(word):
        number = _NUMBER[spoken["number"]]
        parts = (spoken["before"], number, spoken["after"])
        yield from filter(None, parts)
    elif any("a" <= letter <= "z" for letter in word):
        yield word.translate(_LOOKS_LATIN).translate(_LEET)
    else:
        yield word


@lru_cache(maxsize=5000)
def _is_seen(sign: str) -> bool:
    # tabs and line breaks are controls (Cc), and part words all the same
    if sign.isspace():
        return True
    return unicodedata.category(sign) not in _NOT_SEEN
