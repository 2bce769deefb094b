"""The server-sent event endpoint: a signed-in person's own events, nothing else."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from importlib import import_module
from typing import Any, cast

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.db import close_old_connections
from django.http import HttpRequest
from sse_starlette import EventSourceResponse
from starlette.requests import Request
from starlette.responses import Response

from quadline.live.hub import RESUME, Hub
from quadline.live.notifications import SIGNED_OUT
from quadline.outages import is_outage

HEARTBEAT_SECONDS = 15
SIGN_IN_CHECK_SECONDS = 20  # a session that ended is noticed within this
# After an event, the next ones gather: a broadcast moves its author's screen many times
# a second.
CALM_SECONDS = 0.2
LIFE_SECONDS = 30 * 60  # then the browser connects again automatically
# Each page after a delay of its own: a restart does not bring them all back at one
# moment.
COME_BACK_AFTER_MS = (500, 5000)
HEARTBEAT = b": still here\r\n\r\n"


def endpoint(hub: Hub) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint ``GET /events`` over one hub."""

    async def events(request: Request) -> Response:
        try:
            user_id = await sync_to_async(_signed_in)(
                request.cookies.get(settings.SESSION_COOKIE_NAME, "")
            )
        except Exception as fault:
            if not is_outage(fault):
                raise
            return Response("Try again.", status_code=503)  # the page does
        if user_id is None:
            # An event, not a 401: the browser would try a refused stream again forever.
            return EventSourceResponse(
                _only(SIGNED_OUT), headers={"Cache-Control": "no-store"}
            )
        return EventSourceResponse(
            _events(hub, user_id, request),
            ping=0,  # a task for each stream; the stream itself can count
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    return events


async def _only(event: str) -> AsyncIterator[bytes]:
    yield _written([event])


async def _events(
    hub: Hub,
    user_id: int,
    request: Request,
) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + LIFE_SECONDS
    cookie = request.cookies.get(settings.SESSION_COOKIE_NAME, "")
    async with hub.stream(user_id) as screen:
        yield _retry() + _written([RESUME])
        check_at = loop.time() + SIGN_IN_CHECK_SECONDS
        while loop.time() < ends_at:
            until_check = max(0.1, check_at - loop.time())
            events = await screen.news(within=min(HEARTBEAT_SECONDS, until_check))
            yield _written(events) or HEARTBEAT
            if events:
                await asyncio.sleep(CALM_SECONDS)
            if loop.time() >= check_at:
                if await sync_to_async(_signed_in)(cookie) != user_id:
                    yield _written([SIGNED_OUT])
                    return
                check_at = loop.time() + SIGN_IN_CHECK_SECONDS


def _retry() -> bytes:
    after_ms = random.randint(*COME_BACK_AFTER_MS)  # noqa: S311  # spreads, hides nothing
    return f"retry: {after_ms}\r\n".encode()


def _written(events: Iterable[str]) -> bytes:
    """Events as they stand in a stream; many are one write."""
    written = [f"event: {event}\r\ndata: \r\n\r\n" for event in events]
    return "".join(written).encode()


def _signed_in(session_key: str) -> int | None:
    """The id of the active user whose session this is: Django's
    own check, password hash included.
    """
    # No request begins or ends here, at which Django would do it: after a restart of
    # the database each check would fail.
    close_old_connections()
    request = HttpRequest()
    sessions = import_module(settings.SESSION_ENGINE)
    request.session = cast(Any, sessions.SessionStore(session_key or None))
    user = get_user(request)
    if not user.is_authenticated or not user.is_active or user.pk is None:
        return None
    return int(user.pk)
