"""What one connection may cost: uvicorn's protocol, with the limits on time and size
that it does not have.

A head that does not come, a client that reads nothing, requests without end in one
packet: each is ended after a while, or at once when there are too many. Bodies are
limited one floor up (bodies.py), where their address is known.
"""

import asyncio
import resource
from functools import cache
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# from the connection, or a request's first byte, to the end of its head
HEAD_SECONDS = 10
TAIL_SECONDS = 10  # for what a client still sends after it was answered
STALL_SECONDS = 20  # for a client to take what is written to it
MAX_HEAD_BYTES = 65_536  # bytes
MAX_REQUEST_HEADERS = 100
MAX_PIPELINED = 8
MAX_STALLED = 200  # clients that do not read, in all
RESERVED_FILES = 200  # for the database, templates and what libraries open
MAX_FILES = 65_536
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Unacceptable(Exception):
    """A head that is not read to its end."""


class ClientConnection(HttpToolsProtocol):
    """One connection of one client.

    RFC 9112, 9.3.2: nobody sends more after a request that changes something, before it
    was answered. A client that does gave a length shorter than the body, and half of it
    would be acted on: such a request is not begun. An answer ends for the client with
    the last byte of the length it names, which may be before the app says that it ends.
    """

    # Who has no request under way, and who does not read: the longest first.
    idle: "dict[ClientConnection, None]" = {}
    stalled: "dict[ClientConnection, None]" = {}

    def connection_made(  # type: ignore[override]  # as uvicorn's own
        self, transport: asyncio.Transport
    ) -> None:
        super().connection_made(transport)
        self._head_size = 0
        self._header_count = 0
        self._reads_head = True
        self._is_whole = False
        self._deadline: asyncio.TimerHandle | None = None
        self._stall: asyncio.TimerHandle | None = None
        self._wait_for_head()
        if len(self.connections) > most_connections():
            # this one, when all others are at work
            next(iter(self.idle)).transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._stop_stalling()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._reads_head:
            self._head_size += len(data)
            if self._head_size > MAX_HEAD_BYTES:
                self.send_400_response("The head of this request is too large.")
        if self._deadline is None and self._is_between_requests():
            self._wait_for_head()

    def on_message_begin(self) -> None:
        if not self._is_answered() and self.cycle.scope["method"] not in SAFE:
            raise Unacceptable("more than the length that was named")
        super().on_message_begin()
        self._head_size = 0
        self._header_count = 0
        self._reads_head = True
        self._is_whole = False

    def on_url(self, url: bytes) -> None:
        self._count(url)
        super().on_url(url)

    def on_header(
        self,
        name: bytes,
        value: bytes,
    ) -> None:
        self._header_count += 1
        self._count(name + value)
        # WSGI takes X_Forwarded_For for X-Forwarded-For, so that a caller could write
        # what only a proxy may.
        if b"_" not in name:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if len(self.pipeline) >= MAX_PIPELINED:
            raise Unacceptable("too many requests at once")
        self._stop_waiting()
        self._reads_head = False
        super().on_headers_complete()
        # so that what answers can see that the client is gone
        self.scope["state"]["cycle"] = self.cycle

    def on_message_complete(self) -> None:
        self._is_whole = True
        super().on_message_complete()
        if self.cycle.response_complete:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self._begin_stalling()
        elif not self._is_between_requests():
            return  # the next one has begun, and has time of its own
        elif not self._is_whole:
            self._wait(TAIL_SECONDS)
        else:
            self.idle[self] = None

    def send_400_response(self, msg: str) -> None:
        """What was begun on this connection and has its whole body yet, ends here: no
        part of it is acted on.
        """
        is_answering = (
            self.cycle is not None
            and self.cycle.response_started
            and not self._is_answered()
        )
        for cycle in (self.cycle, *(waiting for waiting, _ in self.pipeline)):
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()
        if is_answering:
            self.transport.close()
        else:
            super().send_400_response(msg)
        self._begin_stalling()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._begin_stalling()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.transport.is_closing():
            self._stop_stalling()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._begin_stalling()

    def _is_between_requests(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _is_answered(self) -> bool:
        """Whether all of an answer is written, as its client counts."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return True
        has_length = cycle.response_started and not cycle.chunked_encoding
        return bool(has_length and cycle.expected_content_length == 0)

    def _count(self, read: bytes) -> None:
        self._head_size += len(read)
        if self._head_size > MAX_HEAD_BYTES or self._header_count > MAX_REQUEST_HEADERS:
            raise Unacceptable("the head is too large")

    def _wait_for_head(self) -> None:
        self.idle[self] = None
        self._wait(HEAD_SECONDS)

    def _wait(self, seconds: float) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(seconds, self._end_waiting)

    def _stop_waiting(self) -> None:
        self.idle.pop(self, None)
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _end_waiting(self) -> None:
        self.transport.close()
        self._begin_stalling()

    def _begin_stalling(self) -> None:
        """Closing also waits for a client to take what is written: not forever."""
        if self._stall is not None:
            return
        self.stalled[self] = None
        self._stall = self.loop.call_later(STALL_SECONDS, self.transport.abort)
        if len(self.stalled) > MAX_STALLED:
            next(iter(self.stalled)).transport.abort()

    def _stop_stalling(self) -> None:
        self.stalled.pop(self, None)
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None


@cache
def most_connections() -> int:
    """As many as there may be open files, a few set aside.

    Asks the system for more files first.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    files = min(soft if soft > 0 else wanted, MAX_FILES)
    return max(64, files - RESERVED_FILES)


def is_gone(scope: Any) -> bool:
    """Whether the client of this request has left, or was sent away."""
    cycle = _cycle_of(scope)
    return cycle is not None and bool(cycle.disconnected)


def is_whole(scope: Any) -> bool:
    """Whether the end of the body has come."""
    cycle = _cycle_of(scope)
    return cycle is not None and not cycle.more_body


def _cycle_of(scope: Any) -> Any:
    """uvicorn's record of one request; None beside uvicorn."""
    return scope["state"].get("cycle")
