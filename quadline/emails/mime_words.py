"""The words of an email, and the names of what is attached: parts within parts, any charset, HTML where there is no text."""

import codecs
import unicodedata
from collections.abc import Iterator
from email.message import Message

from quadline.emails import html_words

MOST_BYTES = 1_000_000  # of one part; no person writes more, and a quoted history is not worth more
DEEPEST = 30  # parts within parts
MOST_ATTACHMENTS = 20
# Many programs say Latin-1 and mean Windows-1252, which has more (https://encoding.spec.whatwg.org/#names-and-labels).
MEANT = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "us-ascii": "utf-8", "ascii": "utf-8", "": "utf-8"}
# Python knows codecs that are none of mail's; these take very long or never fail.
NEVER = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"})
UNNAMED = "a file without a name"


def words_of(message: Message) -> tuple[str, list[str]]:
    """What the email says, and the names of its attachments."""
    names = list(dict.fromkeys(_attachments(message, 0)))
    more = len(names) - MOST_ATTACHMENTS
    named = [*names[:MOST_ATTACHMENTS], f"{more} more"] if more > 0 else names
    return _words(message, 0).strip("\n"), named


def decoded(content: bytes, charset: str) -> str:
    """The bytes as text. A charset that is unknown, or not true, costs at most single letters."""
    for candidate in (MEANT.get(charset.strip().lower(), charset), "utf-8"):
        try:
            if codecs.lookup(candidate).name not in NEVER:
                return content.decode(candidate)
        except (LookupError, ValueError):  # an impossible letter is a ValueError
            continue
    text = content.decode("utf-8", "replace")
    # Where some letters make sense as UTF-8, it is UTF-8 with a fault in it, or cut off.
    is_utf8 = any(letter > "\x7f" and letter != "\N{REPLACEMENT CHARACTER}" for letter in text)
    return text if is_utf8 else content.decode("cp1252", "replace")


def printable(text: str) -> str:
    """Without controls; lone halves of letters, which no database takes, are left out too."""
    return "".join(letter for letter in text if letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cs"))


def _words(part: Message, depth: int) -> str:
    if depth > DEEPEST or _is_attached(part):
        return ""
    if part.is_multipart() and part.get_content_maintype() == "multipart":
        inside = [_words(each, depth + 1) for each in _inside(part)]
        if part.get_content_subtype() == "alternative":  # the same words in several dresses, the plainest first
            return next((words for words in inside if words.strip()), "")
        return "\n".join(words for words in inside if words.strip())
    if part.get_content_type() == "text/html":
        return html_words.text_of(_text(part))
    return _text(part) if part.get_content_maintype() == "text" and part.get_content_subtype() in ("plain", "enriched") else ""


def _text(part: Message) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    text = decoded(content[:MOST_BYTES], part.get_content_charset("") or "")
    return printable(text.replace("\r\n", "\n").replace("\r", "\n").replace("\N{NO-BREAK SPACE}", " "))


def _inside(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []


def _is_attached(part: Message) -> bool:
    """A named text is a file; a named HTML part is not, some programs name it."""
    named = bool(part.get_filename()) and part.get_content_type() != "text/html"
    return part.get_content_disposition() == "attachment" or (named and not part.is_multipart())


def _attachments(part: Message, depth: int, *, is_related: bool = False) -> Iterator[str]:
    """Pictures that the HTML itself shows, such as the logo of a signature, are not attachments."""
    if depth > DEEPEST:
        return
    if part.get_content_maintype() == "message" and depth:
        yield "a forwarded email"
    elif part.is_multipart():
        related = part.get_content_subtype() == "related"
        for each in _inside(part):
            yield from _attachments(each, depth + 1, is_related=related)
    elif _is_file(part, is_related):
        yield _name(part)


def _is_file(part: Message, is_related: bool) -> bool:
    if is_related:
        return part.get_content_disposition() == "attachment"
    return _is_attached(part) or part.get_content_maintype() not in ("text", "multipart")


def _name(part: Message) -> str:
    name = str(part.get_filename() or "").encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return " ".join(printable(name).split())[:100] or UNNAMED
