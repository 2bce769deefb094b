"""One LISTEN connection per process, fanned out to the open streams of that process."""

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg

from quadline.live.telling import CHANNEL

logger = logging.getLogger(__name__)

RESUME = "resume"  # "you may have missed something: fetch again"
WAITING_EVENTS = 200  # a stream that falls further behind is told to fetch everything again


class Hub:
    """The open streams by user. ``run`` keeps listening, over restarts of the database."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._streams: dict[int, set[asyncio.Queue[str]]] = defaultdict(set)

    @asynccontextmanager
    async def stream(self, user_id: int) -> AsyncIterator["asyncio.Queue[str]"]:
        """The events of one person, as long as the block lasts."""
        events: asyncio.Queue[str] = asyncio.Queue(WAITING_EVENTS)
        self._streams[user_id].add(events)
        try:
            yield events
        finally:
            self._streams[user_id].discard(events)
            if not self._streams[user_id]:
                del self._streams[user_id]

    @property
    def open_streams(self) -> int:
        return sum(len(streams) for streams in self._streams.values())

    async def run(self) -> None:
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError):
                logger.warning("live: lost the database, connecting again")
                await asyncio.sleep(1)

    async def _listen(self) -> None:
        async with await psycopg.AsyncConnection.connect(self._database_url, autocommit=True) as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            for user_id in list(self._streams):  # what happened while we did not listen is fetched again
                self._put(user_id, RESUME)
            async for notification in connection.notifies():
                news = json.loads(notification.payload)
                for user_id in news["to"]:
                    self._put(user_id, news["event"])

    def _put(self, user_id: int, event: str) -> None:
        for events in self._streams.get(user_id, ()):
            is_behind = events.full()
            while is_behind and not events.empty():
                events.get_nowait()
            events.put_nowait(RESUME if is_behind else event)
