"""Where a request comes from: the client's address, behind the
proxies that TRUSTED_PROXIES names.
"""

from functools import lru_cache
from ipaddress import ip_address

import structlog
from django.conf import settings
from django.http import HttpRequest

from quadline.client_address import client_address, forwarded_for_in

log = structlog.get_logger(__name__)


def visitor_address(request: HttpRequest) -> str:
    """The client's address; "" when the connection has none."""
    peer = request.META.get("REMOTE_ADDR", "")
    forwarded_for = _forwarded_for(request)
    trusted = settings.ENV.proxy_networks
    if forwarded_for and client_address(peer, "0.0.0.0", trusted) == peer:  # noqa: S104  # anybody's, to ask whether it is believed
        _warn_of_unnamed_proxy(peer)
    return client_address(peer, forwarded_for, trusted)


def _forwarded_for(request: HttpRequest) -> str:
    scope = request.META.get("asgi.scope")
    if scope is None:
        return str(request.META.get("HTTP_X_FORWARDED_FOR", ""))
    return forwarded_for_in(scope["headers"])


@lru_cache(maxsize=100)  # once for each, not once for each request
def _warn_of_unnamed_proxy(peer: str) -> None:
    """From the internet anybody can write the header; from a private
    address it is a proxy that nobody named.
    """
    try:
        is_near = ip_address(peer).is_private
    except ValueError:
        return
    if is_near:
        log.warning(
            "a proxy that TRUSTED_PROXIES does not name: all behind it share one"
            " address",
            proxy=peer,
        )
