"""Write down together what comes many at a time: one transaction for many calls, each
answered when it has committed.

A single call waits for nothing to gather. What comes while a batch is being written,
and in a short pause after one of several, goes into the next.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db import close_old_connections

Item = TypeVar("Item")
WriteResult = TypeVar("WriteResult")
MAX_BATCH = 200  # things in one transaction
# Of the time a batch took: a caller that was just answered and calls again comes into
# the next one, instead of the one after a batch of the few that came meanwhile.
PAUSE = 0.1


@dataclass(frozen=True)
class PendingWrite(Generic[Item, WriteResult]):
    """A thing that waits to be written, and its caller who waits for that."""

    item: Item
    future: "asyncio.Future[WriteResult]"

    def resolve(self, answer: WriteResult) -> None:
        if not self.future.done():  # a caller that hung up no longer waits
            self.future.set_result(answer)


class BatchWriter(Generic[Item, WriteResult]):
    """A queue before ``write``, which takes many things in one transaction and runs in
    a thread: all are written, or none.
    """

    def __init__(self, write: Callable[[Sequence[Item]], WriteResult]) -> None:
        self._write = write
        self._waiting: list[PendingWrite[Item, WriteResult]] = []
        self._is_writing = False

    async def add(self, thing: Item) -> WriteResult:
        """Returns what writing its batch returned, once it is committed. Raises what
        writing this thing alone raised.
        """
        written: asyncio.Future[WriteResult] = (
            asyncio.get_running_loop().create_future()
        )
        self._waiting.append(PendingWrite(thing, written))
        if not self._is_writing:
            self._is_writing = True
            self._task = asyncio.create_task(self._write_on())
        return await written

    async def _write_on(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = (
                    self._waiting[:MAX_BATCH],
                    self._waiting[MAX_BATCH:],
                )
                began = time.monotonic()
                await self._write_batch(batch)
                if len(batch) > 1:
                    await asyncio.sleep(PAUSE * (time.monotonic() - began))
        finally:
            self._is_writing = False

    async def _write_batch(self, batch: list[PendingWrite[Item, WriteResult]]) -> None:
        """One that cannot be written, or has to wait, keeps back no
        other: then each is tried again alone.
        """
        try:
            answer = await asyncio.to_thread(
                _write_and_clean_up, self._write, [turn.item for turn in batch]
            )
        except Exception:
            await asyncio.gather(*(self._write_alone(turn) for turn in batch))
        else:
            for turn in batch:
                turn.resolve(answer)

    async def _write_alone(self, turn: PendingWrite[Item, WriteResult]) -> None:
        try:
            turn.resolve(
                await asyncio.to_thread(
                    _write_on_checked_connection, self._write, [turn.item]
                )
            )
        except Exception as fault:
            if not turn.future.done():
                turn.future.set_exception(fault)


def _write_and_clean_up(
    write: Callable[[Sequence[Item]], WriteResult], things: Sequence[Item]
) -> WriteResult:
    """A connection that broke is not left to the next batch."""
    try:
        return write(things)
    except Exception:
        close_old_connections()
        raise


def _write_on_checked_connection(
    write: Callable[[Sequence[Item]], WriteResult], things: Sequence[Item]
) -> WriteResult:
    """Asks the database whether it is there, which a first try
    does not: nearly always it is.
    """
    close_old_connections()
    return _write_and_clean_up(write, things)
