"""Whether a reply may ask for no more texts without saying a keyword: by certain
phrases, else by the trained classifier.

The phrases are data: stop_phrases.toml.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from quadline.consent import stop_classifier
from quadline.consent.reading import (
    REPLY_APOSTROPHES,
    STRETCHED,
    own_words,
    without_accents,
)

PHRASES = Path(__file__).with_name("stop_phrases.toml")
MAX_REPLY_READ = 1600  # characters that are read; no text from a phone is longer
MAX_KEPT_PHRASE = 80  # as it is kept with the question
LANGUAGES = ("english", "spanish")

_PIECES = re.compile(r"\w+|[.!?;:\n…]|[,()]|(?<= )[-–—]+(?= )")
_ENDS_A_SENTENCE = frozenset(".!?;:\n…")
# In what is compared, one space stands between words, "." around a sentence and ","
# between its clauses.
# people put commas anywhere, but "no, stop" is not "no stop"
_GAP = {"stops": " (?:, )?", "talk": " "}
_EDGES = {"^": "(?<=[.,] )", "$": "(?= [.,])"}
_WILD = {"_": "[^ .,]+", "#": "[^ .,]*[0-9][^ .,]*"}
_PARTS = re.compile(r"\[[^\]]*\]|\S+")


@lru_cache(maxsize=1000)  # asked where a reply comes in, and where it is filed
def stop_phrase_in(body: str) -> str | None:
    """The words for which a reply may mean "no more texts", or None for ordinary talk.
    Quoted words are not the writer's.

    A certain phrase where there is one; where only the classifier says so, the
    beginning of the reply itself.
    """
    read = body[:MAX_REPLY_READ]
    if phrase := certain_phrase_in(read):
        return phrase
    if not stop_classifier.reads_like_a_stop(read):
        return None
    return read.strip()[:MAX_KEPT_PHRASE]


def load_phrases() -> None:
    """Read and compile everything now, so that no reply waits for it."""
    _patterns()
    stop_classifier.score("ready")


def certain_phrase_in(body: str) -> str | None:
    """The first phrase that asks to stop and is no part of everyday talk."""
    said = _plain(body)
    stops, talk = _patterns()
    found = list(stops.finditer(said))
    if not found:
        return None
    everyday = [each.span() for each in talk.finditer(said)]
    for phrase in found:
        first, last = phrase.span()
        is_talk = any(start < last and first < end for start, end in everyday)
        if not is_talk:
            return phrase[0].strip(" .,")[:MAX_KEPT_PHRASE]
    return None


def _plain(body: str) -> str:
    """Lower-case words without accents and apostrophes, each as it is
    spelled properly, and the edges of clauses.
    """
    own = own_words(unicodedata.normalize("NFKC", body))
    text = without_accents(own.translate(REPLY_APOSTROPHES)).replace("#", " number ")
    pieces = _PIECES.findall(STRETCHED.sub(r"\1", text))
    kept = ["."]
    for piece in pieces:
        if piece[0] == "_" or piece[0].isalnum():
            kept.append(_spelled().get(piece, piece))
        elif kept[-1] not in ".,":
            kept.append("." if piece in _ENDS_A_SENTENCE else ",")
    return f" {' '.join(kept)} . "


@cache
def _spelled() -> dict[str, str]:
    return {
        typed: word
        for word, line in _data()["spellings"].items()
        for typed in line.split()
    }


@cache
def _data() -> dict[str, Any]:
    text = PHRASES.read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Every phrase that asks to stop, and every one that does not. No part of them
    repeats, so none can run away.
    """
    return _union("stops"), _union("talk")


def _union(kind: str) -> re.Pattern[str]:
    patterns: list[str] = []
    for language in LANGUAGES:
        phrases = _data()[language][kind]
        patterns += [_compiled(phrase, _GAP[kind]) for phrase in phrases]
    return re.compile(f"(?<= ){_one_of(patterns)}(?= )")


def _compiled(phrase: str, gap: str) -> str:
    """One phrase as a regular expression over what ``_plain`` makes."""
    pattern = ""
    has_begun = False  # a gap stands before each word but the first
    for part in _PARTS.findall(phrase):
        if part in _EDGES:
            pattern += _EDGES[part]
        elif part[0] == "!":
            words = part[1:]
            pattern += _absent(words, gap) if has_begun else _not_after(words)
        elif part[0] == "[":
            optional = _either(part[1:-1], gap)
            with_gap = f"{gap}{optional}" if has_begun else f"{optional}{gap}"
            pattern += f"(?:{with_gap})?"
        else:
            if has_begun:
                pattern += gap
            pattern += _either(part, gap)
            has_begun = True
    return pattern


def _absent(part: str, gap: str) -> str:
    words = _one_of(_members(part))
    return f"(?!{gap}{words} )"


def _not_after(part: str) -> str:
    # one for each word: what is looked back for must have one width
    absent = [f"(?<! {word} )" for word in _members(part)]
    return "".join(absent)


def _either(part: str, gap: str) -> str:
    """One of the alternatives, each of one or more words or sets."""
    ways: list[str] = []
    for way in part.split("|"):
        words = [_word(word, gap) for word in way.split()]
        ways.append(gap.join(words))
    return _one_of(ways) if len(ways) > 1 else ways[0]


def _word(word: str, gap: str) -> str:
    if not word.startswith("{"):
        return _WILD.get(word) or re.escape(word)
    members = [each.replace(" ", gap) for each in _members(word)]
    return _one_of(members)


def _one_of(ways: Iterable[str]) -> str:
    joined = "|".join(ways)
    return f"(?:{joined})"


def _members(part: str) -> list[str]:
    if not part.startswith("{"):
        return [part]
    name = part[1:-1]
    members = _data()["sets"][name].split(",")
    return [member.strip() for member in members]
