"""Open browser streams: many connections to ``/events``,
and when each event came in.
"""

import asyncio
import time
from typing import cast

from bench.calling import place_of

OPENED_AT_ONCE = 50  # streams
OPENING_SECONDS = 60


class Stream(asyncio.Protocol):
    """One open stream; ``came`` holds the time of the first of each event."""

    def __init__(self, cookie: str) -> None:
        self.cookie = cookie
        self.came: dict[str, float] = {}
        self.rest = b""
        self.is_open: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        head = (
            "GET /events HTTP/1.1\r\n"
            "Host: 127.0.0.1\r\n"
            "Accept: text/event-stream\r\n"
            f"Cookie: {self.cookie}\r\n\r\n"
        )
        self.transport.write(head.encode())

    def data_received(self, data: bytes) -> None:
        at = time.monotonic()
        received = self.rest + data
        *lines, self.rest = received.split(b"\r\n")
        for line in lines:
            if line.startswith(b"event: "):
                event = line.removeprefix(b"event: ").decode()
                self.came.setdefault(event, at)
        if "resume" in self.came and not self.is_open.done():
            self.is_open.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.is_open.done():
            self.is_open.set_exception(ConnectionError("a stream was not opened"))


async def opened(address: str, cookies: list[str]) -> list[Stream]:
    """A stream for each cookie, all open."""
    streams = [Stream(cookie) for cookie in cookies]
    for start in range(0, len(streams), OPENED_AT_ONCE):
        batch = streams[start : start + OPENED_AT_ONCE]
        openings = [_open(address, stream) for stream in batch]
        await asyncio.gather(*openings)
    return streams


async def _open(address: str, stream: Stream) -> None:
    host, port = place_of(address)
    loop = asyncio.get_running_loop()
    await loop.create_connection(lambda: stream, host, port)
    await asyncio.wait_for(stream.is_open, OPENING_SECONDS)


def close(streams: list[Stream]) -> None:
    for stream in streams:
        stream.transport.close()
