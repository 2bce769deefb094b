"""Read an email as it came, whatever it is made of: who wrote, in answer to what, and the words that are theirs.

Nothing here raises but TooLarge: what cannot be read is left out, and what is left is kept.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from email.policy import Compat32
from email.utils import getaddresses, parseaddr

from quadline.emails import machines, mime_words, quotes
from quadline.emails.machines import Bounce

LARGEST = 20_000_000  # bytes; a mail server that is told so returns it to its sender, with the reason
TOO_LARGE = "This email is larger than 20 MB. Send it without its attachments, or smaller ones."
LONGEST_HEADER = 10_000
LONGEST_ID = 300
LONGEST_BODY = 20_000  # characters kept
MOST_REFERENCES = 50
# Where a mail server or a mail service writes whom an email was really for.
RECIPIENTS = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Forwarded-To", "To", "Cc")
_ID = re.compile(r"<[^<>\s]{3,290}>")


class TooLarge(ValueError):
    """An email that is refused unread, with what its sender is told."""


class _AsItCame(Compat32):
    """Headers byte for byte: what reads them in the standard way may raise, or lose letters, at what people send."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        return value


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """An email as far as we need it."""

    header_id: str  # its Message-ID, or a digest of what it says where it has none
    sender: str  # lower case; "" where there is none
    recipients: tuple[str, ...]
    references: tuple[str, ...]  # the Message-IDs it answers, the nearest first
    subject: str
    body: str  # without the history it quotes
    attachments: tuple[str, ...]  # their names
    why_automatic: str  # "" when a person wrote it
    bounce: Bounce | None


def read(raw: bytes) -> Incoming:
    """Raises TooLarge."""
    if len(raw) > LARGEST:
        raise TooLarge(TOO_LARGE)
    message = message_from_bytes(raw, policy=_AsItCame())
    words, attachments = mime_words.words_of(message)
    references = tuple(_references(message))
    return Incoming(
        header_id=_header_id(message, words),
        sender=address_in(message, "From"),
        recipients=tuple(_recipients(message)),
        references=references,
        subject=header(message, "Subject")[:200],
        body=_body(words),
        attachments=tuple(attachments),
        why_automatic=machines.why_automatic(message),
        bounce=machines.bounce_in(message, words),
    )


def header(message: Message, name: str) -> str:
    """One header in readable words on one line; "" where there is none or it cannot be decoded."""
    return next(_values(message, name), "")


def address_in(message: Message, name: str) -> str:
    found = parseaddr(header(message, name))[1].strip().lower()
    return found if "@" in found and len(found) <= 254 else ""


def _values(message: Message, name: str) -> Iterator[str]:
    for raw in message.get_all(name, []):
        # Headers hold UTF-8 that nobody asked for, and encoded words with broken insides.
        text = str(raw)[:LONGEST_HEADER].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        yield " ".join("".join(mime_words.printable(piece) for piece in _decoded(text)).split())


def _decoded(text: str) -> Iterator[str]:
    try:
        pieces = decode_header(text)
    except (ValueError, LookupError):  # a fault of the encoding is a ValueError
        pieces = [(text, None)]
    for piece, charset in pieces:
        yield piece if isinstance(piece, str) else mime_words.decoded(piece, charset or "utf-8")


def _recipients(message: Message) -> Iterator[str]:
    found = getaddresses([value for name in RECIPIENTS for value in _values(message, name)])
    yield from dict.fromkeys(address.lower() for _, address in found if "@" in address)


def _references(message: Message) -> Iterator[str]:
    """What it answers, then the thread before that, newest first."""
    answered = _ID.findall(" ".join(_values(message, "In-Reply-To")))
    thread = _ID.findall(" ".join(_values(message, "References")))
    yield from list(dict.fromkeys([*answered, *reversed(thread)]))[:MOST_REFERENCES]


def _header_id(message: Message, words: str) -> str:
    """The same email brought twice has the same one. Trace headers differ from way to way and do not count."""
    found = "".join(header(message, "Message-ID").split())
    if 3 <= len(found) <= LONGEST_ID:
        return found
    said = [found, *(header(message, name) for name in ("From", "To", "Date", "Subject")), words]
    return f"digest:{hashlib.sha256(chr(0).join(said).encode('utf-8', 'replace')).hexdigest()}"


def _body(words: str) -> str:
    body = quotes.without_history(words)
    over = len(body) - LONGEST_BODY
    return f"{body[:LONGEST_BODY]}\n[The email goes on for {over:,} more characters, which were not kept.]" if over > 0 else body
