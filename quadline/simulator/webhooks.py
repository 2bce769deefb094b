"""One call to a webhook: signed as Twilio signs, with Twilio's limits of time."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import aiohttp
from twilio.request_validator import RequestValidator
from yarl import URL

from quadline.simulator.wire import ConnectTimedOut, Wires

_CONNECT_FAILED = (aiohttp.ConnectionTimeoutError, ConnectTimedOut)
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
    on_answer: Callable[[bool], None] | None = None  # whether it was good


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookAnswer:
    status: int | None = None
    error: str | None = None
    body: str = ""
    # ct, rt, 4xx, 5xx or all: what Twilio's retry policy calls the failure
    kind: str = ""

    @property
    def is_good(self) -> bool:
        return self.status is not None and self.status < 400


@dataclass(frozen=True, slots=True)
class Overrides:
    """Connection overrides from a URL's fragment:
    #ct=5000&rt=15000&tt=15000&rc=1&rp=ct.
    """

    connect: float
    read: float
    total: float
    retries: int
    policy: frozenset[str]

    @classmethod
    def read_from(cls, fragment: str) -> "Overrides":
        given = dict(parse_qsl(fragment))

        def seconds(name: str, default: int) -> float:
            milliseconds = int(given.get(name, default))
            return milliseconds / 1000

        return cls(
            connect=seconds("ct", 5000),
            read=seconds("rt", 15000),
            total=seconds("tt", 15000),
            retries=min(5, int(given.get("rc", 1))),
            policy=frozenset(given.get("rp", "ct").split(",")),
        )

    def retry(self, answer: WebhookAnswer) -> bool:
        if "all" in self.policy:
            return True
        return answer.kind in self.policy


class Webhooks:
    def __init__(self, auth_token: str) -> None:
        self._validator = RequestValidator(auth_token)
        self._wires = Wires()
        self._open: aiohttp.ClientSession | None = None

    async def call(
        self,
        url: str,
        errand: Errand,
        how: Overrides,
        token: str,
    ) -> WebhookAnswer:
        """The answer, or what went wrong. `url` is without its fragment."""
        url, body, headers = self._sign(url, errand)
        headers["I-Twilio-Idempotency-Token"] = token
        try:
            if _may_go_fast(errand, url):
                status = await self._post_fast(url, headers, body or b"", how)
                text = ""
            else:
                status, text = await self._request(
                    url,
                    errand.method,
                    headers,
                    body,
                    how,
                )
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return _failure(error)
        return WebhookAnswer(
            status=status,
            body=text,
            kind=f"{status // 100}xx",
        )

    async def close(self) -> None:
        self._wires.close()
        if self._open is not None:
            await self._open.close()

    async def _post_fast(
        self,
        url: str,
        headers: dict[str, str],
        body: bytes,
        how: Overrides,
    ) -> int:
        return await self._wires.post(
            url,
            headers,
            body,
            connect=how.connect,
            read=min(how.read, how.total),
        )

    async def _request(
        self,
        url: str,
        method: str,
        headers: dict[str, str],
        body: bytes | None,
        how: Overrides,
    ) -> tuple[int, str]:
        timeout = aiohttp.ClientTimeout(
            how.total, sock_connect=how.connect, sock_read=how.read
        )
        target = URL(url, encoded=True)
        async with self._session().request(
            method,
            target,
            data=body,
            headers=headers,
            timeout=timeout,
            allow_redirects=False,
        ) as response:
            return response.status, await response.text()

    def _sign(
        self,
        url: str,
        errand: Errand,
    ) -> tuple[str, bytes | None, dict[str, str]]:
        headers = {"User-Agent": "TwilioProxy/1.1", "Accept": "*/*"}
        body: bytes | None = None
        signed: dict[str, str] = {}
        if errand.json is not None:
            # A signature covers URL and form: the hash of JSON goes into the URL.
            digest = hashlib.sha256(errand.json).hexdigest()
            url = _with_query(url, {"bodySHA256": digest})
            body = errand.json
            headers["Content-Type"] = "application/json"
        elif errand.method == "GET":
            url = _with_query(url, errand.form)
        else:
            body = urlencode(errand.form).encode()
            signed = errand.form
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
        headers["X-Twilio-Signature"] = self._validator.compute_signature(url, signed)
        return url, body, headers

    def _session(self) -> aiohttp.ClientSession:
        # One connection per call: a kept one that the other side has closed in the
        # meantime would lose a callback for a reason that no carrier has.
        if self._open is None:
            connector = aiohttp.TCPConnector(limit=0, force_close=True)
            self._open = aiohttp.ClientSession(connector=connector)
        return self._open


def _with_query(url: str, extra: dict[str, str]) -> str:
    if not extra:
        return url
    joint = "&" if "?" in url else "?"
    return f"{url}{joint}{urlencode(extra)}"


def _may_go_fast(errand: Errand, url: str) -> bool:
    """Whether wire.py can make this call: it knows no TLS, no passwords, no bodies."""
    # Only of a status callback does nobody read the answer's body.
    if errand.about != "status" or errand.method != "POST":
        return False
    parts = urlsplit(url)
    return parts.scheme == "http" and "@" not in parts.netloc


def _failure(error: Exception) -> WebhookAnswer:
    words = str(error) or type(error).__name__
    if isinstance(error, _CONNECT_FAILED):
        return WebhookAnswer(error=words, kind="ct")
    if isinstance(error, _TIMED_OUT):
        return WebhookAnswer(error=words, kind="rt")
    return WebhookAnswer(error=words, kind="other")
