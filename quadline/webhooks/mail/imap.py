"""Fetch students' emails from a mailbox of the college's, by IMAP, where its mail
server can bring them nowhere.

The mailbox is to be read by nobody else: what is marked as read counts as fetched. It
is marked after the email is committed.
"""

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import structlog

from quadline import clock
from quadline.delivery.inbound.inbound_email import file_email
from quadline.emails.limits import MAX_EMAIL_BYTES

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 30  # for each answer of the mail server
EMAILS_PER_FETCH = 500  # emails of one look; the next one takes up the others
# bytes fetched of an email that is too large: its words come before its files
BEGINNING = 1_000_000
SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


class MailboxFault(Exception):
    """The mailbox cannot be read; the message says why."""


class MessageGone(Exception):
    """The mail server does not give one email: the others may be read."""


def fetch_emails(url: str) -> int:
    """File every unread email of the mailbox. Returns how many.

    One that cannot be filed stays unread and keeps back no other.
    """
    filed = 0
    with _mailbox(urlsplit(url)) as mailbox:
        found = _ask(mailbox, "SEARCH", "UNSEEN")
        for uid in b" ".join(found).decode().split()[:EMAILS_PER_FETCH]:
            filed += _file(mailbox, uid)
    return filed


def _file(mailbox: imaplib.IMAP4, uid: str) -> bool:
    try:
        file_email(_fetch(mailbox, uid), envelope_to="", now=clock.now())
    except (MailboxFault, imaplib.IMAP4.abort, OSError):
        raise
    except Exception:
        log.exception("an email stays unread in its mailbox", uid=uid)
        return False
    _ask(mailbox, "STORE", uid, "+FLAGS.SILENT", r"(\Seen)")
    return True


@contextmanager
def _mailbox(parts: SplitResult) -> Iterator[imaplib.IMAP4]:
    folder = unquote(parts.path.lstrip("/")) or "INBOX"
    try:
        mailbox = _connect(parts)
    except (OSError, imaplib.IMAP4.error) as error:
        raise MailboxFault(
            f"The mail server at {parts.hostname} could not be reached: {error}"
        ) from error
    try:
        mailbox.login(unquote(parts.username or ""), unquote(parts.password or ""))
        answer, said = mailbox.select(
            '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
        )
        if answer != "OK":
            raise MailboxFault(f"There is no folder {folder}: {said}")
        yield mailbox
    except (OSError, imaplib.IMAP4.error) as error:
        raise MailboxFault(
            f"The mailbox at {parts.hostname} cannot be read: {error}"
        ) from error
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            mailbox.logout()


def _connect(parts: SplitResult) -> imaplib.IMAP4:
    host = parts.hostname or "localhost"
    if parts.scheme == "imaps":
        return imaplib.IMAP4_SSL(
            host,
            parts.port or 993,
            ssl_context=ssl.create_default_context(),
            timeout=TIMEOUT_SECONDS,
        )
    mailbox = imaplib.IMAP4(host, parts.port or 143, timeout=TIMEOUT_SECONDS)
    if parse_qs(parts.query).get("tls") == ["true"]:
        mailbox.starttls(ssl.create_default_context())
    return mailbox


def _fetch(mailbox: imaplib.IMAP4, uid: str) -> bytes:
    """Raises NotGiven."""
    try:
        # Peek: only what is kept here is marked as read there.
        is_too_large = _size_of(mailbox, uid) > MAX_EMAIL_BYTES
        part = f"(BODY.PEEK[]<0.{BEGINNING}>)" if is_too_large else "(BODY.PEEK[])"
        found = _ask(mailbox, "FETCH", uid, part)
    except MailboxFault as refused:
        raise MessageGone(str(refused)) from refused
    for each in found:
        if isinstance(each, tuple) and len(each) > 1:
            return bytes(each[1])
    raise MessageGone(f"The mail server did not give email {uid}.")


def _size_of(mailbox: imaplib.IMAP4, uid: str) -> int:
    """Bytes; 0 where the server does not say."""
    told = _ask(mailbox, "FETCH", uid, "(RFC822.SIZE)")
    words = b" ".join(part for part in told if isinstance(part, bytes))
    size = SIZE.search(words)
    return int(size[1]) if size else 0


def _ask(
    mailbox: imaplib.IMAP4,
    command: str,
    *arguments: str,
) -> list[bytes]:
    answer, found = mailbox.uid(command, *arguments)
    if answer != "OK":
        raise MailboxFault(f"The mail server answered {answer} to {command}.")
    return [part for part in found if part is not None]
