"""Call a web process as a carrier does: signed posts over kept connections, each sent
when the one before is answered.
"""

import asyncio
import base64
import hashlib
import hmac
import socket
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlencode, urlsplit

import uvloop

from bench.college import WORDS
from bench.house import PUBLIC_URL, SETTINGS

# Kept, each with one call at a time; as many for the house as for its limit.
CONNECTIONS = 32


@dataclass(frozen=True)
class Called:
    """How long it took until all were answered, and each. In seconds."""

    seconds: float
    each: list[float]


def seconds_for(address: str, requests: Sequence[bytes]) -> float:
    """How long until all of these are answered, each with 200."""
    return called(address, requests).seconds


def called(address: str, requests: Sequence[bytes]) -> Called:
    """Call all of these. Raises RuntimeError unless each is answered with 200."""
    return uvloop.run(_call_all(address, requests))


async def _call_all(address: str, requests: Sequence[bytes]) -> Called:
    host, port = place_of(address)
    left = iter(requests)
    loop = asyncio.get_running_loop()
    most = min(CONNECTIONS, len(requests))
    callers = [Caller(left) for _ in range(most)]
    # Connected before the clock starts: calls are measured, not connecting.
    for caller in callers:
        await loop.create_connection(_always(caller), host, port)
    began = time.perf_counter()
    for caller in callers:
        caller.call_next()
    await asyncio.gather(*(caller.is_done for caller in callers))
    seconds = time.perf_counter() - began
    took: list[float] = []
    for caller in callers:
        took += caller.took
    return Called(seconds, took)


def _always(caller: "Caller") -> "Callable[[], Caller]":
    return lambda: caller


class Caller(asyncio.Protocol):
    """One kept connection."""

    def __init__(self, left: Iterator[bytes]) -> None:
        self.left = left
        self.buffer = b""
        self.took: list[float] = []  # seconds, call by call
        self.is_done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def call_next(self) -> None:
        request = next(self.left, None)
        if request is not None:
            self.began = time.perf_counter()
            self.transport.write(request)
        elif not self.is_done.done():
            self.is_done.set_result(None)
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head_ends = self.buffer.find(b"\r\n\r\n")
        if head_ends < 0:
            return
        body_ends = head_ends + 4 + _length(self.buffer[:head_ends])
        if len(self.buffer) < body_ends:
            return
        if self.buffer.startswith(b"HTTP/1.1 200"):
            self.buffer = b""
            self.took.append(time.perf_counter() - self.began)
            self.call_next()
        else:
            self._fail(RuntimeError(f"answered with {self.buffer[:300]!r}"))

    def connection_lost(self, error: Exception | None) -> None:
        self._fail(ConnectionError("the connection was closed"))

    def _fail(self, fault: Exception) -> None:
        if not self.is_done.done():
            self.is_done.set_exception(fault)


class Line:
    """One kept connection for calls that are made one by one."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, address: str) -> "Line":
        host, port = place_of(address)
        reader, writer = await asyncio.open_connection(host, port)
        return cls(reader, writer)

    async def call(self, request: bytes) -> None:
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        await self.reader.readexactly(_length(head))
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"answered with {head[:80]!r}")


def _length(head: bytes) -> int:
    """Bytes of the body that follows these headers."""
    _, _, rest = head.lower().partition(b"content-length:")
    if not rest:
        return 0
    value = rest.split(b"\r\n", 1)[0]
    return int(value)


def status_callback(
    carrier_message_id: str, *, reference: str, to: str, sender: str
) -> bytes:
    form = {
        "MessageStatus": "delivered",
        "SmsStatus": "delivered",
        **_common(carrier_message_id, to, sender),
    }
    return signed(f"/webhooks/twilio/status?ref={reference}", form)


def reply(
    carrier_message_id: str,
    *,
    to: str,
    sender: str,
    body: str = f"Yes, thank you. {WORDS}",
) -> bytes:
    form = {
        "Body": body,
        "NumSegments": "1",
        "NumMedia": "0",
        **_common(carrier_message_id, to, sender),
    }
    return signed("/webhooks/twilio/inbound", form)


def _common(carrier_message_id: str, to: str, sender: str) -> dict[str, str]:
    return {
        "ApiVersion": "2010-04-01",
        "SmsSid": carrier_message_id,
        "MessageSid": carrier_message_id,
        "AccountSid": SETTINGS["TWILIO_ACCOUNT_SID"],
        "MessagingServiceSid": SETTINGS["TWILIO_MESSAGING_SERVICE_SID"],
        "To": to,
        "From": sender,
    }


def signed(path: str, form: dict[str, str]) -> bytes:
    """A whole request, signed
    as Twilio signs (https://www.twilio.com/docs/usage/webhooks/webhooks-security).
    """
    words = f"{PUBLIC_URL}{path}" + "".join(f"{key}{form[key]}" for key in sorted(form))
    signature = hmac.new(
        SETTINGS["TWILIO_AUTH_TOKEN"].encode(), words.encode(), hashlib.sha1
    ).digest()
    body = urlencode(form).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type:"
        " application/x-www-form-urlencoded\r\nX-Twilio-Signature:"
        f" {base64.b64encode(signature).decode()}\r\nContent-Length:"
        f" {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def place_of(address: str) -> tuple[str, int]:
    """Host and port of an address such as http://127.0.0.1:8000."""
    place = urlsplit(address)
    return place.hostname or "127.0.0.1", place.port or 80


def carrier_id() -> str:
    return f"SM{uuid.uuid4().hex}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
