"""Outlook's winmail.dat (TNEF): the words inside it, or a line that says that they
could not be read.
"""

import logging
from email.message import Message

from striprtf.striprtf import rtf_to_text
from tnefparse import TNEF

from quadline.emails import html_words
from quadline.emails.charsets import decode_bytes, printable

MAX_TNEF_BYTES = 5_000_000  # bytes read: the words come before the files
TNEF_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
TNEF_UNREADABLE = (
    "[Part of this email is in winmail.dat, a format of Outlook that could not be read."
    " Ask for it again as plain text.]"
)

# It warns about every file that is not quite as it should be.
logging.getLogger("tnefparse").setLevel(logging.CRITICAL)


def is_tnef(part: Message) -> bool:
    if part.get_content_type() in TNEF_TYPES:
        return True
    return str(part.get_filename() or "").lower() == "winmail.dat"


def words_in(part: Message) -> str:
    found = _opened(part)
    if found is None:
        return TNEF_UNREADABLE
    try:
        return _words(found)
    except Exception:  # whatever a library makes of bytes that anybody may have written
        return TNEF_UNREADABLE


def names_in(part: Message) -> list[str]:
    """The names of the files inside."""
    found = _opened(part)
    if found is None:
        return ["winmail.dat"]
    try:
        names = [str(each.long_filename() or each.name) for each in found.attachments]
    except Exception:
        return ["winmail.dat"]
    return [" ".join(printable(name).split())[:100] for name in names if name]


def _opened(part: Message) -> TNEF | None:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return None
    try:
        return TNEF(content[:MAX_TNEF_BYTES], do_checksum=False)
    except Exception:
        return None


def _words(found: TNEF) -> str:
    """The plain words, else those of the HTML, else those of the rich text; "" for a
    winmail.dat that only brings files.
    """
    if words := _text(found.body).strip():
        return words
    if html := _text(found.htmlbody):
        return html_words.text_of_html(html)
    rich = found.rtfbody
    if not rich:
        return ""
    source = rich.decode("latin-1") if isinstance(rich, bytes) else str(rich)
    text = rtf_to_text(source, errors="ignore")  # type: ignore[no-untyped-call]
    return _plain(str(text)).strip()


def _text(content: object) -> str:
    if isinstance(content, bytes):
        return _plain(decode_bytes(content, ""))
    return _plain(content) if isinstance(content, str) else ""


def _plain(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return printable(lines)
