"""Carries calls to the college's webhooks: in order, retried as the URL says, each
noted in the ledger.
"""

import asyncio
import uuid
from collections import deque
from typing import Any
from urllib.parse import urldefrag

from quadline.simulator.ledger import Ledger
from quadline.simulator.webhooks import Errand, Overrides, WebhookAnswer, Webhooks

_AT_ONCE = 64  # calls under way


class Courier:
    def __init__(
        self,
        auth_token: str,
        ledger: Ledger,
    ) -> None:
        self._webhooks = Webhooks(auth_token)
        self._ledger = ledger
        self._lanes: dict[str, deque[Errand]] = {}
        # Names of lanes; each stands here, or is worked on, once: that keeps its order.
        self._ready: asyncio.Queue[str] = asyncio.Queue()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(self._work())

    async def close(self) -> None:
        await self._webhooks.close()

    def post(self, errand: Errand) -> None:
        """Leave it to the courier; nobody waits for the answer."""
        # An empty lane that is there is being worked on: its worker looks again.
        lane = self._lanes.get(errand.lane)
        if lane is None:
            self._lanes[errand.lane] = deque([errand])
            self._ready.put_nowait(errand.lane)
        else:
            lane.append(errand)

    async def settle(self, seconds: float = 20.0) -> None:
        """Wait until nothing is left to deliver."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while self._lanes and loop.time() < end:
            await asyncio.sleep(0.005)

    def drop_everything(self) -> None:
        for lane in self._lanes.values():
            lane.clear()

    async def deliver(self, errand: Errand) -> WebhookAnswer:
        """Make the call now, with retries, and write each attempt to the ledger."""
        url, fragment = urldefrag(errand.url)
        try:
            overrides = Overrides.read_from(fragment)
        except ValueError:
            overrides = Overrides.read_from("")
        # The same for each attempt: by it the college can tell a retry from news.
        token = str(uuid.uuid4())
        for attempt in range(1, overrides.retries + 2):
            answer = await self._webhooks.call(url, errand, overrides, token)
            self._note(url, errand, answer, attempt)
            if answer.is_good or not overrides.retry(answer):
                break
            if attempt <= overrides.retries:
                await asyncio.sleep(0.05 * 2**attempt)
        return answer

    async def _work(self) -> None:
        while True:
            name = await self._ready.get()
            lane = self._lanes[name]
            if lane:
                errand = lane.popleft()
                answer = await self.deliver(errand)
                if errand.on_answer:
                    errand.on_answer(answer.is_good)
            if lane:
                self._ready.put_nowait(name)
            else:
                del self._lanes[name]

    def _note(
        self,
        url: str,
        errand: Errand,
        answer: WebhookAnswer,
        attempt: int,
    ) -> None:
        outcome: dict[str, Any] = {"answered": answer.status}
        if answer.error:
            outcome["error"] = answer.error
        self._ledger.write(
            "callback",
            about=errand.about,
            url=url,
            attempt=attempt,
            **errand.facts,
            **outcome,
        )
