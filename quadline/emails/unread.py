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
    names = (name.lower() for name in RECIPIENTS)
    found = [each for name in names for each in addresses_in(headers.get(name, ""))]
    answers = headers.get("in-reply-to", "") + headers.get("references", "")
    named = ID.search(headers.get("message-id", ""))
    digest = f"digest:{hashlib.sha256(raw).hexdigest()}"
    return Unread(
        why=why,
        header_id=named[0] if named and len(named[0]) <= LONGEST_ID else digest,
        sender=address_in(headers.get("from", "")),
        recipients=tuple(dict.fromkeys(found)),
        references=tuple(ID.findall(answers)[:MOST_REFERENCES]),
        subject=headers.get("subject", "").strip()[:200],
    )


def _headers(raw: bytes) -> dict[str, str]:
    """The first header of each name, cut where it is long."""
    head = head_of(raw)[:MOST_READ]
    text = FOLD.sub(" ", printable(decoded(head, "").replace("\r\n", "\n")))
    headers: dict[str, str] = {}
    for line in LINE.finditer(text):
        value = line[2][:LONGEST_VALUE].strip()
        headers.setdefault(line[1].lower(), value)
    return headers
