"""Where a request comes from, as the server hands it over: header
by header, not as WSGI joins them.
"""

from typing import Any

import pytest
import structlog
from django.test import Client, RequestFactory
from pytest_django import Settings
from structlog.testing import capture_logs

from quadline.accounts import visitors
from quadline.accounts.visitors import visitor_address

PROXY, CLIENT = "10.0.0.1", "203.0.113.7"


@pytest.fixture(autouse=True)
def nobody_was_warned() -> None:
    visitors._warn_of_unnamed_proxy.cache_clear()


def request_from(peer: str, *headers: tuple[bytes, bytes]) -> Any:
    request = RequestFactory().get("/", REMOTE_ADDR=peer)
    request.META["asgi.scope"] = {"headers": list(headers)}
    # as WSGI joins them
    request.META["HTTP_X_FORWARDED_FOR"] = ",".join(
        value.decode() for _, value in headers
    )
    return request


def test_a_header_that_wsgi_takes_for_the_same_counts_for_nothing(
    settings: Settings,
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"trusted_proxies": PROXY})
    request = request_from(
        PROXY,
        (b"x-forwarded-for", CLIENT.encode()),
        (b"x_forwarded_for", b"192.0.2.66"),
    )

    assert visitor_address(request) == CLIENT


def test_a_proxy_that_is_not_named_is_told_of_once(settings: Settings) -> None:
    with capture_logs() as said:
        for _ in range(3):
            assert (
                visitor_address(
                    request_from(PROXY, (b"x-forwarded-for", CLIENT.encode()))
                )
                == PROXY
            )
    assert [(line["log_level"], line["proxy"]) for line in said] == [("warning", PROXY)]


@pytest.mark.parametrize(
    ("peer", "trusted", "header"),
    [
        (PROXY, PROXY, CLIENT),  # named
        (PROXY, PROXY, "garbage"),  # named, whatever it passes on
        ("8.8.8.8", "", CLIENT),  # somebody on the internet, who writes what they like
        (PROXY, "", ""),  # no proxy at all
        ("", "", CLIENT),
    ],
)
def test_nothing_is_said_where_no_proxy_is_unnamed(
    settings: Settings, peer: str, trusted: str, header: str
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"trusted_proxies": trusted})
    with capture_logs() as said:
        visitor_address(request_from(peer, (b"x-forwarded-for", header.encode())))
    assert said == []


def test_the_log_names_the_address_that_limits_count_by(
    visitor: Client, settings: Settings
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"trusted_proxies": PROXY})
    seen: list[str] = []
    original = structlog.contextvars.bind_contextvars

    def noted(**bound: Any) -> Any:
        seen.extend(bound[name] for name in ("ip",) if name in bound)
        return original(**bound)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(structlog.contextvars, "bind_contextvars", noted)
        visitor.get(
            "/accounts/login/",
            REMOTE_ADDR=PROXY,
            headers={"X-Forwarded-For": f"192.0.2.1, {CLIENT}"},
        )
    assert seen == [CLIENT]
