"""The server asks an identity provider: bounded in time and size, encrypted, and never
sent on to another place.
"""

import ipaddress
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings

from quadline import clock

# Somebody waits at a browser meanwhile, and a thread of the web process with them. The
# second bounds a pause between two packets, the third what drips without a pause.
CONNECT_SECONDS, READ_SECONDS, WHOLE_SECONDS = 4.0, 6.0, 12.0
# Metadata of one provider are the largest answer: some 20 kB with logos and scopes.
MAX_PROVIDER_BYTES = 1_000_000


class NotAsked(requests.RequestException):
    """The question or its answer is not allowed; the message says why."""


class BoundedSession(requests.Session):
    """As requests', within the bounds above."""

    def request(  # type: ignore[override]  # its twenty options are the library's
        self, method: str, url: str, **options: Any
    ) -> requests.Response:
        require_safe(url)
        options |= {
            "timeout": (CONNECT_SECONDS, READ_SECONDS),
            # What was checked is this address, not one that it names.
            "allow_redirects": False,
            "stream": True,
        }
        ends_at = clock.monotonic_seconds() + WHOLE_SECONDS
        response = super().request(method, url, **options)
        with response:
            if response.is_redirect:
                raise NotAsked(f"{host_of(url)} sent Quadline on to another address.")
            # The library's own reading would take whatever comes.
            response._content = _read(response, ends_at)
        return response


def fetch(url: str) -> bytes:
    """What is at an address. Raises NotAsked, in words."""
    try:
        with BoundedSession() as session:
            answer = session.get(url)
    except NotAsked:
        raise
    except requests.RequestException as error:
        words = f"{url[:200]} does not answer. Check it, and that this server may call."
        raise NotAsked(words) from error
    if answer.status_code != 200:
        raise NotAsked(f"{url[:200]} answered {answer.status_code}.")
    return bytes(answer.content)


def is_away(error: Exception) -> bool:
    """Whether the provider did not answer, rather than answer badly."""
    return isinstance(error, requests.RequestException)


def require_safe(url: str) -> None:
    """https, or a provider on this machine while Quadline itself is tried out on it.

    Raises NotAsked.
    """
    parts = urlsplit(url)
    # A name and password in it would be sent, and end in a log.
    if parts.username or not parts.hostname:
        raise NotAsked(f"{url[:200]!r} is not an address of an identity provider.")
    if parts.scheme == "https":
        return
    if (
        parts.scheme == "http"
        and is_this_machine(parts.hostname)
        and not settings.IS_HTTPS
    ):
        return
    raise NotAsked(f"The address of {parts.hostname} must begin with https://.")


def is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host_of(url: str) -> str:
    return urlsplit(url).hostname or ""


def _read(
    response: requests.Response,
    ends_at: float,
) -> bytes:
    read = bytearray()
    for piece in response.iter_content(16_384):
        read += piece
        if len(read) > MAX_PROVIDER_BYTES:
            raise NotAsked(f"The answer is over {MAX_PROVIDER_BYTES:,} bytes.")
        if clock.monotonic_seconds() > ends_at:
            raise NotAsked(f"The answer took over {WHOLE_SECONDS:.0f} seconds.")
    return bytes(read)
