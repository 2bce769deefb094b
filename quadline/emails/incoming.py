"""Read an email as it came, whatever it is made of: who wrote, in answer to what, and
the words that are theirs.

Runs in a process that may be killed (reader.py, reading.py). Nothing here raises but
TooLarge and Unreadable: what cannot be read is left out, and what is left is kept.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message

from quadline.emails import authenticity, automatic_mail, limits, mime_words, quotes
from quadline.emails.addresses import address_in_header, addresses_in
from quadline.emails.authenticity import DmarcVerdict
from quadline.emails.automatic_mail import Bounce
from quadline.emails.headers import RawHeaderPolicy, header, raw_values, values
from quadline.emails.limits import EmailTooLarge as EmailTooLarge

MAX_INCOMING_SUBJECT = 200
MAX_HEADER_ID = 300
MAX_NEW = 20_000  # characters of the new words; all of them are in the whole text
MAX_WHOLE = 500_000  # characters kept of an email's text
MAX_REFERENCES = 50
# Where a mail server or a mail service writes whom an email was really for.
RECIPIENTS = (
    "Delivered-To",
    "X-Original-To",
    "Envelope-To",
    "X-Forwarded-To",
    "To",
    "Cc",
)
_ID = re.compile(r"<[^<>\s]{3,290}>")


class Unreadable(ValueError):
    """An email that is not parsed, or that broke its parser; the message says why, as
    "it has too many parts" does.
    """


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """An email as far as we need it."""

    header_id: str  # its Message-ID, or a digest of what it says where it has none
    sender: str  # lower case; "" where there is none
    recipients: tuple[str, ...]
    references: tuple[str, ...]  # the Message-IDs it answers, the nearest first
    subject: str
    body: str  # what is new in it: without the history it quotes
    own_words: str  # the new words without what is quoted or forwarded among them
    whole: str  # all of its text
    is_cut: bool  # the text goes on beyond what is kept
    attachments: tuple[str, ...]  # their names
    why_automatic: str  # "" when a person wrote it
    bounce: Bounce | None
    dmarc: tuple[DmarcVerdict, ...]  # what mail servers on the way made of its sender


def read_email(raw: bytes) -> Incoming:
    """Raises TooLarge, and Unreadable for what is over a limit."""
    limits.check_size(raw)
    if excess := limits.excess_in(raw):
        raise Unreadable(excess)
    message = message_from_bytes(raw, policy=RawHeaderPolicy())
    words, attachments = mime_words.words_of_mime(message)
    subject = header(message, "Subject")[:MAX_INCOMING_SUBJECT]
    answer = quotes.read_answer(words[:MAX_WHOLE], subject)
    return Incoming(
        header_id=_header_id(message, words),
        sender=address_in_header(next(raw_values(message, "From"), "")),
        recipients=tuple(_recipients(message)),
        references=tuple(_references(message)),
        subject=subject,
        body=_new_words(answer.new),
        own_words=answer.own[:MAX_NEW],
        whole=answer.whole,
        is_cut=len(words) > MAX_WHOLE,
        attachments=tuple(attachments),
        why_automatic=automatic_mail.why_automatic(message),
        bounce=automatic_mail.bounce_in(message, words),
        dmarc=authenticity.dmarc_verdicts(message),
    )


def _new_words(new: str) -> str:
    over = len(new) - MAX_NEW
    if over <= 0:
        return new
    return f"{new[:MAX_NEW]}\n[{over:,} more characters are in the whole email.]"


def _recipients(message: Message) -> Iterator[str]:
    found = (
        address
        for name in RECIPIENTS
        for value in raw_values(message, name)
        for address in addresses_in(value)
    )
    yield from dict.fromkeys(found)


def _references(message: Message) -> Iterator[str]:
    """What it answers, then the thread before that, newest first."""
    answered = _ids_in(message, "In-Reply-To")
    thread = _ids_in(message, "References")
    newest_first = [*answered, *reversed(thread)]
    found = list(dict.fromkeys(newest_first))
    yield from found[:MAX_REFERENCES]


def _ids_in(message: Message, name: str) -> list[str]:
    text = " ".join(values(message, name))
    return _ID.findall(text)


def _header_id(message: Message, words: str) -> str:
    """The same email brought twice has the same one.

    Trace headers differ from way to way and do not count.
    """
    found = "".join(header(message, "Message-ID").split())
    if 3 <= len(found) <= MAX_HEADER_ID:
        return found
    named = (header(message, name) for name in ("From", "To", "Date", "Subject"))
    said = chr(0).join([found, *named, words])
    return f"digest:{hashlib.sha256(said.encode('utf-8', 'replace')).hexdigest()}"
