"""The words of an email, and the names of what is attached: parts within parts, any
charset, HTML where there is no text, what was forwarded, Outlook's winmail.dat.
"""

from collections.abc import Iterator
from email.message import Message

from quadline.emails import calendar_words, html_words, tnef
from quadline.emails.charsets import decode_bytes, printable
from quadline.emails.headers import header

MAX_PART_BYTES = 1_000_000  # of one part; no person writes more
MAX_MIME_DEPTH = 30  # parts within parts
MAX_ATTACHMENTS = 20
UNNAMED = "a file without a name"
FORWARDED_LINE = "---------- Forwarded message ---------"  # quotes.py knows it
# S/MIME and OpenPGP (RFC 8551, RFC 3156). One that is signed and not sealed is text.
SEALS = frozenset(
    {"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"}
)
SEALED = "[This email is encrypted, or signed in a form that Quadline can't read.]"
# An HTML text this much longer than the plain one says what the plain one leaves out.
MUCH_LONGER = 5
LONG_NAME = 200


def words_of_mime(message: Message) -> tuple[str, list[str]]:
    """What the email says, and the names of its attachments."""
    names = list(dict.fromkeys(_attachments(message, 0)))
    more = len(names) - MAX_ATTACHMENTS
    if more > 0:
        names = [*names[:MAX_ATTACHMENTS], f"{more} more"]
    words = _words(message, 0).strip("\n")
    return words, names


def _words(part: Message, depth: int) -> str:
    if depth > MAX_MIME_DEPTH:
        return ""
    if part.get_content_maintype() == "message":
        return _forwarded(part, depth) if depth else ""
    if tnef.is_tnef(part):
        return tnef.words_in(part)
    if part.get_content_type() in SEALS:
        return SEALED
    if _is_attached(part):
        return ""
    if part.is_multipart():
        return _words_inside(part, depth)
    return _words_of_one(part)


def _words_inside(part: Message, depth: int) -> str:
    inside = list(_inside(part))
    said = [_words(each, depth + 1) for each in inside]
    if part.get_content_subtype() == "alternative":
        return _best_of(list(zip(said, inside, strict=True)))
    return "\n".join(words for words in said if words.strip())


def _best_of(ways: list[tuple[str, Message]]) -> str:
    """The same words in several dresses: the plainest, unless it says that the words
    are elsewhere, as some programs' do.
    """
    said = [words for words, _ in ways if words.strip()]
    if not said:
        return ""
    longest = max(said, key=len)
    first = said[0]
    if len(longest) > LONG_NAME and len(longest) > MUCH_LONGER * len(first):
        return longest
    return first


def _words_of_one(part: Message) -> str:
    kind = part.get_content_type()
    if kind == "text/html":
        return html_words.text_of_html(text_of_part(part))
    if kind == "text/calendar":
        return calendar_words.words_of_calendar(text_of_part(part))
    if kind in ("text/enriched", "text/richtext"):
        return html_words.without_tags(text_of_part(part).replace("<<", "&lt;"))
    if part.get_content_maintype() == "text" and part.get_content_subtype() in (
        "plain",
        "markdown",
        "x-markdown",
    ):
        return text_of_part(part)
    return ""


def _forwarded(part: Message, depth: int) -> str:
    """An email within an email: what was forwarded as a file is content, too."""
    if part.get_content_type() not in ("message/rfc822", "message/global"):
        return ""
    said = []
    for each in _inside(part):
        head = [
            f"{name}: {value}"
            for name in ("From", "Date", "Subject")
            if (value := header(each, name))
        ]
        said.append("\n".join([FORWARDED_LINE, *head, "", _words(each, depth + 1)]))
    return "\n".join(said)


def text_of_part(part: Message) -> str:
    """The text of one part, readable, with plain line ends."""
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    text = decode_bytes(
        content[:MAX_PART_BYTES], str(part.get_content_charset("") or "")
    )
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return printable(text.replace("\N{NO-BREAK SPACE}", " "))


def _inside(part: Message) -> list[Message]:
    payload = part.get_payload()
    if not isinstance(payload, list):
        return []
    return [each for each in payload if isinstance(each, Message)]


def _is_attached(part: Message) -> bool:
    """A named text is a file; a named HTML part is not, some programs name it."""
    if part.get_content_disposition() == "attachment":
        return True
    is_words = part.get_content_type() in ("text/html", "text/calendar")
    return bool(part.get_filename()) and not is_words and not part.is_multipart()


def _attachments(
    part: Message,
    depth: int,
    *,
    is_related: bool = False,
) -> Iterator[str]:
    """Pictures that the HTML itself shows, such as the logo of a signature,
    are not attachments.
    """
    if depth > MAX_MIME_DEPTH:
        return
    kind = part.get_content_maintype()
    if tnef.is_tnef(part):
        yield from tnef.names_in(part)
    elif kind == "message" and depth:
        for each in _inside(part):
            yield from _attachments(each, depth + 1)
    elif part.is_multipart():
        related = part.get_content_subtype() == "related"
        for each in _inside(part):
            yield from _attachments(each, depth + 1, is_related=related)
    elif _is_file(part, is_related=is_related):
        yield named(str(part.get_filename() or ""))


def named(name: str) -> str:
    """A file's name as it can be shown: one line, without controls."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    one_line = " ".join(printable(text).split())
    return one_line[:100] or UNNAMED


def _is_file(part: Message, *, is_related: bool) -> bool:
    if is_related:
        return part.get_content_disposition() == "attachment"
    if part.get_content_type() in ("application/pgp-encrypted", "text/calendar"):
        return False
    is_words = part.get_content_maintype() in ("text", "multipart")
    return _is_attached(part) or not is_words
