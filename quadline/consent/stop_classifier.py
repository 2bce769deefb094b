"""How much a reply reads like a wish for no more texts: a small linear classifier.

It is trained on labeled replies. What it has learned is data: stop_weights.bin and
stop_weights.toml, made by ``make train-opt-out``. No library is needed to read a reply.
"""

import tomllib
import unicodedata
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import combinations, pairwise
from pathlib import Path

from quadline.consent.concepts import concepts_of, split_asian
from quadline.consent.reading import own_words, reply_words, simplified

WEIGHTS = Path(__file__).with_name("stop_weights.bin")
ABOUT_WEIGHTS = WEIGHTS.with_suffix(".toml")
HASH_BUCKETS = 1 << 17  # places that features are hashed into; one signed byte each
# characters that are read at once; of what is longer, the likeliest parts
MAX_READ_AT_ONCE = 320
MAX_PART = 24  # words
PART_OVERLAP = 6  # words that two parts of one long sentence share
LIKELIEST_PARTS = 2  # besides the last part, where a wish usually stands
LETTER_RUNS = range(2, 5)  # letters in a row
CONCEPT_RUNS = range(1, 4)  # concepts in a row
_SAYING = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "So"})
_ENDS_A_SENTENCE = frozenset(".!?。؟…")


@dataclass(frozen=True)
class Model:
    """A score is ``bias + scale × Σ weight / √(features of that kind)``.

    weights: one small integer for each place of the table. threshold: from this score
    on a person is asked.
    """

    weights: tuple[int, ...]
    scale: float
    bias: float
    threshold: float


def reads_like_a_stop(body: str) -> bool:
    """Whether a person is asked what it means. ``body``: 1,600 characters at most."""
    if not _says_something(body):
        return False
    return score(body) >= model().threshold


def score(body: str) -> float:
    """Above zero it reads more like a stop, below more like talk.

    Of a long reply, the highest score of its likeliest parts.
    """
    words = _words_in(body)
    if len(body) <= MAX_READ_AT_ONCE:
        return _score(words)
    return max(_score(part) for part in _likeliest(_parts(words)))


def features(body: str) -> list[set[int]]:
    """Where in the table a reply finds its weights: by letters, words and concepts."""
    return _features(_words_in(body))


@cache
def model() -> Model:
    about = tomllib.loads(ABOUT_WEIGHTS.read_text(encoding="utf-8"))
    weights = tuple(memoryview(WEIGHTS.read_bytes()).cast("b"))
    return Model(
        weights=weights,
        scale=about["scale"],
        bias=about["bias"],
        threshold=about["threshold"],
    )


def _says_something(body: str) -> bool:
    """Whether it has a letter or an emoji; no labeled reply is of signs alone."""
    return any(unicodedata.category(sign) in _SAYING for sign in body)


def _words_in(body: str) -> list[str]:
    own = own_words(unicodedata.normalize("NFKC", body))
    words = reply_words(simplified(own))
    return split_asian(words)


def _parts(words: Sequence[str]) -> list[Sequence[str]]:
    """Sentences; one that runs on is cut into pieces that share a few words."""
    ends = [at for at, word in enumerate(words, 1) if word in _ENDS_A_SENTENCE]
    edges = [0, *ends, len(words)]
    parts: list[Sequence[str]] = []
    for start, end in pairwise(edges):
        parts += _pieces(words[start:end])
    # one word, or a sign alone, is no sentence
    sentences = [part for part in parts if len(part) > 1]
    return sentences or [words[:MAX_PART]]


def _pieces(sentence: Sequence[str]) -> list[Sequence[str]]:
    # a last piece of only what two share would say nothing new
    end = max(1, len(sentence) - PART_OVERLAP)
    step = MAX_PART - PART_OVERLAP
    starts = range(0, end, step)
    return [sentence[at : at + MAX_PART] for at in starts]


def _likeliest(parts: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """The last, where a wish usually stands, and the most promising of the others."""
    *earlier, last = parts
    earlier.sort(key=_promise, reverse=True)
    likeliest = earlier[:LIKELIEST_PARTS]
    return [last, *likeliest]


def _promise(words: Sequence[str]) -> int:
    """How much its words say for a stop, one by one: cheap, to choose what to read."""
    weights = model().weights
    return sum(weights[_place(f"w {word}")] for word in words)


def _score(words: Sequence[str]) -> float:
    weights = model().weights
    total = 0.0
    for places in _features(words):
        weight = sum(map(weights.__getitem__, places))
        total += weight / max(1, len(places)) ** 0.5
    return model().bias + model().scale * total


def _features(words: Sequence[str]) -> list[set[int]]:
    concepts = concepts_of(words)
    return [
        _places(_letters(words)),
        _places(_words(words)),
        _places(_ideas(concepts)),
    ]


def _letters(words: Sequence[str]) -> Iterable[str]:
    text = " ".join(words)
    line = f" {text} "[:MAX_READ_AT_ONCE]
    for length in LETTER_RUNS:
        starts = range(len(line) - length + 1)
        for at in starts:
            yield line[at : at + length]


def _words(words: Sequence[str]) -> Iterable[str]:
    """Each word, two in a row, two with one between."""
    row = ["^", *words, "$"]
    for word in row:
        yield f"w {word}"
    for one, following in pairwise(row):
        yield f"ww {one} {following}"
    for one, after_next in zip(row, row[2:], strict=False):
        yield f"w_w {one} {after_next}"
    length = min(6, len(row) // 3)
    yield f"length {length}"


def _ideas(concepts: Sequence[str | None]) -> Iterable[str]:
    """Concepts in a row, with and without the words between, and every
    two that are together in the reply.
    """
    known = [concept for concept in concepts if concept]
    yield from _runs("c", ["^", *_gaps_as_one(concepts), "$"])
    yield from _runs("k", ["^", *known, "$"])
    distinct = sorted(set(known))
    for one, other in combinations(distinct, 2):
        yield f"both {one} {other}"
    unknown = len(concepts) - len(known)
    quarters = 4 * unknown // max(1, len(concepts))
    yield f"unknown {min(unknown, 5)} {quarters}"


def _runs(kind: str, row: Sequence[str]) -> Iterable[str]:
    for length in CONCEPT_RUNS:
        starts = range(len(row) - length + 1)
        for at in starts:
            run = " ".join(row[at : at + length])
            yield f"{kind} {run}"


def _gaps_as_one(concepts: Sequence[str | None]) -> list[str]:
    row: list[str] = []
    for concept in concepts:
        if concept or row[-1:] != ["_"]:
            row.append(concept or "_")
    return row


def _places(names: Iterable[str]) -> set[int]:
    return set(map(_place, names))


@lru_cache(maxsize=50_000)  # the same letters and words come again and again
def _place(name: str) -> int:
    """CRC-32 is the same in every process and on every machine,
    which Python's own hash is not.
    """
    return zlib.crc32(name.encode("utf-8", "surrogatepass")) % HASH_BUCKETS
