"""What can be said of an email that is not parsed: its headers' first lines,
by a scan.
"""

import hashlib
import re
from dataclasses import dataclass

from quadline.emails.addresses import address_in_header, addresses_in
from quadline.emails.charsets import decode_bytes, printable
from quadline.emails.headers import MESSAGE_ID_PATTERN
from quadline.emails.incoming import MAX_HEADER_ID, MAX_REFERENCES, RECIPIENTS
from quadline.emails.limits import head_of

MAX_HEADERS_READ = 200_000  # bytes of its headers
MAX_HEADER_VALUE = 10_000
FOLD = re.compile(r"\r?\n[ \t]")
LINE = re.compile(r"^([!-9;-~]{1,60})[ \t]*:(.*)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Unread:
    """As much of an email as is needed to keep it: the same names as in Incoming."""

    why: str  # it was not parsed, in plain words
    header_id: str
    sender: str
    recipients: tuple[str, ...]
    references: tuple[str, ...]
    subject: str


def named_in(raw: bytes, *, why: str) -> Unread:
    headers = _headers(raw)
    recipients: list[str] = []
    for name in RECIPIENTS:
        recipients += addresses_in(headers.get(name.lower(), ""))
    answers = headers.get("in-reply-to", "") + headers.get("references", "")
    return Unread(
        why=why,
        header_id=_header_id(raw, headers),
        sender=address_in_header(headers.get("from", "")),
        recipients=tuple(dict.fromkeys(recipients)),
        references=tuple(MESSAGE_ID_PATTERN.findall(answers)[:MAX_REFERENCES]),
        subject=headers.get("subject", "").strip()[:200],
    )


def _header_id(raw: bytes, headers: dict[str, str]) -> str:
    """Its Message-ID, or else a digest: the same email twice is known by it."""
    named = MESSAGE_ID_PATTERN.search(headers.get("message-id", ""))
    if named and len(named[0]) <= MAX_HEADER_ID:
        return named[0]
    digest = hashlib.sha256(raw).hexdigest()
    return f"digest:{digest}"


def _headers(raw: bytes) -> dict[str, str]:
    """The first header of each name, cut where it is long."""
    head = decode_bytes(head_of(raw)[:MAX_HEADERS_READ], "")
    lines = printable(head.replace("\r\n", "\n"))
    text = FOLD.sub(" ", lines)
    headers: dict[str, str] = {}
    for line in LINE.finditer(text):
        value = line[2][:MAX_HEADER_VALUE].strip()
        headers.setdefault(line[1].lower(), value)
    return headers
