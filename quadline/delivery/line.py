"""The texts that a worker process has in hand: those ready to leave, those at the carrier, and what became of them.

Knows no database and no carrier: what is done with a text is given to it.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime

from quadline.carriers.protocol import SendOutcome, Unknown, Unsent
from quadline.delivery.claiming import Claim

logger = logging.getLogger(__name__)

Call = Callable[[Claim, datetime], Awaitable[SendOutcome]]
Answer = tuple[Claim, SendOutcome]


class Line:
    """At most ``at_once`` calls are under way; as soon as one ends the next text leaves, single texts first."""

    def __init__(self, call: Call, *, at_once: int) -> None:
        self._call = call
        self._at_once = at_once
        self._ready: deque[tuple[Claim, datetime]] = deque()
        self._calls: dict[asyncio.Task[None], Claim] = {}
        self._answers: list[Answer] = []
        self._end: BaseException | None = None  # what ended a call that brought no outcome at all
        self.abandoned: list[Claim] = []
        self._news = asyncio.Event()  # an answer, or word that there may be more to do

    def __len__(self) -> int:
        """How many have no answer yet."""
        return len(self._ready) + len(self._calls)

    @property
    def is_empty(self) -> bool:
        return not (self._ready or self._calls or self._answers or self._end)

    def add(self, claims: Sequence[Claim], looked_at: datetime) -> None:
        """``looked_at``: when consent was asked for all of them."""
        self._ready.extend((claim, looked_at) for claim in claims if claim.is_bulk)
        self._ready.extendleft((claim, looked_at) for claim in reversed(claims) if not claim.is_bulk)
        self._fill()

    def answered(self) -> list[Answer]:
        """What was answered since this was last asked."""
        answers, self._answers = self._answers, []
        return answers

    def wake(self) -> None:
        self._news.set()

    def begin_turn(self) -> None:
        """Whatever happens from now on is news. Raises what ended a call as nothing ends one but the end of the process."""
        self._news.clear()
        if self._end:
            raise self._end

    @property
    def has_news(self) -> bool:
        return self._news.is_set()

    async def news(self, *, within: float | None) -> None:
        """Return when there is some, or after so many seconds."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), within)

    async def closed(self) -> list[Answer]:
        """Nothing more leaves: what is at the carrier is waited for. Returns what became of all but the abandoned."""
        stayed: list[Answer] = [(claim, Unsent("the run ended")) for claim, _ in self._ready]
        self._ready.clear()
        while self._calls:
            await asyncio.wait(self._calls)
        return stayed + self.answered()

    def _fill(self) -> None:
        while self._ready and len(self._calls) < self._at_once:
            claim, looked_at = self._ready.popleft()
            task = asyncio.create_task(self._hand_over(claim, looked_at))
            self._calls[task] = claim
            task.add_done_callback(self._ended)

    async def _hand_over(self, claim: Claim, looked_at: datetime) -> None:
        try:
            outcome = await self._call(claim, looked_at)
        except Exception:
            logger.exception("a call to the carrier ended in a fault of ours")
            outcome = Unknown("a fault of ours")
        self._answers.append((claim, outcome))
        self._news.set()

    def _ended(self, task: asyncio.Task[None]) -> None:
        claim = self._calls.pop(task)
        if task.cancelled() or task.exception():
            self._end = asyncio.CancelledError() if task.cancelled() else task.exception()
            self.abandoned.append(claim)
            self._news.set()
        self._fill()
