"""The door as the house mounts it, and a carrier that signs."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from starlette.applications import Starlette
from starlette.routing import Mount
from twilio.request_validator import RequestValidator

from quadline.delivery.tests.acts import number_row
from quadline.numbers.models import SystemNumber
from quadline.webhooks import receipt_store, views
from tests.cast import Cast
from tests.one_thread import one_thread

Headers = dict[str, str]
FORM = "application/x-www-form-urlencoded; charset=UTF-8"


@dataclass(frozen=True)
class Heard:
    """What the door answered."""

    status: int
    headers: Headers
    body: str


@dataclass
class Caller:
    """The carrier at our door. Signs with the account's token
    unless a test says otherwise.
    """

    token: str = field(default_factory=lambda: settings.ENV.twilio_auth_token)
    headers: Headers = field(default_factory=dict)

    def post(
        self, path: str, form: dict[str, str], *, signature: str | None = None
    ) -> Heard:
        true = self.signature(path, form)
        return self.call(
            path,
            urlencode(form).encode(),
            FORM,
            true if signature is None else signature,
        )

    def post_json(self, path: str, content: Any) -> Heard:
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        path = f"{path}?bodySHA256={hashlib.sha256(raw).hexdigest()}"
        return self.call(path, raw, "application/json", self.signature(path, {}))

    def signature(self, path: str, form: dict[str, str]) -> str:
        return str(
            RequestValidator(self.token).compute_signature(
                settings.PUBLIC_URL + path, form
            )
        )

    def call(
        self,
        path: str,
        body: bytes,
        content_type: str,
        signature: str | None,
        *,
        method: str = "POST",
    ) -> Heard:
        signed = {} if signature is None else {"x-twilio-signature": signature}
        headers = {
            "host": "testserver",
            "content-type": content_type,
            **signed,
            **self.headers,
        }
        return asyncio.run(_call(method, path, body, headers))


async def _call(method: str, path: str, body: bytes, headers: Headers) -> Heard:
    async with opened_door() as door:
        return await ask(door, method, path, body, headers)


@asynccontextmanager
async def opened_door() -> AsyncIterator[Starlette]:
    async with one_thread():
        try:
            yield Starlette(routes=[Mount("/webhooks", views.application())])
        finally:
            await receipt_store.flush_notifications()


async def ask(
    door: Starlette, method: str, path: str, body: bytes, headers: Headers
) -> Heard:
    bare, _, query = path.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "path": bare,
        "raw_path": bare.encode(),
        "root_path": "",
        "query_string": query.encode("latin-1"),
        "headers": [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in headers.items()
        ],
        "scheme": "http",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 5000),
        "http_version": "1.1",
    }
    pieces = [
        body[start : start + 65_536] for start in range(0, len(body), 65_536)
    ] or [b""]
    arriving = [
        {"type": "http.request", "body": piece, "more_body": piece is not pieces[-1]}
        for piece in pieces
    ]
    answered: list[Any] = []

    async def receive() -> Any:
        return arriving.pop(0) if arriving else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        answered.append(message)

    await door(scope, receive, send)
    told = {name.decode(): value.decode() for name, value in answered[0]["headers"]}
    return Heard(
        answered[0]["status"],
        told,
        b"".join(each.get("body", b"") for each in answered[1:]).decode(),
    )


@pytest.fixture
def carrier() -> Caller:
    return Caller()


@pytest.fixture
def number(committed_people: Cast) -> SystemNumber:
    """Maya's, active. Committed, because the door looks from a thread of its own."""
    return number_row(committed_people.maya)
