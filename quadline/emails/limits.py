"""What an email may weigh and be made of,
counted in its bytes before anything parses it.

Every check is one pass over the bytes. What is over a limit is not refused: it is kept
unread, with its source.
"""

import re
from itertools import islice, pairwise

MAX_EMAIL_BYTES = (
    20_000_000  # bytes; a mail server that is told so returns it to its sender
)
EMAIL_TOO_LARGE = (
    "This email is larger than 20 MB. Send it without its attachments, or smaller ones."
)
MAX_HEADER_BYTES = (
    512_000  # bytes of an email's own headers; mail servers stop far earlier
)
MAX_HEADERS = 1_000
MAX_HEADER = 100_000  # bytes with what is folded; 3,000 recipients in To
MAX_LINES = 600_000  # 20 MB of base64 are 270,000
MAX_PARTS = 500
MAX_BOXES = 60  # parts that hold parts: as many as could be one within the other

_HEAD_ENDS = re.compile(rb"\r?\n\r?\n")
_HEADER_BEGINS = re.compile(rb"^[!-9;-~]+[ \t]*:", re.MULTILINE)
_PART = re.compile(rb"^content-type[ \t]*:", re.MULTILINE | re.IGNORECASE)
_BOX = re.compile(rb"\bmultipart/|\bmessage/[a-z]|\bboundary\*?[ \t]*=", re.IGNORECASE)


class EmailTooLarge(ValueError):
    """An email that is refused unread, with what its sender is told."""


def check_size(raw: bytes) -> None:
    """Raises TooLarge."""
    if len(raw) > MAX_EMAIL_BYTES:
        raise EmailTooLarge(EMAIL_TOO_LARGE)


def excess_in(raw: bytes) -> str:
    """Which limit an email is over, in plain words; "" when it may be parsed."""
    head = head_of(raw)
    if len(head) > MAX_HEADER_BYTES:
        return "its headers are too large"
    if excess := _excess_in_headers(head):
        return excess
    if raw.count(b"\n") + raw.count(b"\r") > 2 * MAX_LINES:
        return "it has too many lines"
    if _more_than(_PART, raw, MAX_PARTS):
        return "it has too many parts"
    if _more_than(_BOX, raw, 2 * MAX_BOXES):
        return "its parts are nested too deep"
    return ""


def head_of(raw: bytes) -> bytes:
    """The headers of an email, without what follows."""
    end = _HEAD_ENDS.search(raw, 0, MAX_HEADER_BYTES + 10)
    if end is None:
        return raw[: MAX_HEADER_BYTES + 1]
    return raw[: end.start()]


def _excess_in_headers(head: bytes) -> str:
    begins = [found.start() for found in _HEADER_BEGINS.finditer(head)]
    if len(begins) > MAX_HEADERS:
        return "it has too many headers"
    for begin, end in pairwise([*begins, len(head)]):
        if end - begin > MAX_HEADER:
            return "one of its headers is too long"
    return ""


def _more_than(
    pattern: re.Pattern[bytes],
    raw: bytes,
    most: int,
) -> bool:
    # Not findall: it would hold millions of them to learn that there are too many.
    one_beyond = next(islice(pattern.finditer(raw), most, None), None)
    return one_beyond is not None
