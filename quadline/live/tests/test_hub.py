"""Live events: to the named user's open screens only, when it
commits, and never silently lost.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from django.db import connection, transaction
from starlette.requests import Request

from quadline.live import stream
from quadline.live.hub import RESUME, WAITING_EVENTS, Hub, Screen
from quadline.live.notifications import CHANNEL, notify_each, notify_screens

MAYA, OMAR = 1, 2


async def taken(*screens: Screen) -> list[list[str]]:
    return [await screen.news(within=0) for screen in screens]


async def open_streams(hub: Hub, stack: AsyncExitStack, *users: int) -> list[Screen]:
    return [await stack.enter_async_context(hub.stream(user)) for user in users]


def in_a_hub(
    scene: Callable[[Hub, AsyncExitStack], Awaitable[None]], url: str = ""
) -> None:
    async def play() -> None:
        async with AsyncExitStack() as stack:
            await scene(Hub(url), stack)

    asyncio.run(play())


def test_an_event_reaches_every_stream_of_its_user_and_nobody_elses() -> None:
    async def scene(hub: Hub, stack: AsyncExitStack) -> None:
        screens = await open_streams(hub, stack, MAYA, MAYA, OMAR)
        hub._put(MAYA, "conv-42")

        assert await taken(*screens) == [["conv-42"], ["conv-42"], []]

    in_a_hub(scene)


def test_what_waits_is_sent_once_and_together() -> None:
    async def scene(hub: Hub, stack: AsyncExitStack) -> None:
        [screen] = await open_streams(hub, stack, MAYA)
        for event in ("conv-1", "inbox", "conv-2", "inbox", "conv-1"):
            hub._put(MAYA, event)

        assert await taken(screen, screen) == [["conv-1", "inbox", "conv-2"], []]

    in_a_hub(scene)


def test_a_stream_that_falls_behind_is_told_to_fetch_everything_again() -> None:
    async def scene(hub: Hub, stack: AsyncExitStack) -> None:
        [slow] = await open_streams(hub, stack, MAYA)
        for number in range(WAITING_EVENTS + 2):
            hub._put(MAYA, f"conv-{number}")

        assert await taken(slow) == [[RESUME]]
        hub._put(MAYA, "after")
        assert await taken(slow) == [["after"]]

    in_a_hub(scene)


def test_a_slow_screen_does_not_cost_the_others_of_its_user_their_events() -> None:
    async def scene(hub: Hub, stack: AsyncExitStack) -> None:
        screens = await open_streams(hub, stack, MAYA, MAYA, MAYA)
        for number in range(WAITING_EVENTS):
            hub._put(MAYA, f"conv-{number}")
        await taken(*screens[1:])
        hub._put(MAYA, "conv-42")

        assert await taken(*screens) == [[RESUME], ["conv-42"], ["conv-42"]]

    in_a_hub(scene)


def test_a_stream_that_closed_is_forgotten() -> None:
    async def scene(hub: Hub, stack: AsyncExitStack) -> None:
        async with hub.stream(MAYA), hub.stream(MAYA), hub.stream(OMAR):
            assert hub.open_streams == 3
        assert (hub.open_streams, len(hub._screens)) == (0, 0)
        hub._put(MAYA, "conv-42")

    in_a_hub(scene)


def address_of_the_test_database() -> str:
    facts: dict[str, Any] = connection.settings_dict
    password = f":{quote(facts['PASSWORD'])}" if facts["PASSWORD"] else ""
    return f"postgresql://{facts['USER']}{password}@/{facts['NAME']}?host={quote(facts['HOST'], safe='')}"


@asynccontextmanager
async def listening(hub: Hub, *users: int) -> AsyncIterator[list[Screen]]:
    """The hub at work; it tells every open stream to resume as soon as it listens."""
    async with AsyncExitStack() as stack:
        streams = await open_streams(hub, stack, *users)
        running = asyncio.create_task(hub.run())
        try:
            for screen in streams:
                assert await screen.news(within=120) == [RESUME]
            yield streams
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


def committed(*news: tuple[list[int], str], is_kept: bool = True) -> None:
    """Tell in one transaction, as an act does, from a thread of its own."""
    try:
        with transaction.atomic():
            for users, event in news:
                notify_screens(users, event)
            transaction.set_rollback(not is_kept)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_what_is_told_arrives_when_the_transaction_commits_and_only_then() -> None:
    async def scene() -> None:
        async with listening(Hub(address_of_the_test_database()), MAYA, OMAR) as [
            maya,
            omar,
        ]:
            await asyncio.to_thread(committed, ([MAYA], "rolled back"), is_kept=False)
            await asyncio.to_thread(
                committed, ([MAYA], "conv-1"), ([MAYA, OMAR], "inbox")
            )

            assert await omar.news(within=120) == ["inbox"]
            assert await taken(maya, omar) == [["conv-1", "inbox"], []]

    asyncio.run(scene())


@pytest.mark.django_db(transaction=True)
def test_a_lost_connection_is_made_again_and_screens_fetch_what_they_missed() -> None:
    async def scene() -> None:
        async with listening(Hub(address_of_the_test_database()), MAYA) as [maya]:
            async with await psycopg.AsyncConnection.connect(
                address_of_the_test_database(), autocommit=True
            ) as admin:
                await admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query"
                    " = %s AND pid <> pg_backend_pid()",
                    [f"LISTEN {CHANNEL}"],
                )
            assert await maya.news(within=120) == [RESUME]
            await asyncio.to_thread(committed, ([MAYA], "conv-2"))
            assert await maya.news(within=120) == ["conv-2"]

    asyncio.run(scene())


@pytest.fixture
def notified(db: None) -> Iterator[list[Any]]:
    """The payload of each notification that is sent."""
    sent: list[Any] = []

    def catch(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        done = execute(sql, parameters, many, context)
        sent.extend(payload for payload, _ in context["cursor"].fetchall())
        return done

    with connection.execute_wrapper(catch):
        yield sent


def test_an_event_names_each_user_once_and_carries_no_words(
    notified: list[Any],
) -> None:
    notify_screens([OMAR, MAYA, OMAR], "conv-42")
    assert [json.loads(payload) for payload in notified] == [
        [[MAYA, "conv-42"], [OMAR, "conv-42"]]
    ]


def test_each_persons_inbox_is_told_with_their_events(notified: list[Any]) -> None:
    notify_each(
        [(OMAR, "conv-7"), (MAYA, "conv-2"), (MAYA, "conv-1"), (MAYA, "conv-2")]
    )
    notify_each([])
    news = [
        [MAYA, "conv-1"],
        [MAYA, "conv-2"],
        [MAYA, "inbox"],
        [OMAR, "conv-7"],
        [OMAR, "inbox"],
    ]
    assert [json.loads(payload) for payload in notified] == [news]


def test_thousands_of_events_are_few_notifications_each_as_long_as_the_database_takes(
    notified: list[Any],
) -> None:
    largest = 2**63 - 1
    notify_each(
        (largest - person, f"conv-{largest - number}")
        for person in range(9)
        for number in range(111)
    )
    assert (len(notified), max(len(payload) for payload in notified) < 8000) == (
        7,
        True,
    )
    assert sum(len(json.loads(payload)) for payload in notified) == 9 * 112


def heard(
    script: Callable[[Hub, Callable[[], Awaitable[bytes]]], Awaitable[None]],
) -> None:
    """One stream of Maya's, listened to write by write; nobody
    looks at who is signed in so soon.
    """

    async def play() -> None:
        hub = Hub("")
        events = stream._events(hub, MAYA, Request({"type": "http", "headers": []}))
        assert re.fullmatch(
            rb"retry: \d{3,4}\r\nevent: resume\r\ndata: \r\n\r\n", await anext(events)
        )
        await script(hub, lambda: anext(events))
        await events.aclose()  # type: ignore[attr-defined]

    asyncio.run(play())


def test_a_quiet_stream_shows_that_it_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_SECONDS", 0.01)

    async def script(hub: Hub, written: Callable[[], Awaitable[bytes]]) -> None:
        assert (await written()).startswith(b":")
        assert (await written()).startswith(b":")

    heard(script)


def test_the_first_event_is_written_at_once_and_those_soon_after_it_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    is_over = asyncio.Event()

    async def calm(seconds: float) -> None:
        assert seconds == stream.CALM_SECONDS
        await is_over.wait()

    loop = SimpleNamespace(sleep=calm, get_running_loop=asyncio.get_running_loop)
    monkeypatch.setattr(stream, "asyncio", loop)

    async def script(hub: Hub, written: Callable[[], Awaitable[bytes]]) -> None:
        hub._put(MAYA, "conv-1")
        assert await written() == b"event: conv-1\r\ndata: \r\n\r\n"
        hub._put(MAYA, "conv-2")
        next_write = asyncio.ensure_future(written())
        await asyncio.sleep(0.01)
        hub._put(MAYA, "inbox")
        await asyncio.sleep(0.01)
        assert not next_write.done()
        is_over.set()
        assert (
            await next_write
            == b"event: conv-2\r\ndata: \r\n\r\nevent: inbox\r\ndata: \r\n\r\n"
        )

    heard(script)
