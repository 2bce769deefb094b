"""Write down together what comes in crowds: one transaction for many calls, each
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

Thing = TypeVar("Thing")
Written = TypeVar("Written")
LARGEST = 200  # things in one transaction
# Of the time a batch took: whoever was just answered and calls again comes into the
# next one, instead of the one after a batch of the few who came meanwhile.
PAUSE = 0.1


@dataclass(frozen=True)
class Turn(Generic[Thing, Written]):
    """A thing that waits to be written, and its caller who waits for that."""

    thing: Thing
    written: "asyncio.Future[Written]"

    def end(self, answer: Written) -> None:
        if not self.written.done():  # a caller that hung up waits no more
            self.written.set_result(answer)


class Crowd(Generic[Thing, Written]):
    """A queue before ``write``, which takes many things in one transaction and runs in
    a thread: all are written, or none.
    """

    def __init__(self, write: Callable[[Sequence[Thing]], Written]) -> None:
        self._write = write
        self._waiting: list[Turn[Thing, Written]] = []
        self._is_writing = False

    async def add(self, thing: Thing) -> Written:
        """Returns what writing its batch returned, once it is committed. Raises what
        writing this thing alone raised.
        """
        written: asyncio.Future[Written] = asyncio.get_running_loop().create_future()
        self._waiting.append(Turn(thing, written))
        if not self._is_writing:
            self._is_writing = True
            self._task = asyncio.create_task(self._write_on())
        return await written

    async def _write_on(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:LARGEST], self._waiting[LARGEST:]
                began = time.monotonic()
                await self._write_batch(batch)
                if len(batch) > 1:
                    await asyncio.sleep(PAUSE * (time.monotonic() - began))
        finally:
            self._is_writing = False

    async def _write_batch(self, batch: list[Turn[Thing, Written]]) -> None:
        """One that cannot be written, or has to wait, keeps back no
        other: then each is tried again alone.
        """
        try:
            answer = await asyncio.to_thread(
                _tidily, self._write, [turn.thing for turn in batch]
            )
        except Exception:
            await asyncio.gather(*(self._write_alone(turn) for turn in batch))
        else:
            for turn in batch:
                turn.end(answer)

    async def _write_alone(self, turn: Turn[Thing, Written]) -> None:
        try:
            turn.end(
                await asyncio.to_thread(
                    _on_a_live_connection, self._write, [turn.thing]
                )
            )
        except Exception as fault:
            if not turn.written.done():
                turn.written.set_exception(fault)


def _tidily(
    write: Callable[[Sequence[Thing]], Written], things: Sequence[Thing]
) -> Written:
    """A connection that broke is not left to the next batch."""
    try:
        return write(things)
    except Exception:
        close_old_connections()
        raise


def _on_a_live_connection(
    write: Callable[[Sequence[Thing]], Written], things: Sequence[Thing]
) -> Written:
    """Asks the database whether it is there, which a first try
    does not: nearly always it is.
    """
    close_old_connections()
    return _tidily(write, things)
