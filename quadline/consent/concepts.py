"""Which words stand for one idea, in many languages
(stop_concepts.toml), and a reply as a row of ideas.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from quadline.consent.reading import is_asian, simplified

CONCEPTS = Path(__file__).with_name("stop_concepts.toml")
LONGEST_PHRASE = 4  # words
SHORTEST_STEM = 3  # letters
ARTICLE = "ال"  # Arabic writes it on the word
DOING = "doing"  # any other English verb: "stop telling me" is like "stop texting me"


@dataclass
class Lexicon:
    """Words, beginnings of words, words in a row and Asian
    characters, each with its concept.
    """

    words: dict[str, str] = field(default_factory=dict)
    stems: dict[str, str] = field(default_factory=dict)
    phrases: dict[tuple[str, ...], str] = field(default_factory=dict)
    asian: dict[str, str] = field(default_factory=dict)
    longest_asian: int = 1


def concepts_of(words: Sequence[str]) -> list[str | None]:
    """The concept of each word, or of several in a row, in their order;
    None for one that stands for none.
    """
    lexicon, found, at = _lexicon(), list[str | None](), 0
    while at < len(words):
        length, concept = _phrase_at(words, at, lexicon)
        found.append(concept or _concept(words[at], lexicon))
        at += length
    return found


def split_asian(words: Sequence[str]) -> list[str]:
    """What is written without spaces is cut where words of the
    lexicon are, else into characters.
    """
    cut = list[str]()
    for word in words:
        if is_asian(word):
            cut.extend(_cut(word))
        else:
            cut.append(word)
    return cut


def _phrase_at(
    words: Sequence[str], at: int, lexicon: Lexicon
) -> tuple[int, str | None]:
    for length in range(LONGEST_PHRASE, 1, -1):
        if concept := lexicon.phrases.get(tuple(words[at : at + length])):
            return length, concept
    return 1, None


def _concept(word: str, lexicon: Lexicon) -> str | None:
    if concept := lexicon.words.get(word) or lexicon.asian.get(word):
        return concept
    for length in range(len(word), SHORTEST_STEM - 1, -1):
        if concept := lexicon.stems.get(word[:length]):
            return concept
    if word.startswith(ARTICLE) and len(word) > len(ARTICLE) + 2:
        return _concept(word.removeprefix(ARTICLE), lexicon)
    return DOING if len(word) > len("king") and word.endswith("ing") else None


def _cut(word: str) -> list[str]:
    lexicon, pieces, at = _lexicon(), list[str](), 0
    while at < len(word):
        lengths = range(min(lexicon.longest_asian, len(word) - at), 1, -1)
        length = next(
            (each for each in lengths if word[at : at + each] in lexicon.asian), 1
        )
        pieces.append(word[at : at + length])
        at += length
    return pieces


@cache
def _lexicon() -> Lexicon:
    lexicon = Lexicon()
    data = tomllib.loads(CONCEPTS.read_text(encoding="utf-8"))
    for concept, entries in data["concepts"].items():
        for entry in entries.split():
            _add(lexicon, simplified(entry), concept)
    lexicon.longest_asian = max(map(len, lexicon.asian), default=1)
    return lexicon


def _add(lexicon: Lexicon, entry: str, concept: str) -> None:
    """The first concept that names a word has it."""
    if is_asian(entry):
        lexicon.asian.setdefault(entry, concept)
    elif "_" in entry.strip("_"):
        lexicon.phrases.setdefault(tuple(entry.strip("_").split("_")), concept)
    elif entry.endswith("*"):
        lexicon.stems.setdefault(entry[:-1], concept)
    else:
        lexicon.words.setdefault(entry, concept)
