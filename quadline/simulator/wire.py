"""Plain HTTP/1.1 on kept connections, for status callbacks: four to a text,
and a bench sends many.

A general client costs a quarter of a millisecond a call,
which would measure the simulator.
"""

import asyncio
from collections import defaultdict, deque
from typing import cast
from urllib.parse import SplitResult, urlsplit

import httptools


class ConnectTimedOut(TimeoutError):
    """Nobody took the connection in time; after it, nobody answered in time."""


class Wires:
    """Idle connections by host and port."""

    def __init__(self) -> None:
        self._idle: dict[tuple[str, int], deque[_Wire]] = defaultdict(deque)

    async def post(
        self,
        url: str,
        headers: dict[str, str],
        body: bytes,
        *,
        connect: float,
        read: float,
    ) -> int:
        """The status of the answer; OSError or TimeoutError when there is none."""
        parts = urlsplit(url)
        place = (parts.hostname or "", parts.port or 80)
        request = _request(parts, headers, body)
        if kept := self._take_idle(place):
            try:
                return await self._use(kept, place, request, read)
            except ConnectionError:
                # the other side had just closed it: that says nothing about the call
                pass
        wire = await _connect(place, within=connect)
        return await self._use(wire, place, request, read)

    def close(self) -> None:
        for wires in self._idle.values():
            for wire in wires:
                wire.transport.abort()
        self._idle.clear()

    def _take_idle(self, place: tuple[str, int]) -> "_Wire | None":
        wires = self._idle[place]
        while wires:
            wire = wires.pop()
            if not wire.transport.is_closing():
                return wire
        return None

    async def _use(
        self,
        wire: "_Wire",
        place: tuple[str, int],
        request: bytes,
        read: float,
    ) -> int:
        try:
            async with asyncio.timeout(read):
                status = await wire.ask(request)
        except BaseException:
            # A late answer would be taken for that of the next call.
            wire.transport.abort()
            raise
        if wire.may_be_kept:
            self._idle[place].append(wire)
        else:
            wire.transport.close()
        return status


def _request(
    parts: SplitResult,
    headers: dict[str, str],
    body: bytes,
) -> bytes:
    target = parts.path or "/"
    if parts.query:
        target += f"?{parts.query}"
    lines = [f"POST {target} HTTP/1.1", f"Host: {parts.netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join(lines) + "\r\n\r\n"
    return head.encode() + body


async def _connect(place: tuple[str, int], *, within: float) -> "_Wire":
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(within):
            _, wire = await loop.create_connection(_Wire, *place)
    except TimeoutError:
        raise ConnectTimedOut from None
    return wire


class _Wire(asyncio.Protocol):
    """One connection: one question at a time."""

    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.may_be_kept = True
        self._answer: asyncio.Future[int] | None = None
        self._has_status = False

    async def ask(self, request: bytes) -> int:
        self._has_status = False
        self._parser = httptools.HttpResponseParser(self)
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self._answer

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._end(ConnectionError(f"Not an HTTP answer: {error}"))

    def on_headers_complete(self) -> None:
        self._has_status = True

    def on_message_complete(self) -> None:
        self.may_be_kept = self._parser.should_keep_alive()
        if self._answer and not self._answer.done():
            self._answer.set_result(self._parser.get_status_code())

    def connection_lost(self, error: Exception | None) -> None:
        self.may_be_kept = False
        self._end(ConnectionResetError("The connection was closed without an answer."))

    def _end(self, error: Exception) -> None:
        if self._has_status and self._answer and not self._answer.done():
            # its body ended with the connection
            self._answer.set_result(self._parser.get_status_code())
        if self._answer and not self._answer.done():
            self._answer.set_exception(error)
