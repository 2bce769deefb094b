"""What the server asks an identity provider, and what it takes for an answer."""

import http.server
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_django import Settings

from quadline.accounts.single_sign_on import bounded_http, metadata
from quadline.accounts.single_sign_on.bounded_http import NotAsked, fetch, require_safe
from quadline.accounts.single_sign_on.discovery import NotFound, discover
from quadline.accounts.single_sign_on.metadata import NotUsable, read_metadata
from quadline.accounts.single_sign_on.our_key import make_key

REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
METADATA = """<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"
    entityID="https://idp.alder.example"><md:IDPSSODescriptor
    protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">
    <ds:X509Data><ds:X509Certificate>{key}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>
    </md:KeyDescriptor><md:SingleSignOnService Binding="{binding}" Location="{url}"/>
    </md:IDPSSODescriptor></md:EntityDescriptor>"""


@pytest.fixture
def plain_http(settings: Settings) -> None:
    settings.IS_HTTPS = False


@pytest.fixture
def server(plain_http: None) -> Iterator[Any]:
    """Answers what the test sets: a code, headers, a body."""

    class Answer(http.server.BaseHTTPRequestHandler):
        code, more, body = 200, {}, b""  # type: ignore[var-annotated]

        def do_GET(self) -> None:
            self.send_response(self.code)
            for name, value in self.more.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(self.body)

        def log_message(self, *words: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        Answer.url = f"http://127.0.0.1:{listening.server_port}"  # type: ignore[attr-defined]
        yield Answer
        listening.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "url",
    [
        "http://idp.alder.example",
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1.evil.example",
        "https://user:password@idp.alder.example",
        "file:///etc/passwd",
        "ftp://127.0.0.1",
        "https://",
        "",
    ],
)
def test_what_is_not_asked(plain_http: None, url: str) -> None:
    with pytest.raises(NotAsked):
        require_safe(url)


def test_this_machine_is_asked_while_quadline_itself_is_tried_out(
    settings: Settings,
) -> None:
    settings.IS_HTTPS = False
    for host in ("127.0.0.1:9", "localhost", "[::1]:9"):
        require_safe(f"http://{host}/")
    settings.IS_HTTPS = True
    with pytest.raises(NotAsked):
        require_safe("http://127.0.0.1:9/")


def test_nobody_is_sent_on(server: Any) -> None:
    server.code, server.more = 302, {"Location": "http://127.0.0.1:9/"}

    with pytest.raises(NotAsked, match="sent Quadline on"):
        fetch(server.url)


def test_an_answer_is_bounded(server: Any) -> None:
    server.body = b"x" * (bounded_http.MAX_PROVIDER_BYTES + 1)

    with pytest.raises(NotAsked, match="bytes"):
        fetch(server.url)


def test_an_answer_that_takes_too_long_is_given_up(
    server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.body = b"x"
    monkeypatch.setattr(bounded_http, "WHOLE_SECONDS", -1.0)

    with pytest.raises(NotAsked, match="took over"):
        fetch(server.url)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"issuer": "https://evil.example"}, "calls itself https://evil.example"),
        ({"jwks_uri": None}, "does not say its jwks_uri"),
        ({"token_endpoint": "http://evil.example/token"}, "must begin with https"),
    ],
)
def test_a_provider_that_cannot_be_used_is_named_for_what_it_lacks(
    server: Any, changes: dict[str, Any], words: str
) -> None:
    described = {
        "issuer": server.url,
        "authorization_endpoint": "https://idp.alder.example/a",
        "token_endpoint": "https://idp.alder.example/t",
        "jwks_uri": "https://idp.alder.example/k",
    }
    server.body = json.dumps(described).encode()
    assert discover(server.url)["token_endpoint"] == "https://idp.alder.example/t"
    server.body = json.dumps(described | changes).encode()

    with pytest.raises(NotFound, match=words):
        discover(server.url)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b"\xff\xfe"])
def test_what_is_no_description_is_said_to_be_none(server: Any, body: bytes) -> None:
    server.body = body

    with pytest.raises(NotFound, match=r"JSON|description"):
        discover(server.url)


def made(**changes: str) -> str:
    _, certificate = make_key(host="idp", now=datetime.now(UTC))
    key = "".join(certificate.splitlines()[1:-1])
    filled = {"key": key, "binding": REDIRECT, "url": "https://idp.alder.example/sso"}
    return METADATA.format(**(filled | changes))


def test_metadata_come_to_what_is_needed() -> None:
    found = read_metadata(made())

    assert found["entity_id"] == "https://idp.alder.example"
    assert found["sso_url"] == "https://idp.alder.example/sso"
    assert metadata.expiry_of(found["certificates"][0]).year > 2030


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "not XML"),
        ("<a", "not XML"),
        ("<a/>", "0 identity providers"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "document type"),
        (f"<a>{'x' * 500_000}</a>", "too large"),
        (made(url="http://idp.alder.example/sso"), "https"),
        (made(url="javascript:alert(1)"), "not an address"),
        (made(key="bm90IGEga2V5"), "certificate"),
        (made(key=""), "cannot be read"),
        (made(binding="urn:other"), "HTTP-Redirect"),
    ],
)
def test_metadata_that_cannot_be_used_say_why(written: str, words: str) -> None:
    with pytest.raises(NotUsable, match=words):
        read_metadata(written)


def test_metadata_of_two_providers_are_refused() -> None:
    one = made()
    both = (
        '<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">'
        f"{one}{one}</md:EntitiesDescriptor>"
    )
    with pytest.raises(NotUsable, match="2 identity providers"):
        read_metadata(both)
