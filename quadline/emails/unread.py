"""What can be said of an email that is not parsed: its headers' first lines,
by a scan.
"""

import hashlib
import re
from dataclasses import dataclass

from quadline.emails.addresses import address_in, addresses_in
from quadline.emails.charsets import decoded, printable
from quadline.emails.incoming import LONGEST_ID, MOST_REFERENCES, RECIPIENTS
from quadline.emails.limits import head_of

MOST_READ = 200_000  # bytes of its headers
LONGEST_VALUE = 10_000
ID = re.compile(r"<[^<>\s]{3,290}>")
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
        sender=address_in(headers.get("from", "")),
        recipients=tuple(dict.fromkeys(recipients)),
        references=tuple(ID.findall(answers)[:MOST_REFERENCES]),
        subject=headers.get("subject", "").strip()[:200],
    )


def _header_id(raw: bytes, headers: dict[str, str]) -> str:
    """Its Message-ID, or else a digest: the same email twice is known by it."""
    named = ID.search(headers.get("message-id", ""))
    if named and len(named[0]) <= LONGEST_ID:
        return named[0]
    digest = hashlib.sha256(raw).hexdigest()
    return f"digest:{digest}"


def _headers(raw: bytes) -> dict[str, str]:
    """The first header of each name, cut where it is long."""
    head = decoded(head_of(raw)[:MOST_READ], "")
    lines = printable(head.replace("\r\n", "\n"))
    text = FOLD.sub(" ", lines)
    headers: dict[str, str] = {}
    for line in LINE.finditer(text):
        value = line[2][:LONGEST_VALUE].strip()
        headers.setdefault(line[1].lower(), value)
    return headers
