"""A door for a mail server: takes students' emails by LMTP or SMTP.

It says 250 only after the email is committed, 4xx when the trouble is ours (the mail
server keeps it and comes again), and 5xx with the reason when coming again would not
help (the mail server tells its sender). An email that cannot be read is taken: it would
break its reader every time.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from email.utils import parseaddr
from functools import partial
from typing import Any

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections

from quadline import clock, stopping
from quadline.delivery.inbound.inbound_email import OpenedEmail, file_opened, open_email
from quadline.emails import outgoing
from quadline.emails.limits import MAX_EMAIL_BYTES, EmailTooLarge
from quadline.webhooks.mail.mail_rate import MailRate

log = structlog.get_logger(__name__)

MAX_CONCURRENT_EMAILS = 4  # emails filed at the same time; further ones wait their turn
SMTP_TIMEOUT_SECONDS = 60  # with a mail server that says nothing
FINISH_SECONDS = 10  # for emails that are being filed when a stop signal comes
INTAKE_STOP_SECONDS = 15.0  # whatever the database does
MAX_SMTP_LINE = (
    MAX_EMAIL_BYTES  # bytes; RFC 5321 has 1,000, and not every program keeps to it
)
MAX_RECIPIENTS = 100  # the least that a server must take (RFC 5321, 4.5.3.1.8)
REPLY_KEPT = "250 2.0.0 Kept"
REPLY_TRY_LATER = "451 4.3.0 It could not be kept just now. Please come again."
REPLY_TOO_MANY_RECIPIENTS = (
    "452 4.5.3 Too many recipients. Bring it again for the others."
)
REPLY_RATE_LIMITED = (
    "451 4.7.1 That is a lot of mail at once. Please come again in a while."
)


class Intake:
    """What is said at each step; the hooks are named by aiosmtpd."""

    def __init__(self, *, is_lmtp: bool) -> None:
        self._is_lmtp = is_lmtp
        self._turn = asyncio.Semaphore(MAX_CONCURRENT_EMAILS)
        self._rate = MailRate()
        self.under_way = 0

    async def handle_MAIL(
        self,
        server: SMTP,
        session: Any,
        envelope: Any,
        address: str,
        options: list[str],
    ) -> str:
        """A sender who writes too often is told before the email is sent."""
        sender = (address or "").strip("<>")
        if not self._rate.takes(sender, now=time.monotonic()):
            return REPLY_RATE_LIMITED
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self,
        server: SMTP,
        session: Any,
        envelope: Any,
        address: str,
        options: list[str],
    ) -> str:
        """Over SMTP anybody may come: only our own addresses.

        An LMTP server is the college's, and knows.
        """
        if not self._is_lmtp and not is_ours(address):
            return "550 5.7.1 This server takes answers to Quadline's own emails only."
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return REPLY_TOO_MANY_RECIPIENTS
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(
        self,
        server: SMTP,
        session: Any,
        envelope: Any,
    ) -> str:
        sender = (envelope.mail_from or "").strip("<>")
        return_path = f"Return-Path: <{sender}>\r\n".encode("utf-8", "replace")
        raw = return_path + bytes(envelope.original_content)
        self.under_way += 1  # after a stop signal we wait for these
        try:
            answers = await self._keep(raw, list(envelope.rcpt_tos))
        finally:
            self.under_way -= 1
        if self._is_lmtp:  # an answer for each recipient (RFC 2033, 4.2)
            return "\r\n".join(answers)
        # SMTP has one for all: the worst. Each begins with its code.
        return max(answers)

    async def _keep(
        self,
        raw: bytes,
        addresses: list[str],
    ) -> list[str]:
        """An answer for each address. It is read once, however many there are."""
        async with self._turn:
            try:
                opened = await asyncio.to_thread(open_email, raw)
            except EmailTooLarge as refusal:
                return [f"552 5.3.4 {refusal}"] * len(addresses)
            except Exception:
                log.exception("an email could not be looked at; it is brought again")
                return [REPLY_TRY_LATER] * len(addresses)
            filed = sync_to_async(_file, thread_sensitive=False)
            return [await filed(opened, address) for address in addresses]


def is_ours(address: str) -> bool:
    """The reply address with or without a token,
    and the address our emails come from.
    """
    _, bare = parseaddr(address)
    name, _, domain = bare.lower().rpartition("@")
    without_token = name.partition("+")[0]
    return f"{without_token}@{domain}" in (
        settings.ENV.email_reply_to,
        outgoing.own_address().lower(),
    )


def _file(opened: OpenedEmail, address: str) -> str:
    try:
        close_old_connections()
        kept = file_opened(opened, envelope_to=address, now=clock.now())
    except Exception:
        log.exception("an email could not be kept; its mail server brings it again")
        return REPLY_TRY_LATER
    finally:
        close_old_connections()
    log.info("email kept", kind=kept.kind, email_id=kept.pk)
    return REPLY_KEPT


async def on_intake_stop() -> None:
    """Then what is under way has its time,
    and after that the process ends all the same.
    """
    stop = asyncio.Event()

    def tell() -> None:
        stopping.on_stop_signal(within=INTAKE_STOP_SECONDS)
        stop.set()

    for name in stopping.STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(name, tell)
    await stop.wait()


async def listen(
    host: str,
    port: int,
    *,
    is_lmtp: bool,
    ready: Callable[[int], None],
    until: Callable[[], Awaitable[None]] = on_intake_stop,
) -> None:
    """Take emails until a stop signal comes; one that is being filed is finished."""
    intake = Intake(is_lmtp=is_lmtp)
    server = await asyncio.get_running_loop().create_server(
        partial(_connection, intake, is_lmtp), host, port
    )
    ready(server.sockets[0].getsockname()[1])
    await until()
    server.close()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(FINISH_SECONDS):
            while intake.under_way:
                await asyncio.sleep(0.05)


class _OverSmtp(SMTP):
    line_length_limit = MAX_SMTP_LINE


class _OverLmtp(LMTP):
    line_length_limit = MAX_SMTP_LINE


def _connection(intake: Intake, is_lmtp: bool) -> SMTP:
    protocol = _OverLmtp if is_lmtp else _OverSmtp
    return protocol(
        intake,
        data_size_limit=MAX_EMAIL_BYTES,
        enable_SMTPUTF8=True,
        hostname="quadline",
        ident="Quadline",
        timeout=SMTP_TIMEOUT_SECONDS,
    )
