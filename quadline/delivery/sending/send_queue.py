"""The texts that a worker process has claimed: those ready to leave, those at the
carrier, and what became of them.

Knows no database and no carrier: what is done with a text is given to it.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from math import ceil, inf
from typing import cast

from quadline.carriers.protocol import SendOutcome, Unknown, Unsent
from quadline.delivery.sending.claiming import Claim

logger = logging.getLogger(__name__)

SendCall = Callable[[Claim, float], Awaitable[SendOutcome]]
SendResult = tuple[Claim, SendOutcome]
MIN_WINDOW = 16  # calls at once


class SendQueue:
    """Calls are under way, ``at_once`` at most; as soon as one ends the
    next text leaves, single texts first.
    """

    def __init__(
        self,
        call: SendCall,
        *,
        at_once: int,
    ) -> None:
        self._call = call
        self._clock = asyncio.get_running_loop().time
        self._window = ConcurrencyWindow(most=at_once, now=self._clock())
        self._ready: deque[tuple[Claim, float]] = deque()
        self._calls: dict[asyncio.Task[None], Claim] = {}
        self._answers: list[SendResult] = []
        self._being_written = 0
        # when the last single text was added; when this began, nobody knows
        self._single_at = self._clock()
        self._over: deque[Claim] = deque()
        self._is_closed = False
        # what ended a call that brought no outcome at all, or the writing down
        self._end: BaseException | None = None
        self.abandoned: list[Claim] = []
        self._has_answers = asyncio.Event()
        # an answer, something written down, or word that there may be more to do
        self._news = asyncio.Event()
        self._word = asyncio.Event()  # the last of these

    def __len__(self) -> int:
        """How many are claimed, and it is not written
        down yet what became of them.
        """
        return (
            len(self._ready)
            + len(self._calls)
            + len(self._answers)
            + self._being_written
        )

    @property
    def ready_count(self) -> int:
        """How many wait for a free call."""
        return len(self._ready)

    @property
    def free_calls(self) -> int:
        """How many more calls may be under way."""
        return max(0, self._window.size - len(self._calls))

    @property
    def seconds_since_single(self) -> float:
        return self._clock() - self._single_at

    @property
    def is_empty(self) -> bool:
        return not (len(self) or self._over or self._end)

    def add(
        self,
        claims: Sequence[Claim],
        checked_at: float,
    ) -> None:
        """``looked_at``: when consent was asked for all of them, in
        clock.monotonic_seconds().
        """
        singles = [claim for claim in claims if not claim.is_bulk]
        bulk = [claim for claim in claims if claim.is_bulk]
        self._ready.extend((claim, checked_at) for claim in bulk)
        # extendleft turns them around: reversed before, they keep their order
        self._ready.extendleft((claim, checked_at) for claim in reversed(singles))
        if singles:
            self._single_at = self._clock()
        self._fill()

    async def take_results(self, *, gather: float) -> list[SendResult]:
        """What was answered since this was last asked, some seconds after the
        first; none when the line is closed.
        """
        await self._has_answers.wait()
        await asyncio.sleep(gather)
        return self.remaining_results()

    def remaining_results(self) -> list[SendResult]:
        """What nobody has written down yet."""
        answers, self._answers = self._answers, []
        self._being_written += len(answers)
        if not self._is_closed:
            self._has_answers.clear()
        return answers

    def mark_recorded(self, answers: Sequence[SendResult]) -> None:
        """These are out of hand, and the next of their conversations may leave."""
        self._being_written -= len(answers)
        self._news.set()

    def take_finished(self) -> list[Claim]:
        """Those whose calls ended since this was last asked: a
        STOP may go on. From any thread.
        """
        return [self._over.popleft() for _ in range(len(self._over))]

    def notify(self) -> None:
        """There may be more to do."""
        self._word.set()
        self._news.set()

    def fail(self, fault: BaseException) -> None:
        """The run cannot go on."""
        self._end = fault
        self._news.set()

    def clear_changes(self) -> None:
        """Whatever happens from now on is news. Raises what ended the run."""
        self._news.clear()
        self._word.clear()
        if self._end:
            raise self._end

    @property
    def has_changes(self) -> bool:
        return self._news.is_set()

    async def wait_for_changes(
        self,
        *,
        within: float | None,
        gather: float,
    ) -> None:
        """Return some seconds after there is some, at once on word that there may be
        more to do; or after ``within``.
        """
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), within)
            await asyncio.wait_for(self._word.wait(), gather)

    async def close(self) -> None:
        """Nothing more leaves: what is at the carrier is waited for."""
        stayed = [claim for claim, _ in self._ready]
        self._ready.clear()
        while self._calls:
            await asyncio.wait(self._calls)
        for claim in stayed:
            self._answer(claim, Unsent("the run ended"))
        self._is_closed = True
        self._has_answers.set()

    def _fill(self) -> None:
        if not self._calls:
            self._window.restart(self._clock())
        while self._ready and len(self._calls) < self._window.size:
            claim, checked_at = self._ready.popleft()
            task = asyncio.create_task(self._hand_over(claim, checked_at))
            self._calls[task] = claim
            task.add_done_callback(self._ended)

    async def _hand_over(
        self,
        claim: Claim,
        looked_at: float,
    ) -> None:
        began = self._clock()
        try:
            outcome = await self._call(claim, looked_at)
        except Exception:
            logger.exception("a call to the carrier ended in a fault of ours")
            outcome = Unknown("a fault of ours")
        if self._ready:
            self._window.record_call(self._clock() - began, self._clock())
        self._answer(claim, outcome)

    def _answer(
        self,
        claim: Claim,
        outcome: SendOutcome,
    ) -> None:
        self._over.append(claim)
        self._answers.append((claim, outcome))
        self._has_answers.set()
        self._news.set()

    def _ended(self, task: asyncio.Task[None]) -> None:
        claim = self._calls.pop(task)
        if task.cancelled() or task.exception():
            self.abandoned.append(claim)
            # a cancelled task has no exception to be asked for
            self.fail(
                asyncio.CancelledError()
                if task.cancelled()
                else cast(BaseException, task.exception())
            )
        self._fill()


class ConcurrencyWindow:
    """How many texts are at the carrier at once: as many as keep it busy, no more.

    What it answers in a second, times the seconds of its quickest answer, is what can
    be under way there; twice that finds out whether there is room for more. Any further
    ones would only wait in this process, and single texts behind them.
    """

    def __init__(
        self,
        *,
        most: int,
        now: float,
    ) -> None:
        self._most = most
        self._fewest = min(MIN_WINDOW, most)
        self._quickest = inf  # seconds
        self._answers = 0
        self._since = now
        self.size = self._fewest

    def restart(self, now: float) -> None:
        """Nothing was under way until now."""
        self._answers, self._since = 0, now

    def record_call(
        self,
        seconds: float,
        now: float,
    ) -> None:
        """A call ended that took so long, and texts are ready for its place."""
        self._quickest = min(self._quickest, seconds)
        self._answers += 1
        if self._answers >= self.size and now > self._since:
            pace = self._answers / (now - self._since)
            # once what the carrier holds, and once more to learn whether it takes more
            wished = ceil(2 * pace * self._quickest)
            self.size = max(self._fewest, min(self._most, wished))
            self.restart(now)
