"""What went wrong in a view, with its lines and values, as Django shows it;
to this machine only.
"""

import sys
from collections.abc import Callable
from ipaddress import ip_address

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.views.debug import technical_500_response

ANSWERED_ELSEWHERE = (Http404, PermissionDenied, SuspiciousOperation)
# Django's page brings its own style and script. Nothing that it quotes may load
# anything.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
OF_PROXIES = ("X-Forwarded-For", "X-Real-Ip", "Forwarded")


class ErrorPages:
    """Innermost: it sees what a view raised before anybody makes a plain page of it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(
        self,
        request: HttpRequest,
        fault: Exception,
    ) -> HttpResponse | None:
        if isinstance(fault, ANSWERED_ELSEWHERE) or not comes_from_this_machine(
            request
        ):
            return None
        page: HttpResponse = technical_500_response(request, *sys.exc_info())
        page["Content-Security-Policy"] = POLICY
        return page


def comes_from_this_machine(request: HttpRequest) -> bool:
    """By the connection itself; what a proxy passes on comes from elsewhere."""
    if any(name in request.headers for name in OF_PROXIES):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
