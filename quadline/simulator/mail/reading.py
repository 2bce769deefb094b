"""What a mail says: its headers, text, HTML,
the names of its attachments, its links.
"""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

_LINK = re.compile(
    r"\b(?:https?://|sms:|mailto:|tel:)[^\s<>\"')\]]+[^\s<>\"')\].,;:!?]"
)
_BLOCKS = {"p", "div", "br", "tr", "li", "h1", "h2", "h3", "blockquote"}
_HIDDEN = {"style", "script", "title"}
_USUAL_NAMES = {
    "message-id": "Message-ID",
    "from": "From",
    "subject": "Subject",
    "reply-to": "Reply-To",
}


def parsed(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def headers_of(raw: bytes) -> dict[str, str]:
    """Every header once, by its usual name; repeated ones on lines of their own."""
    # Parsed without its body: a large attachment costs nothing here.
    head = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    found: dict[str, str] = {}
    for name, value in parsed(head).items():
        usual = _USUAL_NAMES.get(name.lower(), name)
        words = re.sub(r"\s+", " ", str(value)).strip()
        if usual in found:
            words = f"{found[usual]}\n{words}"
        found[usual] = words
    return found


def read_mail(raw: bytes) -> dict[str, Any]:
    message = parsed(raw)
    headers = headers_of(raw)
    html = _part(message, "html")
    text = _part(message, "plain") or plain_text_of(html)
    links = [*_LINK.findall(text), *re.findall(r'href="([^"]+)"', html)]
    return {
        "from": headers.get("From", ""),
        "to": headers.get("To", ""),
        "subject": headers.get("Subject", ""),
        "headers": headers,
        "text": text,
        "html": html,
        "attachments": [_attachment(part) for part in message.iter_attachments()],
        "links": list(dict.fromkeys(links)),
    }


def plain_text_of(html: str) -> str:
    reader = _Words()
    reader.feed(html)
    reader.close()
    words = re.sub(r"[ \t]+", " ", "".join(reader.words))
    return re.sub(r"\n{3,}", "\n\n", words).strip()


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(
        self,
        tag: str,
        attrs: list[tuple[str, str | None]],
    ) -> None:
        if tag in _HIDDEN:
            self._hidden += 1
        self._break_line(tag)

    def handle_endtag(self, tag: str) -> None:
        # An end without its start hides nothing, and shows nothing hidden.
        if tag in _HIDDEN and self._hidden > 0:
            self._hidden -= 1
        self._break_line(tag)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(re.sub(r"\s+", " ", data))

    def _break_line(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.words.append("\n")


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    if part is None:
        return ""
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    try:
        words = content.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:  # a charset nobody knows
        words = content.decode("latin-1")
    return words.replace("\r\n", "\n")


def _attachment(part: Any) -> dict[str, Any]:
    content = part.get_payload(decode=True) or b""
    return {
        "name": part.get_filename() or "attachment",
        "type": part.get_content_type(),
        "size": len(content),
    }
