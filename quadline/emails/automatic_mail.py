"""Tell what machines write from what people write: out-of-office answers, lists, and
mail that came back.

Machines are never answered: two that answer each other never stop (RFC 3834).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from quadline.emails.addresses import address_in_header
from quadline.emails.headers import MESSAGE_ID_PATTERN, header

# What vacation programs add, older than RFC 3834. "bulk" and "list" are no such sign:
# a student's gateway or mailing program may set them on what a person wrote.
PRECEDENCE = frozenset({"auto_reply", "auto-reply", "autoreply"})
VACATION_HEADERS = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Vacation")
# How absences begin their subject. A person's answer to one begins with "Re:".
ABSENCES = re.compile(
    r"(?:\[?(?:"
    r"automatic reply|auto(?:matic)?[ -]?(?:reply|response)|out[ -]of[ -](?:the["
    r" -])?office"
    r"(?: auto ?reply)?|vacation reply|ooo"  # English
    r"|respuesta autom[aá]tica|fuera de (?:la )?oficina"  # Spanish
    r"|r[eé]ponse automatique|absence du bureau"  # French
    r"|automatische antwort|abwesenheitsnotiz|abwesend"  # German
    r"|resposta autom[aá]tica|fora do escrit[oó]rio"  # Portuguese
    r"|risposta automatica|fuori sede"  # Italian
    r"|automatisch antwoord|afwezig|autosvar|automatiskt svar"  # Dutch, Scandinavian
    r"|自动(?:答复|回复)|自動(?:回覆|答覆|回信)"  # Chinese
    r"|自動(?:応答|返信)|不在(?:通知|応答)"  # Japanese
    r"|자동 ?(?:회신|응답)|부재중(?: ?자동 ?(?:회신|응답))?"  # Korean
    r"|tr[aả] l[oờ]i t[uự] [đd][oộ]ng"  # Vietnamese
    r"|رد تلقائي|الرد التلقائي|خارج المكتب"  # Arabic
    r"|автоответ|автоматический ответ"  # Russian
    r")\]?)\s*[:：\]]",
    re.IGNORECASE,
)
POSTMASTERS = frozenset({"mailer-daemon", "postmaster", "maildaemon", "mail-daemon"})
RETURNED = re.compile(
    r"undeliver|delivery (status|failure|has failed)|returned (mail|to sender)|failure"
    r" notice|mail delivery (failed|system)"
    r"|non.?remis|unzustellbar|no entregado|não entreg|mancata"
    r" consegna|無法傳遞|无法送达|退信"
    r"|配信不能|배달되지|không gửi được|تعذر التسليم",
    re.IGNORECASE,
)
STATUS_CODE_PATTERN = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
ADDRESS_PATTERN = re.compile(r"[\w.+'-]{1,64}@[\w.-]{1,190}\.\w{2,20}")
ID_LINE = re.compile(r"^Message-ID:\s*(<[^<>\s]{3,290}>)", re.IGNORECASE | re.MULTILINE)
# RFC 3463 says what each means; in our words for the ones staff meet.
MEANINGS = {
    "1.0": "there is no such mailbox",
    "1.1": "there is no such mailbox",
    "1.2": "its mail server does not exist",
    "1.10": "it takes no mail",
    "2.0": "the mailbox does not take mail now",
    "2.1": "the mailbox is switched off",
    "2.2": "the mailbox is full",
    "3.4": "the email is too large for it",
    "4.1": "its mail server did not answer",
    "4.7": "it could not be delivered in time",
    "7.1": "its mail server refused it",
}
MAX_QUOTED = 120


@dataclass(frozen=True)
class Bounce:
    """An email of ours that did not arrive."""

    recipient: str  # "" where the report does not say
    words: str  # why, in plain words, with what the mail server said
    about: tuple[str, ...]  # Message-IDs of what came back, the likeliest first


def why_automatic(message: Message) -> str:
    """What shows that no person wrote this; "" when nothing does.

    Auto-Submitted (RFC 3834), a null return path (RFC 5321, 4.5.5), and the shapes of
    absences and of reports. Nothing that a person's own mail program may add.
    """
    submitted = re.split(r"[;(\s]", _value(message, "Auto-Submitted"), maxsplit=1)[0]
    if submitted and submitted != "no":
        return f"Auto-Submitted: {submitted}"
    if _is_without_return_path(message):
        return "no return path"
    if message.get_content_type() == "multipart/report":
        return "a report"
    if _is_postmaster(message):
        return "from a mail server"
    return _absence_in(message)


def _is_without_return_path(message: Message) -> bool:
    if "Return-Path" not in message:
        return False
    return _value(message, "Return-Path") in ("<>", "")


def _is_postmaster(message: Message) -> bool:
    sender = address_in_header(_text(message, "From"))
    return sender.partition("@")[0] in POSTMASTERS


def _absence_in(message: Message) -> str:
    if (precedence := _value(message, "Precedence")) in PRECEDENCE:
        return f"Precedence: {precedence}"
    for name in VACATION_HEADERS:
        if (value := _value(message, name)) and value not in ("no", "none"):
            return name
    return "an absence" if ABSENCES.match(header(message, "Subject")) else ""


def bounce_in(message: Message, words: str) -> Bounce | None:
    """Mail of ours that came back for good. A warning that it is late is none."""
    if (fields := _delivery_status(message)) is not None:
        return _reported(message, fields)
    if not why_automatic(message):
        return None
    failed = _value(message, "X-Failed-Recipients")  # Exim's own, in plain text
    from_postmaster = _is_without_return_path(message) or _is_postmaster(message)
    if failed or (from_postmaster and RETURNED.search(header(message, "Subject"))):
        return _told_in_words(message, failed, words)
    return None


def _delivery_status(message: Message) -> list[Message] | None:
    """The blocks of a delivery status notification (RFC 3464),
    the first about the mail server.
    """
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            payload = part.get_payload()
            return (
                [block for block in payload if isinstance(block, Message)]
                if isinstance(payload, list)
                else []
            )
    return None


def _reported(message: Message, fields: list[Message]) -> Bounce | None:
    failed = [block for block in fields if _tells_of_a_failure(block)]
    if not failed:
        return None
    first = failed[0]
    written_status = _value(first, "Status")
    if written_status.startswith("2"):
        return None
    # The original is whom we wrote to; the final may be where that was passed on to.
    recipient = _value(first, "Original-Recipient") or _value(first, "Final-Recipient")
    said = _text(first, "Diagnostic-Code").partition(";")[2].strip()
    status = STATUS_CODE_PATTERN.search(written_status) or STATUS_CODE_PATTERN.search(
        said
    )
    return Bounce(
        recipient.rpartition(";")[2].strip(),
        _why(status, said),
        tuple(_about(message)),
    )


def _tells_of_a_failure(block: Message) -> bool:
    if _value(block, "Action") not in ("failed", ""):
        return False
    return "Final-Recipient" in block or "Original-Recipient" in block


def _told_in_words(
    message: Message,
    failed: str,
    words: str,
) -> Bounce:
    found = ADDRESS_PATTERN.search(failed or words)
    status = STATUS_CODE_PATTERN.search(words)
    line = next(
        (
            line
            for line in words.split("\n")
            if STATUS_CODE_PATTERN.search(line) or re.match(r"\s*5\d\d[ -]", line)
        ),
        "",
    )
    return Bounce(
        found[0].lower() if found else "", _why(status, line), tuple(_about(message))
    )


def _why(status: "re.Match[str] | None", said: str) -> str:
    meaning = ""
    if status is not None:
        meaning = MEANINGS.get(f"{status[2]}.{status[3]}", "")
    quoted = " ".join(said.split())
    if len(quoted) > MAX_QUOTED:
        quoted = quoted[:MAX_QUOTED] + "…"
    if meaning and quoted:
        return f"{meaning} ({quoted})"
    return meaning or quoted or "its mail server did not say why"


def _about(message: Message) -> Iterator[str]:
    """The Message-IDs of what came back: of the message or headers that are returned,
    then of the thread.
    """
    for part in message.walk():
        if part is message:
            continue
        if part.get_content_type() in ("message/rfc822", "message/global"):
            inside = part.get_payload()
            yield from (
                found
                for each in inside
                if isinstance(each, Message)
                for found in MESSAGE_ID_PATTERN.findall(_text(each, "Message-ID"))
            )
        elif part.get_content_maintype() == "text":
            content = part.get_payload(decode=True)
            text = (
                content[:200_000].decode("utf-8", "replace")
                if isinstance(content, bytes)
                else ""
            )
            yield from ID_LINE.findall(text)
    if not message.is_multipart():
        content = message.get_payload(decode=True)
        yield from ID_LINE.findall(
            content[:200_000].decode("utf-8", "replace")
            if isinstance(content, bytes)
            else ""
        )
    yield from MESSAGE_ID_PATTERN.findall(
        _text(message, "In-Reply-To") + " " + _text(message, "References")
    )


def _value(message: Message, name: str) -> str:
    text = _text(message, name)
    return text.strip().lower()


def _text(message: Message, name: str) -> str:
    value = str(message.get(name, ""))
    text = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return text[:2000]
