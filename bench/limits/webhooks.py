"""A bare webhook: ASGI, the signature, one INSERT.

``python -m bench.limits.webhooks PORT``; DATABASE_URL names the database.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl

import psycopg
import uvicorn
from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.house import PUBLIC_URL, SETTINGS

CONNECTIONS = 10  # to the database
# With the indexes of the real one: an INSERT pays for each of them.
TABLE = (
    "CREATE TABLE IF NOT EXISTS bare_event (LIKE webhooks_carrierevent INCLUDING ALL)"
)
INSERT = """
    INSERT INTO bare_event (carrier, kind, key, content, received_at, result)
    VALUES ('twilio', %s, %s, %s, now(), '')
    ON CONFLICT (carrier, kind, key) DO NOTHING
"""
pool = AsyncConnectionPool(
    os.environ.get("DATABASE_URL", ""),
    min_size=CONNECTIONS,
    max_size=CONNECTIONS,
    open=False,
)
# One INSERT is one transaction: no BEGIN and COMMIT of their own.
pool.kwargs = {"autocommit": True}
token = SETTINGS["TWILIO_AUTH_TOKEN"].encode()


async def event(request: Request) -> Response:
    body = await request.body()
    form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    given = request.headers["x-twilio-signature"]
    if not hmac.compare_digest(_signature(request, form), given):
        return Response("The signature is not right.", status_code=403)
    row = [request.path_params["kind"], form["MessageSid"], json.dumps(form)]
    async with pool.connection() as connection:
        await connection.execute(INSERT, row)
    return Response()


def _signature(request: Request, form: dict[str, str]) -> str:
    """As Twilio signs: https://www.twilio.com/docs/usage/webhooks/webhooks-security."""
    url = request.url
    address = f"{PUBLIC_URL}{url.path}"
    if url.query:
        address += f"?{url.query}"
    fields = [f"{name}{form[name]}" for name in sorted(form)]
    signed = address + "".join(fields)
    digest = hmac.new(token, signed.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


async def ready(_: Request) -> Response:
    return Response("ok")


@asynccontextmanager
async def _connected(_: Starlette) -> AsyncIterator[None]:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(TABLE)
    await pool.open(wait=True)
    yield
    await pool.close()


app = Starlette(
    lifespan=_connected,
    routes=[
        Route("/webhooks/twilio/{kind}", event, methods=["POST"]),
        Route("/readyz", ready),
    ],
)

if __name__ == "__main__":
    uvicorn.run(
        app,
        port=int(sys.argv[1]),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
