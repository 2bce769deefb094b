"""Confirm again who sits there, by password, code or passkey, and go on to what was
asked: allauth's pages, in our words.
"""

from typing import Any

from allauth.account.utils import get_next_redirect_url
from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import ReauthenticateView as CodeView
from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView
from django.contrib.messages import success
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import resolve
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from quadline.accounts.session_store import confirm
from quadline.web.account.sign_in import unless_too_busy
from quadline.web.security.addresses import passkey_data
from quadline.web.security.kept_form import send_kept_form
from quadline.web.security.step_up import ADDRESSES


class GoOn:
    """A mixin: what was asked is done, with the form as it was sent."""

    request: HttpRequest

    def form_valid(
        self,
        form: Any,
    ) -> HttpResponseBase:
        if hasattr(form, "save"):
            form.save()
        confirm(self.request)
        return go_on(self.request)

    def form_invalid(self, form: Any) -> HttpResponseBase:
        shown = self.get_context_data(form=form)  # type: ignore[attr-defined]
        answer: HttpResponseBase = self.render_to_response(shown, status=422)  # type: ignore[attr-defined]
        return answer


def go_on(request: HttpRequest) -> HttpResponseBase:
    address = get_next_redirect_url(request) or ""
    path = address.partition("?")[0]
    answer = send_kept_form(request, path)
    if answer is not None:
        return answer
    step_up = ADDRESSES.get(_name_of(path))
    if step_up is not None and step_up.is_file:
        # A download leaves the page as it is, so it gets a page that says so.
        return render(request, "security/download.html", {"file": address})
    if not address:
        success(request, "Confirmed.")
    return redirect(address or "mfa_index")


def _name_of(path: str) -> str:
    try:
        return resolve(path).url_name or ""
    except Http404:
        return ""


@method_decorator(sensitive_post_parameters(), name="dispatch")
@method_decorator(unless_too_busy, name="dispatch")
class ConfirmByPassword(GoOn, ReauthenticateView):  # type: ignore[misc]  # allauth is untyped
    template_name = "security/confirm.html"


class ConfirmByCode(GoOn, CodeView):  # type: ignore[misc]
    template_name = "security/confirm.html"


class ConfirmByPasskey(GoOn, ReauthenticateWebAuthnView):  # type: ignore[misc]
    template_name = "security/confirm.html"

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        shown: dict[str, Any] = super().get_context_data(**more)
        options = shown.pop("js_data")["request_options"]
        form = more.get("form") or self.get_form()
        return {**shown, "form": form, **passkey_data(self.request, options)}
