"""Which replies are nearly the same: a held-back reply with a
twin in training would prove nothing.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator

from quadline.consent.reading import own_words, reply_words, simplified
from quadline.consent.tests.labelled import Reply

NEARLY_THE_SAME = 0.6  # of the three-letter pieces of both, counted once
_COURTEOUS = """
    please pls plz plss thanks thank you ty thx ok okay hey hi yo lol omg so just now already
    por favor porfa gracias svp merci
"""
COURTESIES = frozenset(_COURTEOUS.split())


def twins(
    held_back: Iterable[Reply], training: Iterable[Reply]
) -> Iterator[tuple[Reply, Reply]]:
    """Pairs of one held-back reply and one of training that say nearly the
    same, whatever courtesies they add.
    """
    known = [(reply, pieces(reply.body)) for reply in training]
    places = defaultdict[str, list[int]](list)
    for place, (_, of_it) in enumerate(known):
        for piece in of_it:
            places[piece].append(place)
    for reply in held_back:
        wanted = pieces(reply.body)
        shared = defaultdict[int, int](int)
        for piece in wanted:
            for place in places.get(piece, ()):
                shared[place] += 1
        for place, count in shared.items():
            other, of_other = known[place]
            if count / (len(wanted) + len(of_other) - count) >= NEARLY_THE_SAME:
                yield reply, other


def pieces(body: str) -> frozenset[str]:
    words = reply_words(simplified(own_words(unicodedata.normalize("NFKC", body))))
    said = [
        word
        for word in words
        if word not in COURTESIES and word not in {"!", "?", ".", ",", "*"}
    ] or words
    line = f" {' '.join(said)} "
    return frozenset(line[at : at + 3] for at in range(len(line) - 2)) or frozenset(
        {line}
    )
