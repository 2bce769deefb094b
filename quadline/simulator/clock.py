"""The simulator's own time, and everything that is due in it."""

import asyncio
import heapq
import itertools
import math
import time
from collections.abc import Callable

TimedAct = Callable[[], None]

_BURST = 50  # acts between two pauses, so that requests are answered during a flood


class Clock:
    """Real time plus what was fast-forwarded. Acts run in the order they are due."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self._due: list[tuple[float, int, TimedAct]] = []
        self._turn = itertools.count()
        self._wake = asyncio.Event()

    def now(self) -> float:
        return time.time() + self.ahead

    def at(
        self,
        when: float,
        act: TimedAct,
    ) -> None:
        # The turn keeps acts of one moment in order; a heap would also compare acts.
        turn = next(self._turn)
        heapq.heappush(self._due, (when, turn, act))
        self._wake.set()

    def clear(self) -> None:
        self._due.clear()

    async def run(self) -> None:
        while True:
            for _ in range(_BURST):
                if not self._run_next(until=self.now()):
                    break
            await self._sleep_until_next()

    async def fast_forward(self, seconds: float) -> int:
        """Move time on; everything due on the way happens now, in order.

        Says how many acts.
        """
        target = self.now() + seconds
        done = 0
        while self._next_at <= target:
            # The act, too, must find that it is the time for it.
            self.ahead += max(0.0, self._next_at - self.now())
            self._run_next(until=target)
            if done % _BURST == 0:
                await asyncio.sleep(0)
            done += 1
        self.ahead += max(0.0, target - self.now())
        return done

    @property
    def _next_at(self) -> float:
        """When the next act is due; infinity when none is."""
        return self._due[0][0] if self._due else math.inf

    def _run_next(self, *, until: float) -> bool:
        if self._next_at > until:
            return False
        _, _, act = heapq.heappop(self._due)
        act()
        return True

    async def _sleep_until_next(self) -> None:
        self._wake.clear()
        pause = self._next_at - self.now()
        if pause <= 0:
            await asyncio.sleep(0)
            return
        try:
            await asyncio.wait_for(self._wake.wait(), pause if self._due else None)
        except TimeoutError:
            return
