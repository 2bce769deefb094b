"""How much a reply reads like a wish for no more texts: a small linear classifier, trained on labelled replies.

What it has learned is data: stop_weights.bin and stop_weights.toml, made by ``make train-opt-out``. No library is needed.
"""

import re
import tomllib
import unicodedata
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

from quadline.consent.concepts import concepts_of, split_asian
from quadline.consent.reading import own_words, simplified, words_of

WEIGHTS = Path(__file__).with_name("stop_weights.bin")
ABOUT_WEIGHTS = WEIGHTS.with_suffix(".toml")
TABLE = 1 << 16  # places that features are hashed into; one signed byte each
LONGEST = 320  # characters that are read at once; what is longer is read sentence by sentence
MOST_SENTENCES = 8  # from the end, where a wish stands
LETTERS = range(2, 5)  # letters in a row
CONCEPTS = range(1, 4)  # concepts in a row
_SAYING = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "So"})
_SENTENCES = re.compile(r"[.!?\n。！？؟]+")


@dataclass(frozen=True)
class Model:
    """Weights as signed bytes: a score is ``bias + scale × (mean-like sums of weights)``. ``threshold``: from here on we ask."""

    weights: memoryview
    scale: float
    bias: float
    threshold: float


def reads_like_a_stop(body: str) -> bool:
    return _says_something(body) and score(body) >= model().threshold


def score(body: str) -> float:
    """The more above zero, the more it reads like a stop; below, like talk. The highest of its parts, when it is long."""
    return max(_score(part) for part in _parts(body))


def features(body: str) -> tuple[set[int], set[int]]:
    """Where in the table a reply finds its weights: by letters and words, and by concepts."""
    plain = simplified(own_words(unicodedata.normalize("NFKC", body)))
    words = split_asian(words_of(plain))
    by_form = _hashed([*_letters(words), *_words(words)])
    return by_form, _hashed(_ideas(concepts_of(words))) - by_form


@cache
def model() -> Model:
    about = tomllib.loads(ABOUT_WEIGHTS.read_text(encoding="utf-8"))
    weights = memoryview(WEIGHTS.read_bytes()).cast("b")
    return Model(weights, about["scale"], about["bias"], about["threshold"])


def _says_something(body: str) -> bool:
    """A letter or an emoji: points and dashes alone were in no reply that it learned from."""
    return any(unicodedata.category(sign) in _SAYING for sign in body)


def _parts(body: str) -> list[str]:
    if len(body) <= LONGEST:
        return [body]
    sentences = [sentence[:LONGEST] for sentence in _SENTENCES.split(body) if sentence.strip()]
    return sentences[-MOST_SENTENCES:] or [body[-LONGEST:]]


def _score(body: str) -> float:
    weights = model().weights
    total = 0.0
    for places in features(body):
        if places:
            total += sum(weights[place] for place in places) / len(places) ** 0.5
    return model().bias + model().scale * total


def _letters(words: Sequence[str]) -> Iterable[str]:
    line = f" {' '.join(words)} "
    for length in LETTERS:
        for at in range(len(line) - length + 1):
            yield line[at : at + length]


def _words(words: Sequence[str]) -> Iterable[str]:
    """Each word, two in a row, two with one between."""
    row = ["^", *words, "$"]
    yield from (f"w {word}" for word in row)
    yield from (f"ww {one} {next_one}" for one, next_one in pairwise(row))
    yield from (f"w_w {one} {after}" for one, after in zip(row, row[2:], strict=False))
    yield f"length {min(6, len(row) // 3)}"


def _ideas(concepts: Sequence[str | None]) -> Iterable[str]:
    """Concepts in a row, with and without the words between, and every two that are together in the reply."""
    known = [concept for concept in concepts if concept]
    for kind, row in (("c", ["^", *_gaps_as_one(concepts), "$"]), ("k", ["^", *known, "$"])):
        for length in CONCEPTS:
            for at in range(len(row) - length + 1):
                yield f"{kind} {' '.join(row[at : at + length])}"
    kinds = sorted(set(known))
    for place, one in enumerate(kinds):
        yield from (f"both {one} {other}" for other in kinds[place + 1 :])
    unknown = len(concepts) - len(known)
    yield f"unknown {min(unknown, 5)} {4 * unknown // max(1, len(concepts))}"


def _gaps_as_one(concepts: Sequence[str | None]) -> list[str]:
    row = list[str]()
    for concept in concepts:
        if concept or row[-1:] != ["_"]:
            row.append(concept or "_")
    return row


def _hashed(names: Iterable[str]) -> set[int]:
    return set(map(_place, names))


@lru_cache(maxsize=50_000)  # the same letters and words come again and again
def _place(name: str) -> int:
    """CRC-32 is the same in every process and on every machine, which Python's own hash is not."""
    return zlib.crc32(name.encode("utf-8", "surrogatepass")) % TABLE
