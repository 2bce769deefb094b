"""One email, and handing it to the college's mail server or mail service.

What it says is decided elsewhere.
"""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from quadline.emails.failures import (
    NO_ADDRESS,
    SERVER_NOT_REACHED,
    MailRefused,
    in_our_words,
)

# RFC 3834; the second is what Exchange reads. They keep out-of-office replies from
# coming back.
GENERATED = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
NOT_SET_UP = "Email is not set up: EMAIL_URL is empty."
# keeps the line under what RFC 5322 allows (998), however it is encoded
MAX_SENDER_NAME = 120
UNSENT_BACKEND = "quadline.emails.unsent.EmailBackend"
# a backend of Django's or of Anymail's; neither has a type of its own worth naming
MailConnection = Any


@dataclass(frozen=True)
class OutgoingLetter:
    """An email as it will leave.

    ``header_id`` is its Message-ID and stays the same however often it is tried.
    """

    to: str
    subject: str
    body: str
    header_id: str
    from_name: str
    reply_to: str
    html: str = ""
    # where a mail server reports that it could not deliver; "" is our own address
    return_path: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    attachments: tuple[tuple[str, bytes, str], ...] = ()  # name, content, type
    is_automatic: bool = False


@contextmanager
def connected() -> Iterator[MailConnection]:
    """A connection for several letters.

    Raises MailRefused when the mail server cannot be reached.
    """
    connection = get_connection()
    try:
        connection.open()
    except smtplib.SMTPAuthenticationError as error:
        raise in_our_words(error) from error
    except Exception as error:
        raise MailRefused(
            SERVER_NOT_REACHED, is_final=False, is_about_server=True
        ) from error
    try:
        yield connection
    finally:
        _close(connection)


def deliver(letter: OutgoingLetter, over: MailConnection = None) -> str:
    """Hand one letter over, on a connection of its own unless one is given.

    Returns the mail service's id, or "".

    Raises MailRefused, which says whether to try again.
    """
    if settings.EMAIL_BACKEND == UNSENT_BACKEND:
        raise MailRefused(NOT_SET_UP, is_final=True)
    # takes SMTPUTF8 (RFC 6531), which few mail servers of colleges have
    if not letter.to.rpartition("@")[0].isascii():
        raise MailRefused(NO_ADDRESS, is_final=True)
    try:
        message = _message(letter)
        message.connection = over
        message.send()
    except Exception as error:
        raise in_our_words(error) from error
    # What Anymail learned of the letter; a plain mail server has no ids of its own.
    return str(
        getattr(getattr(message, "anymail_status", None), "message_id", "") or ""
    )


def own_address() -> str:
    """The address letters come from, without its name."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


def _message(letter: OutgoingLetter) -> EmailMultiAlternatives:
    sender = formataddr((one_line(letter.from_name)[:MAX_SENDER_NAME], own_address()))
    message = EmailMultiAlternatives(
        one_line(letter.subject),
        letter.body,
        from_email=letter.return_path or own_address(),
        to=[letter.to],
        reply_to=[letter.reply_to] if letter.reply_to else None,
        headers={
            "Message-ID": letter.header_id,
            "From": sender,
            **_threading(letter),
        },
    )
    # a service has return paths of its own, and tells us of bounces automatically
    if settings.ENV.email_service:
        message.from_email = message.extra_headers.pop("From")
    if letter.html:
        message.attach_alternative(letter.html, "text/html")
    for attachment in letter.attachments:
        message.attach(*attachment)
    return message


def _threading(letter: OutgoingLetter) -> dict[str, str]:
    headers = dict(GENERATED) if letter.is_automatic else {}
    if letter.in_reply_to:
        headers["In-Reply-To"] = letter.in_reply_to
    if letter.references:
        headers["References"] = " ".join(letter.references)
    return headers


def one_line(words: str) -> str:
    """A header is one line:
    a name or a subject with line breaks in it must not begin another one.
    """
    return " ".join(
        "".join(letter if letter.isprintable() else " " for letter in words).split()
    )


def _close(connection: MailConnection) -> None:
    # a server that is gone cannot be told good-bye
    with suppress(smtplib.SMTPException, OSError):
        connection.close()
