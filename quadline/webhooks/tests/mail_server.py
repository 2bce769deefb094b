"""The intake as it listens, for tests that bring it emails over real sockets."""

import asyncio
import smtplib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread

from quadline.webhooks.mail import intake
from tests.one_thread import one_thread


@dataclass(frozen=True)
class Door:
    port: int
    is_lmtp: bool

    def connect(self) -> smtplib.SMTP:
        """A mail server that has just said hello."""
        line = (smtplib.LMTP if self.is_lmtp else smtplib.SMTP)("127.0.0.1", self.port, timeout=120)
        line.ehlo_or_helo_if_needed()
        return line

    def bring(self, raw: bytes, *to: str, sender: str = "bo.jensen@alder.example") -> tuple[int, str]:
        """Bring one email. The answer to the end of it, or to the first thing that was refused."""
        with self.connect() as line:
            code, words = line.mail(sender, [f"size={len(raw)}"])
            for address in to if code == 250 else ():
                code, words = line.rcpt(address)
                if code >= 400:
                    break
            if code < 400:
                code, words = line.data(raw)
            return code, words.decode()


@contextmanager
def listening(*, is_lmtp: bool) -> Iterator[Door]:
    opened, ports = Event(), list[int]()
    stops: list[Callable[[], object]] = []

    def ready(port: int) -> None:
        ports.append(port)
        opened.set()

    async def until() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        stops.append(lambda: loop.call_soon_threadsafe(stop.set))
        await stop.wait()

    async def work() -> None:
        async with one_thread():
            await intake.listen("127.0.0.1", 0, is_lmtp=is_lmtp, ready=ready, until=until)

    thread = Thread(target=lambda: asyncio.run(work()))
    thread.start()
    assert opened.wait(120)
    try:
        yield Door(ports[0], is_lmtp)
    finally:
        stops[0]()
        thread.join(120)
