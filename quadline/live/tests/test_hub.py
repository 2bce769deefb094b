"""Live events: to the named user's open screens only, when it commits, and never silently lost."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from django.db import connection, transaction

from quadline.live.hub import RESUME, WAITING_EVENTS, Hub
from quadline.live.telling import CHANNEL, tell

MAYA, OMAR = 1, 2
Queue = asyncio.Queue[str]


def drained(events: Queue) -> list[str]:
    return [events.get_nowait() for _ in range(events.qsize())]


async def open_streams(hub: Hub, stack: AsyncExitStack, *users: int) -> list[Queue]:
    return [await stack.enter_async_context(hub.stream(user)) for user in users]


def in_a_hub(scene: Callable[[Hub, AsyncExitStack], Awaitable[None]], url: str = "") -> None:
    async def play() -> None:
        async with AsyncExitStack() as stack:
            await scene(Hub(url), stack)

    asyncio.run(play())


def test_an_event_reaches_every_stream_of_its_user_and_nobody_elses() -> None:
    async def scene(hub: Hub, stack: AsyncExitStack) -> None:
        first, second, other = await open_streams(hub, stack, MAYA, MAYA, OMAR)
        hub._put(MAYA, "conv-42")

        assert (drained(first), drained(second), drained(other)) == (["conv-42"], ["conv-42"], [])

    in_a_hub(scene)


def test_a_stream_that_falls_behind_is_told_to_fetch_everything_again() -> None:
    async def scene(hub: Hub, stack: AsyncExitStack) -> None:
        [slow] = await open_streams(hub, stack, MAYA)
        for number in range(WAITING_EVENTS):
            hub._put(MAYA, f"conv-{number}")
        assert slow.full()
        hub._put(MAYA, "one-too-many")

        assert drained(slow) == [RESUME]
        hub._put(MAYA, "after")
        assert drained(slow) == ["after"]

    in_a_hub(scene)


def test_a_slow_screen_does_not_cost_the_others_of_its_user_their_events() -> None:
    async def scene(hub: Hub, stack: AsyncExitStack) -> None:
        screens = await open_streams(hub, stack, MAYA, MAYA, MAYA)
        for number in range(WAITING_EVENTS):
            hub._put(MAYA, f"conv-{number}")
        for quick in screens[1:]:
            drained(quick)
        hub._put(MAYA, "conv-42")

        assert [drained(screen) for screen in screens] == [[RESUME], ["conv-42"], ["conv-42"]]

    in_a_hub(scene)


def test_a_stream_that_closed_is_forgotten() -> None:
    async def scene(hub: Hub, stack: AsyncExitStack) -> None:
        async with hub.stream(MAYA), hub.stream(MAYA), hub.stream(OMAR):
            assert hub.open_streams == 3
        assert (hub.open_streams, len(hub._streams)) == (0, 0)
        hub._put(MAYA, "conv-42")

    in_a_hub(scene)


def address_of_the_test_database() -> str:
    facts: dict[str, Any] = connection.settings_dict
    password = f":{quote(facts['PASSWORD'])}" if facts["PASSWORD"] else ""
    return f"postgresql://{facts['USER']}{password}@/{facts['NAME']}?host={quote(facts['HOST'], safe='')}"


@asynccontextmanager
async def listening(hub: Hub, *users: int) -> AsyncIterator[list[Queue]]:
    """The hub at work; it tells every open stream to resume as soon as it listens."""
    async with AsyncExitStack() as stack:
        streams = await open_streams(hub, stack, *users)
        running = asyncio.create_task(hub.run())
        try:
            for events in streams:
                assert await asyncio.wait_for(events.get(), 10) == RESUME
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
                tell(users, event)
            transaction.set_rollback(not is_kept)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_what_is_told_arrives_when_the_transaction_commits_and_only_then() -> None:
    async def scene() -> None:
        async with listening(Hub(address_of_the_test_database()), MAYA, OMAR) as [maya, omar]:
            await asyncio.to_thread(committed, ([MAYA], "rolled back"), is_kept=False)
            await asyncio.to_thread(committed, ([MAYA], "conv-1"), ([MAYA, OMAR], "inbox"))

            assert [await asyncio.wait_for(maya.get(), 10) for _ in range(2)] == ["conv-1", "inbox"]
            assert await asyncio.wait_for(omar.get(), 10) == "inbox"
            assert maya.empty()
            assert omar.empty()

    asyncio.run(scene())


@pytest.mark.django_db(transaction=True)
def test_a_lost_connection_is_made_again_and_screens_fetch_what_they_missed() -> None:
    async def scene() -> None:
        async with listening(Hub(address_of_the_test_database()), MAYA) as [maya]:
            async with await psycopg.AsyncConnection.connect(address_of_the_test_database(), autocommit=True) as admin:
                await admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = %s AND pid <> pg_backend_pid()",
                    [f"LISTEN {CHANNEL}"],
                )
            assert await asyncio.wait_for(maya.get(), 10) == RESUME
            await asyncio.to_thread(committed, ([MAYA], "conv-2"))
            assert await asyncio.wait_for(maya.get(), 10) == "conv-2"

    asyncio.run(scene())


@pytest.mark.django_db
def test_an_event_names_each_user_once_and_carries_no_words() -> None:
    sent: list[str] = []

    def catch(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        sent.append(parameters[1])
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(catch):
        tell([OMAR, MAYA, OMAR], "conv-42")
    assert json.loads(sent[0]) == {"to": [MAYA, OMAR], "event": "conv-42"}
