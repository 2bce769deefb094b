"""One connection, request after request, as quick as a client may be."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import uvicorn
from uvicorn.server import ServerState

from quadline.config import connections
from quadline.config.connections import ClientConnection
from quadline.config.refusals import App, AsgiMessage, AsgiScope, Receive, Send

POST = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\n\r\nhi"
WORDS = b"kept"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def slow_to_end(
    ends: asyncio.Event, headers: list[tuple[bytes, bytes]], *, waits: float = 0
) -> App:
    """Writes all of its answer, and says only later that this was all.

    ``waits``: seconds that it thinks first.
    """

    async def app(scope: AsgiScope, receive: Receive, send: Send) -> None:
        await receive()
        await asyncio.sleep(waits)
        start: AsgiMessage = {
            "type": "http.response.start",
            "status": 200,
            "headers": headers,
        }
        await send(start)
        await send({"type": "http.response.body", "body": WORDS, "more_body": True})
        await ends.wait()
        await send({"type": "http.response.body", "body": b""})

    return app


@asynccontextmanager
async def connected(app: App) -> AsyncIterator[Streams]:
    config = uvicorn.Config(
        app,
        http=ClientConnection,
        ws="none",
        lifespan="off",
        log_config=None,
    )
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: ClientConnection(config=config, server_state=state, app_state={}),
        "127.0.0.1",
        0,
    )
    async with server:
        address = server.sockets[0].getsockname()
        reader, writer = await asyncio.open_connection(*address)
        try:
            yield reader, writer
        finally:
            writer.close()
            await writer.wait_closed()


def run(scene: Callable[[], Awaitable[None]]) -> None:
    async def within_a_minute() -> None:
        async with asyncio.timeout(60):
            await scene()

    asyncio.run(within_a_minute())


def test_who_has_the_whole_answer_may_ask_again_before_the_app_says_it_is_over() -> (
    None
):
    async def scene() -> None:
        ends = asyncio.Event()
        length = [(b"content-length", str(len(WORDS)).encode())]
        async with connected(slow_to_end(ends, length)) as (reader, writer):
            for _ in range(3):
                ends.clear()
                writer.write(POST)
                assert b"200" in await reader.readuntil(b"\r\n\r\n")
                assert await reader.readexactly(len(WORDS)) == WORDS
                writer.write(POST)
                await asyncio.sleep(0.05)  # it is read before the app goes on
                ends.set()
                assert b"200" in await reader.readuntil(b"\r\n\r\n")
                assert await reader.readexactly(len(WORDS)) == WORDS

    run(scene)


def test_a_body_that_comes_after_the_answer_before_it_has_time_to_be_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its head came while the app had not yet said that the answer before is over."""
    monkeypatch.setattr(connections, "TAIL_SECONDS", 0.05)

    async def scene() -> None:
        ends = asyncio.Event()
        length = [(b"content-length", str(len(WORDS)).encode())]
        async with connected(slow_to_end(ends, length, waits=0.3)) as (reader, writer):
            writer.write(POST)
            await reader.readuntil(WORDS)
            writer.write(POST[:-2])
            await asyncio.sleep(0.05)
            ends.set()
            await asyncio.sleep(0.01)
            writer.write(POST[-2:])
            assert b"200" in await reader.readuntil(b"\r\n\r\n")
            assert await reader.readexactly(len(WORDS)) == WORDS

    run(scene)


@pytest.mark.parametrize("length", [None, len(WORDS) + 1])
def test_who_sends_more_before_the_whole_answer_is_sent_away(
    length: int | None,
) -> None:
    async def scene() -> None:
        ends = asyncio.Event()
        headers = [(b"content-length", str(length).encode())] if length else []
        async with connected(slow_to_end(ends, headers)) as (reader, writer):
            writer.write(POST)
            await reader.readuntil(WORDS)
            writer.write(POST)
            assert b"200" not in await reader.read()

    run(scene)
