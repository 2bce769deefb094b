"""Every address needs sign-in, or stands on a short public list."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.urls import URLPattern, reverse
from starlette.routing import Mount, Route

from quadline.accounts.models import User
from tests.architecture.addresses import PUBLIC, address, is_of_the_api, names, patterns
from tests.architecture.conftest import Enter

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
FOR_STAFF = [
    pattern
    for pattern in patterns()
    if pattern.name not in PUBLIC and not is_of_the_api(str(pattern.name))
]


@pytest.fixture
def account(db: None) -> None:
    """Before there is one, everybody is sent elsewhere: web/tests/test_first_run.py."""
    User.objects.create_user("ada@alder.example", None, name="Ada")


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("pattern", FOR_STAFF, ids=lambda pattern: pattern.name)
def test_a_visitor_is_sent_to_sign_in_whatever_they_ask(
    enter: Enter, pattern: URLPattern
) -> None:
    visitor = enter(None)
    for method in METHODS:
        answer = visitor.generic(method, address(pattern))

        assert answer.status_code == 302, f"{method} {address(pattern)}"
        assert answer.headers["Location"].startswith(reverse("account_login"))
        assert answer.content == b""


def test_every_address_has_a_name_of_its_own() -> None:
    assert "" not in names()
    assert len(names()) == len(set(names()))


def test_the_public_list_names_only_what_is_there_and_is_short() -> None:
    assert set(names()) >= PUBLIC
    assert len(PUBLIC) <= 27


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    "name", ["account_login", "account_reset_password", "alive", "ready"]
)
def test_a_public_page_opens(enter: Enter, name: str) -> None:
    assert enter(None).get(reverse(name)).status_code == 200


def test_metrics_are_shown_only_to_who_knows_the_token(
    enter: Enter, settings: Any
) -> None:
    page, asks = reverse("metrics"), {"Authorization": "Bearer the-token"}
    assert enter(None).get(page, headers=asks).status_code == 404
    assert (
        enter(None).get(page, headers={"Authorization": "Bearer "}).status_code == 404
    )

    settings.ENV = settings.ENV.model_copy(update={"metrics_token": "the-token"})
    assert enter(None).get(page, headers=asks).status_code == 200
    assert enter(None).get(page).status_code == 404


def test_an_address_that_is_not_there_tells_a_visitor_nothing_else(
    enter: Enter,
) -> None:
    assert enter(None).get("/admin/").status_code == 404


def ask(app: Any, method: str, path: str, *, body: bytes = b"") -> tuple[int, bytes]:
    """One request to an ASGI app, as a server would make it."""
    answered: list[dict[str, Any]] = []
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [
            (b"host", b"localhost"),
            (b"content-type", b"application/x-www-form-urlencoded"),
        ],
        "scheme": "https",
        "server": ("localhost", 443),
        "client": ("127.0.0.1", 1),
        "http_version": "1.1",
    }
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict[str, Any]:
        return next(messages, {"type": "http.disconnect"})

    async def send(message: dict[str, Any]) -> None:
        answered.append(message)

    async_to_sync(app)(scope, receive, send)
    return answered[0]["status"], b"".join(
        part.get("body", b"") for part in answered[1:]
    )


def test_beside_django_there_are_only_webhooks_and_live_events(enter: Enter) -> None:
    from quadline.config.asgi import app

    assert [(type(route), getattr(route, "path", None)) for route in app.routes] == [
        (Mount, "/webhooks"),
        (Route, "/events"),
        (Mount, ""),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["inbound", "status", "voice", "events"])
def test_a_webhook_without_a_true_signature_is_refused(kind: str) -> None:
    from quadline.webhooks.views import application

    status, _ = ask(
        application(),
        "POST",
        f"/twilio/{kind}",
        body=b"From=%2B17345550141&To=%2B17342340001&Body=STOP",
    )
    assert status == 403


def test_every_webhook_stands_in_the_test_above() -> None:
    from quadline.webhooks.views import application

    found = {route.path for route in application().routes if isinstance(route, Route)}
    assert found == {
        f"/{{carrier}}/{kind}" for kind in ("inbound", "status", "voice", "events")
    }


@pytest.mark.django_db
def test_a_visitors_event_stream_says_signed_out_and_nothing_else() -> None:
    from quadline.live.hub import Hub
    from quadline.live.stream import endpoint

    app = Route("/events", endpoint(Hub("")))
    status, stream = ask(app.app, "GET", "/events")

    assert status == 200
    assert [line for line in stream.decode().split() if line.startswith("event")] == [
        "event:"
    ]
    assert b"signed-out" in stream
