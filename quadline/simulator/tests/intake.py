"""A college's mail intake, as the simulator sees it: takes
LMTP and keeps what it is given.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Event, Thread
from typing import Any

from aiosmtpd.lmtp import LMTP


@dataclass(frozen=True)
class Got:
    sender: str
    to: str
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)

    @property
    def text(self) -> str:
        body = self.message.get_body(("plain", "html"))
        return str(body.get_content()) if body else ""


@dataclass
class Intake:
    url: str = ""
    mails: list[Got] = field(default_factory=list)
    # given once each, instead of taking
    answers: list[str] = field(default_factory=list)
    _stop: Callable[[], Any] = print

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answers:
            return self.answers.pop(0)
        self.mails += [
            Got(envelope.mail_from.strip("<>"), to, bytes(envelope.original_content))
            for to in envelope.rcpt_tos
        ]
        return "250 Taken"

    @classmethod
    @contextmanager
    def listening(cls) -> Iterator["Intake"]:
        intake, ready, done = cls(), Event(), asyncio.Event()

        async def listen() -> None:
            loop = asyncio.get_running_loop()
            server = await loop.create_server(
                lambda: LMTP(intake, loop=loop), "127.0.0.1", 0
            )
            intake.url = f"lmtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            intake._stop = lambda: loop.call_soon_threadsafe(done.set)
            ready.set()
            await done.wait()
            server.close()
            await asyncio.sleep(0.05)  # for those who were connected

        thread = Thread(target=lambda: asyncio.run(listen()), daemon=True)
        thread.start()
        assert ready.wait(10)
        yield intake
        intake._stop()
        thread.join(10)
