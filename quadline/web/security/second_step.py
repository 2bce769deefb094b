"""The steps of signing in after, or instead of, the password: a code or a passkey."""

from typing import Any

from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.views import LoginWebAuthnView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from quadline.accounts import rules, throttles
from quadline.accounts.factors import WEBAUTHN
from quadline.accounts.sign_in import in_words
from quadline.accounts.throttles import ThrottleBucket
from quadline.accounts.visitors import visitor_address
from quadline.client_address import bucket_of
from quadline.web.security.addresses import passkey_data
from quadline.web.security.forms import NO_PASSKEY

TOO_MANY = (
    "Not signed in: too many passkeys were asked for from your network. Try again in"
    " {wait}, or use your password."
)


class SecondStep(AuthenticateView):  # type: ignore[misc]  # allauth is untyped
    template_name = "security/second_step.html"

    def form_invalid(self, form: Any) -> HttpResponseBase:
        shown = self.get_context_data()
        answer: HttpResponseBase = self.render_to_response(shown, status=422)
        return answer

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        shown: dict[str, Any] = super().get_context_data(**more)
        theirs = Authenticator.objects.filter(user_id=self.stage.login.user.pk)
        types = set(theirs.values_list("type", flat=True))
        options = shown.pop("js_data")["request_options"]
        return {
            **shown,
            **passkey_data(self.request, options),
            "has_passkey": WEBAUTHN in types,
            "has_code": bool(types - {WEBAUTHN}),
        }


class PasskeySignIn(LoginWebAuthnView):  # type: ignore[misc]
    """GET: what a script asks the browser with, which is kept in a session."""

    def dispatch(
        self, request: HttpRequest, *args: Any, **parts: Any
    ) -> HttpResponseBase:
        address = bucket_of(visitor_address(request))
        bucket = ThrottleBucket(rules.PASSKEY_ADDRESS, address)
        wait = throttles.count_try(bucket)
        if wait:
            return self._refused(TOO_MANY.format(wait=in_words(wait)), status=429)
        answer: HttpResponseBase = super().dispatch(request, *args, **parts)
        return answer

    def form_invalid(self, form: Any) -> HttpResponse:
        return self._refused(f"Not signed in. {NO_PASSKEY}", status=422)

    def _refused(self, words: str, *, status: int) -> HttpResponse:
        from allauth.account.forms import LoginForm

        form = LoginForm(request=self.request)
        shown = {"form": form, "passkey_problem": words}
        return render(self.request, "account/login.html", shown, status=status)
