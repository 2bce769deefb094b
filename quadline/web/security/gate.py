"""Before a page of a signed-in user: a second factor that their role requires, and who
sits there confirmed lately enough.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from quadline.accounts.factors import lacks_required_factor
from quadline.accounts.models import User
from quadline.accounts.session_store import needs_confirmation
from quadline.accounts.single_sign_on.coming_in import is_trusted_session
from quadline.web.account.session_end import page_of_form
from quadline.web.security.kept_form import keep_form
from quadline.web.security.step_up import StepUp, asks

# What is open to somebody who must set up a second factor first, beside what is open to
# everybody.
SETTING_UP = frozenset(
    {
        "mfa_index",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "account_logout",
        "account_reauthenticate",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
    }
)
GO_ON = "after_set_up"  # in the session: the page that was asked for


class SecurityGate:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Any,
        *_: Any,
    ) -> HttpResponseBase | None:
        if not getattr(view, "login_required", True):
            return None
        if not isinstance(request.user, User) or request.resolver_match is None:
            return None
        name = request.resolver_match.url_name or ""
        # Asked first: who must set one up has nothing to confirm with yet.
        if name not in SETTING_UP and _must_set_up(request, request.user):
            return _to_set_up(request)
        asked = asks(name, request.method or "")
        if asked is not None and needs_confirmation(request):
            return _to_confirm(request, asked)
        return None


def _must_set_up(request: HttpRequest, user: User) -> bool:
    return not is_trusted_session(request) and lacks_required_factor(user)


def _to_set_up(request: HttpRequest) -> HttpResponseBase:
    # A form's address may have nothing to open afterwards.
    is_page = request.method == "GET" and "HX-Request" not in request.headers
    if is_page:
        request.session[GO_ON] = request.get_full_path()
    return _sent_to(request, reverse("mfa_index"))


def _to_confirm(request: HttpRequest, asked: StepUp) -> HttpResponseBase:
    """By the first way this account has: a passkey, a code, the password."""
    go_on = request.get_full_path()
    is_form = request.method == "POST"
    ways = get_adapter().get_reauthentication_methods(request.user)
    if not ways:  # the account is another's, such as the campus's: sign in there again
        logout(request)
        return redirect_to_login(page_of_form(request) or go_on)
    if is_form and not asked.has_secrets:
        keep_form(request)
    return _sent_to(request, f"{ways[0]['url']}?{urlencode({'next': go_on})}")


def _sent_to(
    request: HttpRequest,
    address: str,
) -> HttpResponseBase:
    """The whole page goes there, not a part of it."""
    if "HX-Request" in request.headers:
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)
