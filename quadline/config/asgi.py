"""One ASGI app: webhooks and live events beside Django, which runs in threads (docs/adr/0004-web-server.md)."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import django
from a2wsgi import WSGIMiddleware
from django.core.handlers.wsgi import WSGIHandler
from starlette.applications import Starlette
from starlette.routing import Mount, Route

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quadline.config.settings")
django.setup()

from django.conf import settings  # noqa: E402  # the rooms can be imported once Django is set up

from quadline.live import hub as live_hub  # noqa: E402
from quadline.live import stream  # noqa: E402
from quadline.webhooks import receipt_store  # noqa: E402
from quadline.webhooks import views as webhooks  # noqa: E402

DJANGO_THREADS = 10

pages: Any = WSGIMiddleware(WSGIHandler(), workers=DJANGO_THREADS)  # type: ignore[arg-type]  # Django's own stubs differ
hub = live_hub.Hub(settings.ENV.database_url)


@asynccontextmanager
async def _listening(_: Starlette) -> AsyncIterator[None]:
    listening = asyncio.create_task(hub.run())
    yield
    await receipt_store.close()
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening


app = Starlette(
    lifespan=_listening,
    routes=[
        Mount("/webhooks", webhooks.application()),
        Route("/events", stream.endpoint(hub)),
        Mount("/", pages),
    ],
)
