"""Calls to the college's webhooks: signed as Twilio signs, timed and retried as Twilio does."""

import asyncio
import hashlib
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urldefrag, urlencode

import aiohttp
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from yarl import URL

from quadline.simulator.clock import Clock
from quadline.simulator.ledger import Ledger

_AT_ONCE = 64
_CONNECT_FAILED = (aiohttp.ConnectionTimeoutError,)
_TIMED_OUT = (aiohttp.ServerTimeoutError, TimeoutError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One call to make. Errands of one lane go out one after the other."""

    url: str
    about: str  # status, inbound, call, event
    lane: str
    form: dict[str, str] = field(default_factory=dict)
    json: bytes | None = None
    method: str = "POST"
    facts: dict[str, Any] = field(default_factory=dict)  # for the ledger line
    on_failure: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int | None = None
    error: str | None = None
    body: str = ""
    kind: str = ""  # ct, rt, 4xx, 5xx or all: what Twilio's retry policy calls the failure

    @property
    def is_good(self) -> bool:
        return self.status is not None and self.status < 400


@dataclass(frozen=True, slots=True)
class Overrides:
    """Connection overrides from a URL's fragment: #ct=5000&rt=15000&tt=15000&rc=1&rp=ct."""

    connect: float
    read: float
    total: float
    retries: int
    policy: frozenset[str]

    @classmethod
    def read_from(cls, fragment: str) -> "Overrides":
        given = {name: values[-1] for name, values in parse_qs(fragment).items()}
        return cls(
            connect=int(given.get("ct", 5000)) / 1000,
            read=int(given.get("rt", 15000)) / 1000,
            total=int(given.get("tt", 15000)) / 1000,
            retries=min(5, int(given.get("rc", 1))),
            policy=frozenset(given.get("rp", "ct").split(",")),
        )

    def retry(self, answer: Answer) -> bool:
        return "all" in self.policy or answer.kind in self.policy


class Courier:
    def __init__(self, auth_token: str, ledger: Ledger, clock: Clock) -> None:
        self._validator = RequestValidator(auth_token)
        self._ledger = ledger
        self._clock = clock
        self._lanes: dict[str, deque[Errand]] = {}
        self._ready: asyncio.Queue[str] = asyncio.Queue()
        self._open: aiohttp.ClientSession | None = None

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(self._work())

    async def close(self) -> None:
        if self._open is not None:
            await self._open.close()

    def post(self, errand: Errand) -> None:
        """Leave it to the courier; nobody waits for the answer."""
        lane = self._lanes.get(errand.lane)
        if lane is None:
            self._lanes[errand.lane] = deque([errand])
            self._ready.put_nowait(errand.lane)
        else:
            lane.append(errand)

    async def settle(self, seconds: float = 20.0) -> None:
        """Wait until nothing is left to deliver."""
        end = asyncio.get_running_loop().time() + seconds
        while self._lanes and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.005)

    def drop_everything(self) -> None:
        for lane in self._lanes.values():
            lane.clear()

    async def deliver(self, errand: Errand) -> Answer:
        """Make the call now, with retries, and write each attempt to the ledger."""
        url, fragment = urldefrag(errand.url)
        try:
            overrides = Overrides.read_from(fragment)
        except ValueError:
            overrides = Overrides.read_from("")
        token = str(uuid.uuid4())
        for attempt in range(1, overrides.retries + 2):
            answer = await self._call(url, errand, token, overrides)
            self._note(url, errand, answer, attempt)
            if answer.is_good or attempt > overrides.retries or not overrides.retry(answer):
                break
            await asyncio.sleep(0.05 * 2**attempt)
        return answer

    async def _work(self) -> None:
        while True:
            name = await self._ready.get()
            lane = self._lanes[name]
            if lane:
                errand = lane.popleft()
                answer = await self.deliver(errand)
                if errand.on_failure and not answer.is_good:
                    errand.on_failure()
            if lane:
                self._ready.put_nowait(name)
            else:
                del self._lanes[name]

    async def _call(self, url: str, errand: Errand, token: str, how: Overrides) -> Answer:
        url, body, headers = self._sign(url, errand)
        headers["I-Twilio-Idempotency-Token"] = token
        timeout = aiohttp.ClientTimeout(how.total, sock_connect=how.connect, sock_read=how.read)
        try:
            async with self._session().request(
                errand.method,
                URL(url, encoded=True),
                data=body,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                text = await response.text()
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return _failure(error)
        if response.status < 400:
            return Answer(status=response.status, body=text)
        return Answer(status=response.status, body=text, kind=f"{response.status // 100}xx")

    def _sign(self, url: str, errand: Errand) -> tuple[str, bytes | None, dict[str, str]]:
        headers = {"User-Agent": "TwilioProxy/1.1", "Accept": "*/*"}
        body: bytes | None
        signed: dict[str, str]
        if errand.json is not None:
            url = _with_query(url, {"bodySHA256": hashlib.sha256(errand.json).hexdigest()})
            body, signed = errand.json, {}
            headers["Content-Type"] = "application/json"
        elif errand.method == "GET":
            url, body, signed = _with_query(url, errand.form), None, {}
        else:
            body, signed = urlencode(errand.form).encode(), errand.form
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
        headers["X-Twilio-Signature"] = self._validator.compute_signature(url, signed)
        return url, body, headers

    def _session(self) -> aiohttp.ClientSession:
        # One connection per call: a kept one that the other side has closed in the meantime
        # would lose a callback for a reason that no carrier has.
        if self._open is None:
            connector = aiohttp.TCPConnector(limit=0, force_close=True)
            self._open = aiohttp.ClientSession(connector=connector)
        return self._open

    def _note(self, url: str, errand: Errand, answer: Answer, attempt: int) -> None:
        outcome: dict[str, Any] = {"answered": answer.status}
        if answer.error:
            outcome["error"] = answer.error
        self._ledger.write(
            "callback", about=errand.about, url=url, attempt=attempt, **errand.facts, **outcome
        )


def _with_query(url: str, extra: dict[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(extra)}" if extra else url


def _failure(error: Exception) -> Answer:
    words = str(error) or type(error).__name__
    if isinstance(error, _CONNECT_FAILED):
        return Answer(error=words, kind="ct")
    if isinstance(error, _TIMED_OUT):
        return Answer(error=words, kind="rt")
    return Answer(error=words, kind="other")
