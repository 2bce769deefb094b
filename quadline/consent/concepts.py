"""Which words stand for one idea, in many languages
(stop_concepts.toml), and a reply as a row of ideas.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from quadline.consent.reading import is_asian, simplified

CONCEPTS_FILE = Path(__file__).with_name("stop_concepts.toml")
MAX_CONCEPT_WORDS = 4  # words
MIN_STEM = 3  # letters
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
    lexicon = _lexicon()
    found: list[str | None] = []
    at = 0
    while at < len(words):
        length, concept = _phrase_at(words, at, lexicon)
        if concept is None:
            concept = _concept(words[at], lexicon)
        found.append(concept)
        at += length
    return found


def split_asian(words: Sequence[str]) -> list[str]:
    """What is written without spaces is cut where words of the
    lexicon are, else into characters.
    """
    cut: list[str] = []
    for word in words:
        if is_asian(word):
            cut.extend(_cut(word))
        else:
            cut.append(word)
    return cut


def _phrase_at(
    words: Sequence[str],
    at: int,
    lexicon: Lexicon,
) -> tuple[int, str | None]:
    for length in range(MAX_CONCEPT_WORDS, 1, -1):
        phrase = tuple(words[at : at + length])
        if concept := lexicon.phrases.get(phrase):
            return length, concept
    return 1, None


def _concept(word: str, lexicon: Lexicon) -> str | None:
    as_it_stands = lexicon.words.get(word) or lexicon.asian.get(word)
    concept = as_it_stands or _concept_by_stem(word, lexicon)
    if concept:
        return concept
    has_article = word.startswith(ARTICLE) and len(word) > len(ARTICLE) + 2
    if has_article:
        return _concept(word.removeprefix(ARTICLE), lexicon)
    is_verb = len(word) > len("king") and word.endswith("ing")
    return DOING if is_verb else None


def _concept_by_stem(word: str, lexicon: Lexicon) -> str | None:
    """By the longest beginning of the word that the lexicon has."""
    for length in range(len(word), MIN_STEM - 1, -1):
        if concept := lexicon.stems.get(word[:length]):
            return concept
    return None


def _cut(word: str) -> list[str]:
    """From left to right, the longest word of the lexicon each time."""
    lexicon = _lexicon()
    pieces: list[str] = []
    at = 0
    while at < len(word):
        piece = _asian_word_at(word, at, lexicon)
        pieces.append(piece)
        at += len(piece)
    return pieces


def _asian_word_at(
    text: str,
    at: int,
    lexicon: Lexicon,
) -> str:
    """The longest word of the lexicon that begins there, else one character."""
    longest = min(lexicon.longest_asian, len(text) - at)
    for length in range(longest, 1, -1):
        word = text[at : at + length]
        if word in lexicon.asian:
            return word
    return text[at]


@cache
def _lexicon() -> Lexicon:
    lexicon = Lexicon()
    text = CONCEPTS_FILE.read_text(encoding="utf-8")
    for concept, entries in tomllib.loads(text)["concepts"].items():
        for entry in entries.split():
            _add(lexicon, simplified(entry), concept)
    lengths = map(len, lexicon.asian)
    lexicon.longest_asian = max(lengths, default=1)
    return lexicon


def _add(
    lexicon: Lexicon,
    entry: str,
    concept: str,
) -> None:
    """The first concept that names a word has it."""
    words = entry.strip("_").split("_")
    if is_asian(entry):
        lexicon.asian.setdefault(entry, concept)
    elif len(words) > 1:
        lexicon.phrases.setdefault(tuple(words), concept)
    elif entry.endswith("*"):
        lexicon.stems.setdefault(entry[:-1], concept)
    else:
        lexicon.words.setdefault(entry, concept)
