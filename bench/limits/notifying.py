"""NOTIFY to a bare client:
how long PostgreSQL itself takes to tell somebody who listens.
"""

import asyncio
import time
from types import TracebackType

import psycopg

CHANNEL = "bench"


class Bell:
    """One connection that rings and one that listens."""

    def __init__(self, database_url: str) -> None:
        self.database_url = database_url
        self.heard: dict[str, float] = {}

    async def __aenter__(self) -> "Bell":
        # Each statement commits at once: PostgreSQL delivers a NOTIFY at commit.
        self.ringing = await psycopg.AsyncConnection.connect(
            self.database_url, autocommit=True
        )
        self.listening = await psycopg.AsyncConnection.connect(
            self.database_url, autocommit=True
        )
        await self.listening.execute(f"LISTEN {CHANNEL}")
        self.listener = asyncio.create_task(self._listen())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.listener.cancel()
        await self.ringing.close()
        await self.listening.close()

    async def ring(self, word: str) -> float:
        """Milliseconds from ringing until it is heard."""
        began = time.monotonic()
        await self.ringing.execute("SELECT pg_notify(%s, %s)", [CHANNEL, word])
        while word not in self.heard:
            # The time is taken where it is heard, so this pause is not in the figure.
            await asyncio.sleep(0.001)
        return 1000 * (self.heard[word] - began)

    async def _listen(self) -> None:
        async for notification in self.listening.notifies():
            self.heard[notification.payload] = time.monotonic()
