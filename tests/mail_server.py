"""A real mail server for tests: it keeps what it takes, and refuses,
slows down or goes away when a test says so.
"""

import asyncio
import email
import email.policy
import socket
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


def words_of(letter: EmailMessage, kind: str = "plain") -> str:
    """What a reader sees of a letter, in plain text or as HTML."""
    part = letter.get_body((kind,))
    assert part is not None, f"this letter has nothing that is {kind}"
    return str(part.get_content()).replace("\r\n", "\n")


class Handler:
    """Keeps letters by their recipients."""

    def __init__(self) -> None:
        # return path, recipient, letter
        self.taken: list[tuple[str, str, EmailMessage]] = []
        self.refusals: list[int] = []  # answered one by one, to the next callers
        self.refused_addresses: dict[str, int] = {}
        self.seconds = 0.0

    async def handle_RCPT(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: Any,
    ) -> str:
        if code := self.refused_addresses.get(address):
            return (
                f"{code} {'no such person here' if code >= 500 else 'come back later'}"
            )
        if self.refusals:
            return f"{self.refusals.pop(0)} as the test wants it"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        await asyncio.sleep(self.seconds)
        assert isinstance(envelope.content, bytes)
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(letter, EmailMessage)
        self.taken += [
            (envelope.mail_from or "", recipient, letter)
            for recipient in envelope.rcpt_tos
        ]
        return "250 taken"


class MailServer:
    """On a port of its own of this machine, for one test."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.handler = Handler()
        self._controller: Controller | None = None

    def start(self) -> None:
        self._controller = Controller(
            self.handler, hostname="127.0.0.1", port=self.port
        )
        self._controller.start()

    def stop(self) -> None:
        if self._controller:
            self._controller.stop()
            self._controller = None

    def to(self, address: str) -> list[EmailMessage]:
        """What has arrived for this address, oldest first."""
        return [
            letter
            for _, recipient, letter in self.handler.taken
            if recipient == address
        ]

    def all(self) -> list[EmailMessage]:
        return [letter for _, _, letter in self.handler.taken]

    def return_paths(self) -> list[str]:
        return [path for path, _, _ in self.handler.taken]

    def forget(self) -> None:
        """As if nothing had come yet."""
        self.handler.taken.clear()
        self.handler.refusals.clear()

    def refuse(self, code: int, times: int = 1) -> None:
        """The next ``times`` letters are answered with this code."""
        self.handler.refusals += [code] * times

    def refuse_address(self, address: str, code: int = 550) -> None:
        self.handler.refused_addresses[address] = code

    def slow(self, seconds: float) -> None:
        self.handler.seconds = seconds
