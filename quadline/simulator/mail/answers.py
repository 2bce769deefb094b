"""What students and their machines answer, as RFC 5322 mail: replies,
absences, bounces, forgeries.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from email import policy
from email.message import EmailMessage, Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import formatdate, make_msgid, parseaddr
from html import escape

from quadline.simulator.mail import reading
from quadline.simulator.records import Mail

AWAY_WORDS = "I am away until Monday and will answer then."
_STRANGER = "Somebody Else <somebody@elsewhere.example>"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentLetter:
    """A mail on its way from a student to the college."""

    address: str  # whose mailbox it leaves
    kind: str
    to: str
    return_path: str  # empty for machines
    raw: bytes
    copies: int = 1


def reply_letter(mail: Mail, body: str) -> StudentLetter:
    message = _answer(mail)
    history = _quoted(mail)
    message.set_content(f"{body}\n\n{history}\n")
    return _letter(mail, message, kind="reply")


def twice(mail: Mail, body: str) -> StudentLetter:
    once = reply_letter(mail, body)
    return replace(once, kind="twice", copies=2)


def html_only(mail: Mail, body: str) -> StudentLetter:
    message = _answer(mail)
    said = escape(body).replace("\n", "<br>")
    history = escape(_text(mail)).replace("\n", "<br>")
    attribution = escape(_attribution(mail))
    # As Gmail writes it.
    quote = (
        '<div class="gmail_quote">'
        f'<div class="gmail_attr">{attribution}</div>'
        f"<blockquote>{history}</blockquote>"
        "</div>"
    )
    message.set_content(
        "<html><head><style>p { color: #222 }</style></head><body>"
        f'<div dir="ltr">{said}</div><br>{quote}'
        "</body></html>",
        subtype="html",
    )
    return _letter(mail, message, kind="html_only")


def auto_reply(mail: Mail, body: str) -> StudentLetter:
    message = _answer(mail)
    del message["Subject"]
    message["Subject"] = f"Automatic reply: {_headers(mail).get('Subject', '')}"
    message["Auto-Submitted"] = "auto-replied"
    message["X-Auto-Response-Suppress"] = "All"
    message["Precedence"] = "bulk"
    message.set_content(body or AWAY_WORDS)
    return _letter(
        mail,
        message,
        kind="auto_reply",
        return_path="",
    )


def forged(mail: Mail, body: str) -> StudentLetter:
    """From somebody else, to an address whose signature was tampered with."""
    message = _answer(mail)
    name, _, domain = _reply_to(mail).partition("@")
    other_letter = "b" if name.endswith("a") else "a"
    to = f"{name[:-1]}{other_letter}@{domain}"
    for header, value in (("From", _STRANGER), ("To", to)):
        # Setting a header adds one; the old one stays until it is deleted.
        del message[header]
        message[header] = value
    message.set_content(body)
    _, stranger = parseaddr(_STRANGER)
    return _letter(mail, message, kind="forged", to=to, return_path=stranger)


def bounce(
    mail: Mail,
    body: str = "",
    *,
    code: str = "550",
) -> StudentLetter:
    """A delivery status notification, as RFC 3464 has it,
    to where the mail came from.
    """
    # No such mailbox, or a full one (RFC 3463).
    status = "5.1.1" if code.startswith("5") else "4.2.2"
    words = body or f"{code} {status} The mailbox of {mail.address} does not exist"
    message = MIMEMultipart("report", report_type="delivery-status")
    message["From"] = "Mail Delivery System <MAILER-DAEMON@mail.simulator>"
    message["To"] = mail.return_path or _reply_to(mail)
    message["Subject"] = "Undelivered Mail Returned to Sender"
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain="mail.simulator")
    message["Auto-Submitted"] = "auto-replied"
    explanation = f"Your message could not be delivered to {mail.address}.\n\n{words}\n"
    message.attach(MIMEText(explanation))
    message.attach(_delivery_status(mail, status, words))
    message.attach(_original_headers(mail))
    raw = message.as_bytes(policy=policy.SMTP)
    return StudentLetter(
        address=mail.address,
        kind="bounce",
        to=message["To"],
        return_path="",
        raw=raw,
    )


REPLY_KINDS: dict[str, Callable[[Mail, str], StudentLetter]] = {
    "reply": reply_letter,
    "twice": twice,
    "html_only": html_only,
    "auto_reply": auto_reply,
    "forged": forged,
    "bounce": bounce,
}


def _answer(mail: Mail) -> EmailMessage:
    headers = _headers(mail)
    subject = headers.get("Subject", "")
    if not subject.lower().startswith("re:"):
        subject = f"Re: {subject}"
    domain = mail.address.partition("@")[2] or "mail.simulator"
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = mail.address
    message["To"] = _reply_to(mail)
    message["Subject"] = subject
    message["Date"] = formatdate(localtime=True)
    message["Message-ID"] = make_msgid(domain=domain)
    if mail.header_id:
        earlier = headers.get("References", "")
        message["In-Reply-To"] = mail.header_id
        message["References"] = f"{earlier} {mail.header_id}".strip()
    return message


def _letter(
    mail: Mail,
    message: EmailMessage,
    *,
    kind: str,
    to: str = "",
    return_path: str | None = None,
) -> StudentLetter:
    sender = mail.address if return_path is None else return_path
    return StudentLetter(
        address=mail.address,
        kind=kind,
        to=to or _reply_to(mail),
        return_path=sender,
        raw=message.as_bytes(),
    )


def _delivery_status(
    mail: Mail,
    status: str,
    words: str,
) -> Message:
    about, recipient = Message(), Message()
    about["Reporting-MTA"] = "dns; mail.simulator"
    recipient["Final-Recipient"] = f"rfc822; {mail.address}"
    recipient["Action"] = "failed"
    recipient["Status"] = status
    recipient["Diagnostic-Code"] = f"smtp; {words}"
    part = Message()
    part["Content-Type"] = "message/delivery-status"
    part.set_payload([about, recipient])
    return part


def _original_headers(mail: Mail) -> Message:
    part = Message()
    part["Content-Type"] = "text/rfc822-headers"
    head = mail.raw.partition("\r\n\r\n")[0]
    part.set_payload(head.encode("ascii", "replace").decode() + "\r\n")
    return part


def _headers(mail: Mail) -> dict[str, str]:
    raw = mail.raw.encode("latin-1")
    return reading.headers_of(raw)


def _reply_to(mail: Mail) -> str:
    headers = _headers(mail)
    header = headers.get("Reply-To") or headers.get("From", "")
    _, address = parseaddr(header)
    return address


def _text(mail: Mail) -> str:
    raw = mail.raw.encode("latin-1")
    return str(reading.read_mail(raw)["text"])


def _attribution(mail: Mail) -> str:
    headers = _headers(mail)
    day = headers.get("Date", "an earlier day")
    sender = re.sub(r"[<>]", "", headers.get("From", ""))
    return f"On {day} {sender} wrote:"


def _quoted(mail: Mail) -> str:
    history = [f"> {line}" for line in _text(mail).splitlines()]
    return "\n".join([_attribution(mail), "", *history])
