"""A request is answered once its whole body is here; until then it costs an entry in a
table, and no thread.

What is too large, too slow or cut off is refused or dropped before anything could be
changed by half of it.
"""

import asyncio
from collections.abc import Sequence
from functools import lru_cache

from django.conf import settings

from quadline.client_address import bucket_of, client_address, forwarded_for_in
from quadline.config.body_budget import BodyBudget, TooMuch
from quadline.config.connections import is_gone, is_whole
from quadline.config.refusals import App, AsgiMessage, AsgiScope, Receive, Send, refuse
from quadline.webhooks.size_limits import BODY_TOO_LARGE, largest_body

SECONDS = 20  # and more for a large one:
SLOWEST = 50_000  # bytes a second
LENGTH_HEADERS = (b"content-length", b"transfer-encoding")
NO_LENGTH = {b"content-length": b"0"}
TOO_SLOW = "This came too slowly. Nothing was changed: send it again."
TOO_MUCH = "Too much is being sent just now. Nothing was changed: try again soon."


_bucket_of = lru_cache(maxsize=4096)(bucket_of)


class BodyTooLarge(Exception):
    """More than is read here."""


class CutOff(Exception):
    """The client went away before the end of its body."""


class WholeBodies:
    """The app behind it gets each body in one piece and with its true length,
    chunked ones too.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._awaited = BodyBudget()

    async def __call__(
        self,
        scope: AsgiScope,
        receive: Receive,
        send: Send,
    ) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["address"] = client_address_of(scope)
        if not _has_body(scope):
            await self._app(scope, receive, send)
            return
        body = bytearray()
        try:
            if await self._read(scope, receive, send, body):
                await self._app(_with_length(scope, body), _once(body, receive), send)
        finally:
            self._awaited.release(len(body))

    async def _read(
        self,
        scope: AsgiScope,
        receive: Receive,
        send: Send,
        body: bytearray,
    ) -> bool:
        """Whether the whole body is here; if not, and somebody is there to be told, it
        is said why.
        """
        largest = largest_body(scope["path"], _header(scope, b"authorization"))
        try:
            await self._fill(body, scope, receive, largest)
        except CutOff:
            return False
        except BodyTooLarge:
            await refuse(
                scope,
                send,
                413,
                BODY_TOO_LARGE.format(largest=largest),
            )
        except TimeoutError:
            await refuse(
                scope,
                send,
                408,
                TOO_SLOW,
                closes=True,
            )
        except TooMuch:
            await refuse(
                scope,
                send,
                503,
                TOO_MUCH,
                closes=True,
            )
        else:
            return True
        return False

    async def _fill(
        self,
        body: bytearray,
        scope: AsgiScope,
        receive: Receive,
        largest: int,
    ) -> None:
        named = int(_header(scope, b"content-length") or largest)
        if named > largest:
            raise BodyTooLarge
        async with asyncio.timeout(SECONDS + named / SLOWEST) as patience:
            if not is_whole(scope):
                self._awaited.add(scope["state"]["address"], patience)
            try:
                await self._fill_patiently(body, receive, largest, patience)
            finally:
                self._awaited.remove(patience)
        # a client that sends more than the length it named is found out now
        await asyncio.sleep(0)
        if is_gone(scope):
            raise CutOff

    async def _fill_patiently(
        self,
        body: bytearray,
        receive: Receive,
        largest: int,
        patience: asyncio.Timeout,
    ) -> None:
        has_more = True
        while has_more:
            message = await receive()
            if message["type"] != "http.request":
                raise CutOff
            piece = message.get("body", b"")
            if len(body) + len(piece) > largest:
                raise BodyTooLarge
            self._awaited.hold(len(piece), patience)
            body += piece
            has_more = message.get("more_body", False)


def client_address_of(scope: AsgiScope) -> str:
    """Whose request it is, as the limits count:
    behind our own proxies the caller that they name.
    """
    peer = (scope.get("client") or ("", 0))[0]
    trusted = settings.ENV.proxy_networks
    if not trusted:
        return _bucket_of(peer)
    return _bucket_of(client_address(peer, forwarded_for_in(scope["headers"]), trusted))


def _has_body(scope: AsgiScope) -> bool:
    """Asked of every request, so in one look at its headers."""
    named = {name: value for name, value in scope["headers"] if name in LENGTH_HEADERS}
    return named not in ({}, NO_LENGTH)


def _header(scope: AsgiScope, wanted: bytes) -> str:
    for name, value in scope["headers"]:
        if name == wanted:
            return str(value, "latin-1")
    return ""


def _with_length(scope: AsgiScope, body: bytearray) -> AsgiScope:
    length = (b"content-length", str(len(body)).encode())
    others = [
        pair
        for pair in scope["headers"]
        if pair[0] not in (b"content-length", b"transfer-encoding")
    ]
    return {**scope, "headers": [*others, length]}


def _once(body: bytearray, receive: Receive) -> Receive:
    """The body first, and then what the connection says: nothing,
    until the client goes.
    """
    waiting: Sequence[AsgiMessage] = [
        {
            "type": "http.request",
            "body": bytes(body),
            "more_body": False,
        }
    ]
    messages = iter(waiting)

    async def receive_whole() -> AsgiMessage:
        return next(messages, None) or await receive()

    return receive_whole
