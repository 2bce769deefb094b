"""Append delivery receipts as they come, many at a time (batch_writer.py):
two to four follow every text.

The worker applies them (events.py). It is told at most five times a second,
however many come.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from django.db import connection, connections

from quadline import clock
from quadline.jobs import enqueue
from quadline.webhooks.batch_writer import BatchWriter
from quadline.webhooks.events import MAX_KEY, apply_receipts, as_json

TELL_EVERY_SECONDS = 0.2
APPEND_RECEIPTS = """
    INSERT INTO webhooks_carrierevent (carrier, kind, key, content, received_at, result)
    SELECT carrier, 'status', key, content::jsonb, %s, ''
    FROM unnest(%s::text[], %s::text[], %s::text[]) AS heard (carrier, key, content)
    ON CONFLICT (carrier, kind, key) DO NOTHING
"""
ReceiptRow = tuple[str, str, str]  # carrier, key, content as JSON


def append_receipts(rows: Sequence[ReceiptRow]) -> int:
    """Store receipts, each once however often it comes. Returns how many were new.

    In the order of their keys, so that two processes that were told the same wait for
    each other in one direction.
    """
    columns = [list(column) for column in zip(*sorted(rows), strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(APPEND_RECEIPTS, [clock.now(), *columns])
        return int(cursor.rowcount)


@dataclass
class ReceiptBuffer:
    writer: BatchWriter[ReceiptRow, int] = field(
        default_factory=lambda: BatchWriter(append_receipts)
    )
    notifying: "asyncio.Task[None] | None" = None


# By event loop: there is one per web process.
_stores: WeakKeyDictionary[asyncio.AbstractEventLoop, ReceiptBuffer] = (
    WeakKeyDictionary()
)


async def keep_receipt(
    carrier: str,
    key: str,
    content: Mapping[str, str],
) -> None:
    """Store one receipt, once however often it comes.

    Raises OperationalError when the database is away.
    """
    store = _stores.setdefault(asyncio.get_running_loop(), ReceiptBuffer())
    row = (carrier, key[:MAX_KEY], as_json(content))
    are_new = await store.writer.add(row)
    is_telling = store.notifying is not None and not store.notifying.done()
    # One job for all that are stored until it is told: it applies whatever is there.
    if are_new and not is_telling:
        store.notifying = asyncio.create_task(_tell_worker())


async def flush_notifications() -> None:
    """Tell the worker what it was not told yet."""
    store = _stores.pop(asyncio.get_running_loop(), None)
    if store and store.notifying:
        # that the database is away then is no reason to end badly
        await asyncio.wait([store.notifying])


async def _tell_worker() -> None:
    """A process that dies before this loses nothing:
    the timetable's sweep finds what is stored.
    """
    await asyncio.sleep(TELL_EVERY_SECONDS)
    await asyncio.to_thread(_enqueue)


def _enqueue() -> None:
    try:
        enqueue(apply_receipts)
    finally:
        connections["default"].close_if_unusable_or_obsolete()
