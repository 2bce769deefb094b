"""Append delivery receipts as they come, on connections of their own: two to four follow every text.

The worker applies them (events.py). It is told at most five times a second, however many come.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async
from django.db import connections
from django.utils import timezone
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from quadline.jobs import enqueue
from quadline.webhooks.events import apply_receipts, sound
from quadline.webhooks.models import CarrierEvent

CONNECTIONS = 8
TELL_EVERY_SECONDS = 0.2
PATIENCE_SECONDS = 5.0  # the carrier waits 15 for an answer
APPEND = """
    INSERT INTO webhooks_carrierevent (carrier, kind, key, content, received_at, result)
    VALUES (%s, %s, %s, %s, %s, '') ON CONFLICT (carrier, kind, key) DO NOTHING
"""


@dataclass
class Store:
    pool: AsyncConnectionPool
    telling: "asyncio.Task[None] | None" = None


# By event loop: there is one per web process.
_stores: WeakKeyDictionary[asyncio.AbstractEventLoop, Store] = WeakKeyDictionary()


async def keep_receipt(carrier: str, key: str, content: Mapping[str, str]) -> None:
    """Store one receipt, once however often it comes. Raises psycopg.Error when the database is away."""
    store = await _store()
    row = [carrier, CarrierEvent.Kind.STATUS, key[:160], Jsonb(sound(content)), timezone.now()]
    async with store.pool.connection() as connection:
        stored = await connection.execute(APPEND, row)
    if stored.rowcount and (store.telling is None or store.telling.done()):
        store.telling = asyncio.create_task(_tell_worker())


async def close() -> None:
    """Tell the worker what it was not told yet, and let go of the connections."""
    store = _stores.pop(asyncio.get_running_loop(), None)
    if store is None:
        return
    if store.telling:
        await store.telling
    await store.pool.close()


async def _tell_worker() -> None:
    """A process that dies before this loses nothing: the timetable's sweep finds what is stored."""
    await asyncio.sleep(TELL_EVERY_SECONDS)
    await sync_to_async(_enqueue, thread_sensitive=False)()


def _enqueue() -> None:
    try:
        enqueue(apply_receipts)
    finally:
        connections["default"].close_if_unusable_or_obsolete()


async def _store() -> Store:
    loop = asyncio.get_running_loop()
    if loop not in _stores:
        parameters = connections["default"].get_connection_params()
        known = ("dbname", "user", "password", "host", "port", "application_name")
        wanted = {name: value for name, value in parameters.items() if name in known}
        pool = AsyncConnectionPool(
            kwargs={**wanted, "autocommit": True},
            min_size=1,
            max_size=CONNECTIONS,
            timeout=PATIENCE_SECONDS,
            open=False,
            check=None,
        )
        _stores[loop] = Store(pool)
        await pool.open()
    return _stores[loop]
