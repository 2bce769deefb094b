"""``quadline mail_intake``: take students' emails from the college's mail server, by
LMTP, SMTP or IMAP.
"""

import asyncio
import logging
import signal
import sys
import time
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import close_old_connections

from quadline import stopping
from quadline.webhooks.mail import imap, intake

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = (
        "Take students' emails: be brought them (LMTP, SMTP) or fetch them (IMAP)."
        " Without an option: MAIL_INTAKE_URL."
    )
    requires_system_checks: Any = []

    def add_arguments(self, parser: CommandParser) -> None:
        ways = parser.add_mutually_exclusive_group()
        ways.add_argument(
            "--lmtp",
            metavar="HOST:PORT",
            help="listen for the college's own mail server",
        )
        ways.add_argument(
            "--smtp",
            metavar="HOST:PORT",
            help="listen for any mail server; only our own addresses are taken",
        )
        ways.add_argument(
            "--imap",
            metavar="URL",
            help="fetch from a mailbox: imaps://user:password@host/INBOX",
        )
        parser.add_argument(
            "--once", action="store_true", help="with IMAP: fetch once and end"
        )
        parser.add_argument(
            "--every",
            type=float,
            default=20,
            metavar="SECONDS",
            help="with IMAP: how often to look",
        )

    def handle(self, *arguments: Any, **options: Any) -> None:
        url = _url(options)
        if not settings.ENV.email_reply_to:
            self.stderr.write(
                "EMAIL_REPLY_TO is not set: students' answers go to staff, not here."
                " Only bounces are expected."
            )
        if url.startswith("imap"):
            self._fetch(url, every=options["every"], once=options["once"])
        else:
            self._listen(url)

    def _listen(self, url: str) -> None:
        where = urlsplit(url)
        if where.port is None:
            raise CommandError(f"{url} names no port.")
        # aiosmtpd's, which writes every address
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        host = where.hostname or "127.0.0.1"

        def ready(port: int) -> None:
            address = f"{where.scheme}://{host}:{port}"
            self.stdout.write(f"Mail intake ready at {address}")
            self.stdout.flush()

        listening = intake.listen(
            host,
            where.port,
            is_lmtp=where.scheme == "lmtp",
            ready=ready,
        )
        try:
            asyncio.run(listening)
        except OSError as error:
            raise CommandError(
                f"Cannot listen at {host}:{where.port}: {error.strerror}"
            ) from error

    def _fetch(
        self,
        url: str,
        *,
        every: float,
        once: bool,
    ) -> None:
        for name in () if once else stopping.STOP_SIGNALS:
            signal.signal(name, _stop)
        while True:
            try:
                if count := imap.fetch_emails(url):
                    log.info("emails fetched", count=count)
            except imap.MailboxFault as fault:
                if once:
                    raise CommandError(str(fault)) from fault
                log.warning("the mailbox could not be read", why=str(fault))
            if once:
                return
            close_old_connections()
            time.sleep(every)


def _stop(*_: Any) -> None:
    """An email that is being filed is not, and stays unread: it is fetched again."""
    stopping.on_stop_signal(within=intake.INTAKE_STOP_SECONDS)
    sys.exit(0)


def _url(options: dict[str, Any]) -> str:
    for way in ("lmtp", "smtp"):
        if options[way]:
            return f"{way}://{options[way]}"
    url: str = options["imap"] or settings.ENV.mail_intake_url
    if not url:
        raise CommandError(
            "Say how: --lmtp HOST:PORT, --smtp HOST:PORT or --imap URL, or set"
            " MAIL_INTAKE_URL."
        )
    return url
