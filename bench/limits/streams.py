"""Bare event streams: sse-starlette, a queue for each and nothing else.

``python -m bench.limits.streams PORT``.
"""

import asyncio
import sys
from collections.abc import AsyncIterator

import uvicorn
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def events(_: Request) -> Response:
    return EventSourceResponse(_events(), ping=15)


async def _events() -> AsyncIterator[ServerSentEvent]:
    queue: asyncio.Queue[str] = asyncio.Queue()
    yield ServerSentEvent(data="", event="resume")
    while True:
        yield ServerSentEvent(data="", event=await queue.get())


async def ready(_: Request) -> Response:
    return Response("ok")


app = Starlette(routes=[Route("/events", events), Route("/readyz", ready)])

if __name__ == "__main__":
    uvicorn.run(
        app,
        port=int(sys.argv[1]),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
