"""One LISTEN connection per process, fanned out to the open streams of that process."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import psycopg

from quadline.live.notifications import CHANNEL

logger = logging.getLogger(__name__)

RESUME = "resume"  # "you may have missed something: fetch again"
# A stream that falls further behind gets one event: fetch everything again.
WAITING_EVENTS = 200


class Screen:
    """What one open stream has not sent yet. The same event twice is
    one: the page fetches what there is.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, None] = {}
        self._has_news = asyncio.Event()

    def put(self, event: str) -> None:
        if len(self._waiting) >= WAITING_EVENTS:
            self._waiting = {RESUME: None}
        elif RESUME not in self._waiting:  # which says all
            self._waiting[event] = None
        self._has_news.set()

    async def news(self, *, within: float) -> list[str]:
        """Everything that waits, as soon as there is something;
        nothing after so many seconds.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._has_news.wait()
        self._has_news.clear()
        events = list(self._waiting)
        self._waiting = {}
        return events


class Hub:
    """The open streams by user. ``run`` keeps listening,
    over restarts of the database.
    """

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._screens: dict[int, set[Screen]] = {}

    @asynccontextmanager
    async def stream(self, user_id: int) -> AsyncIterator[Screen]:
        """The events of one person, as long as the block lasts."""
        screen = Screen()
        self._screens.setdefault(user_id, set()).add(screen)
        try:
            yield screen
        finally:
            self._screens[user_id].discard(screen)
            if not self._screens[user_id]:
                del self._screens[user_id]

    @property
    def open_streams(self) -> int:
        screens = self._screens.values()
        return sum(len(theirs) for theirs in screens)

    async def run(self) -> None:
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError):
                logger.warning("live: lost the database, connecting again")
                await asyncio.sleep(1)

    async def _listen(self) -> None:
        async with await psycopg.AsyncConnection.connect(
            self._database_url, autocommit=True
        ) as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            # What happened while we did not listen is fetched again.
            for user_id in self._screens:
                self._put(user_id, RESUME)
            async for notification in connection.notifies():
                for user_id, event in json.loads(notification.payload):
                    self._put(user_id, event)

    def _put(
        self,
        user_id: int,
        event: str,
    ) -> None:
        for screen in self._screens.get(user_id, ()):
            screen.put(event)
