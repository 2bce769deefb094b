"""One ASGI app: webhooks and live events beside Django,
which runs in threads (docs/adr/0004-web-server.md).
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import django
from a2wsgi import WSGIMiddleware
from django.core.handlers.wsgi import WSGIHandler
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quadline.config.settings")
django.setup()

# The rooms can be imported once Django is set up.
from django.conf import settings  # noqa: E402

from quadline.college.current import known_settings  # noqa: E402
from quadline.config import refusals  # noqa: E402
from quadline.config.bodies import WholeBodies  # noqa: E402
from quadline.config.cut_off import AlwaysAnswered  # noqa: E402
from quadline.config.fair_threads import FairThreads  # noqa: E402
from quadline.live import hub as live_hub  # noqa: E402
from quadline.live import stream  # noqa: E402
from quadline.webhooks import receipt_store  # noqa: E402
from quadline.webhooks import views as webhooks  # noqa: E402
from quadline.worker import tune_interpreter  # noqa: E402

DJANGO_THREADS = 10

UNLIMITED = 0
# for pages and API calls that were cut off to end what they are doing
UNDER_WAY_SECONDS = 5

# A thread hands its whole answer over and is free again, however slow the client is.
django_pages: Any = WSGIHandler()  # a2wsgi's types of WSGI differ from Django's
pages: Any = WSGIMiddleware(django_pages, send_queue_size=UNLIMITED)
pages.executor = FairThreads(DJANGO_THREADS)
hub = live_hub.Hub(settings.ENV.database_url)


@asynccontextmanager
async def _listening(_: Starlette) -> AsyncIterator[None]:
    tune_interpreter()
    listening = asyncio.create_task(hub.run())
    with suppress(ValueError):
        # so that it is there when nothing else is
        refusals.refusal_page(503, known_settings().college_name)
    yield
    await receipt_store.flush_notifications()
    await _end_pages()
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening


async def _end_pages() -> None:
    """While there is a loop to answer to: a thread whose loop has gone would wait for
    it forever.
    """
    ending = asyncio.create_task(asyncio.to_thread(pages.executor.shutdown))
    await asyncio.wait([ending], timeout=UNDER_WAY_SECONDS)


app = Starlette(
    lifespan=_listening,
    middleware=[Middleware(AlwaysAnswered), Middleware(WholeBodies)],
    routes=[
        Mount("/webhooks", webhooks.application()),
        Route("/events", stream.endpoint(hub)),
        Mount("/", pages),
    ],
)
