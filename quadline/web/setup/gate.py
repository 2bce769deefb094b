"""While there is no account, every page leads to the one that says how to make it."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from quadline.setup.links import is_closed

# Open to everybody, and of no use to anybody before there is an account.
FOR_ACCOUNTS = frozenset(
    {
        "account_login",
        "account_inactive",
        "account_reset_password",
        "account_reset_password_done",
    }
)


class FirstRunGate:
    """Before the one that asks to sign in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Nothing is known here yet of which page is asked for.
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Any,
        *_: Any,
    ) -> HttpResponseBase | None:
        if request.user.is_authenticated or request.resolver_match is None:
            return None
        # What machines ask is answered as ever: a monitor sees a house that is up.
        name = request.resolver_match.url_name or ""
        is_for_staff = getattr(view, "login_required", True)
        if not is_for_staff and name not in FOR_ACCOUNTS:
            return None
        return None if is_closed() else redirect("setup")
