"""Headers of an email in readable words, whatever bytes they were made of."""

import re
from collections.abc import Iterator
from email.header import decode_header
from email.message import Message
from email.policy import Compat32

from quadline.emails.charsets import decode_bytes, printable

MAX_HEADER_SHOWN = 10_000  # characters read of one header that is shown
MAX_KEPT = 100_000  # of any header
MAX_PARAMETERS = 2_000  # Python reads these in a time that grows with their square
MESSAGE_ID_PATTERN = re.compile(r"<[^<>\s]{3,290}>")
PARAMETERS = frozenset({"content-type", "content-disposition"})


class RawHeaderPolicy(Compat32):
    """Headers byte for byte: what reads them in the standard way may raise, or lose
    letters, at what people send. What is too long for its reader is cut.
    """

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        longest = MAX_KEPT
        if name.strip().lower() in PARAMETERS:  # these are read slowly
            longest = MAX_PARAMETERS
        return name, value[:longest]

    def header_fetch_parse(
        self,
        name: str,
        value: str,
    ) -> str:
        return value


def header(message: Message, name: str) -> str:
    """One header in readable words on one line; "" where there is none."""
    return next(values(message, name), "")


def values(message: Message, name: str) -> Iterator[str]:
    """Each header of this name in readable words on one line."""
    for raw in raw_values(message, name):
        pieces = [printable(piece) for piece in _decoded(raw[:MAX_HEADER_SHOWN])]
        words = "".join(pieces).split()
        yield " ".join(words)


def raw_values(message: Message, name: str) -> Iterator[str]:
    """Each header of this name as it came, on one line; encoded words stay encoded."""
    for raw in message.get_all(name, []):
        # Headers hold UTF-8 that nobody asked for.
        text = str(raw).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        yield " ".join(printable(text).split())


def _decoded(text: str) -> Iterator[str]:
    try:
        pieces = decode_header(text)
    except (ValueError, LookupError):  # a fault of the encoding is a ValueError
        pieces = [(text, None)]
    for piece, charset in pieces:
        if isinstance(piece, str):
            yield piece
        else:
            yield decode_bytes(piece, charset or "utf-8")
