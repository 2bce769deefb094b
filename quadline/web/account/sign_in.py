"""Signing in, and a password that was forgotten: allauth's
pages, with our own request for a link.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from allauth.account import views
from allauth.account.fields import EmailField
from allauth.account.forms import ResetPasswordKeyForm
from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods

from quadline.accounts.browsers import remember
from quadline.accounts.factors import has_factor
from quadline.accounts.guessing import TooManyTries
from quadline.accounts.hashing import TooBusy
from quadline.accounts.passwords import ask_for_link
from quadline.accounts.sign_in import CAMPUS_ONLY_PAGE, in_words
from quadline.accounts.single_sign_on.models import live_connection
from quadline.accounts.single_sign_on.passwords_off import (
    are_passwords_off,
    may_use_password,
)

SIGN_IN_RETRY_AFTER_SECONDS = 10  # a place for a hash is free long before
TOO_MANY_LINKS = (
    "No email was sent: too many were asked for from your network. Try again in {wait}."
)
SignInView = Callable[..., HttpResponseBase]


def unless_too_busy(view: SignInView) -> SignInView:
    """For a page on which a password is hashed."""

    @wraps(view)
    def answer(
        request: HttpRequest,
        *args: Any,
        **parts: Any,
    ) -> HttpResponseBase:
        try:
            return view(request, *args, **parts)
        except TooBusy:
            busy = render(request, "account/busy.html", status=503)
            busy["Retry-After"] = str(SIGN_IN_RETRY_AFTER_SECONDS)
            return busy

    return answer


class SignIn(views.LoginView):  # type: ignore[misc]  # allauth is untyped
    """The campus account first, where there is one; a password where it counts."""

    def get_context_data(self, **shown: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**shown)
        return context | ways_in(self.request)


def ways_in(request: HttpRequest) -> dict[str, Any]:
    """What the sign-in page offers."""
    # Checked when it is followed: campus.leave_for_provider and allauth each do.
    asked = request.GET.get("next", "")
    return {
        "has_campus": live_connection() is not None,
        "passwords_off": are_passwords_off(),
        "campus_query": urlencode({"next": asked}) if asked else "",
    }


class LinkForm(forms.Form):
    email = EmailField()


class NewPasswordForm(ResetPasswordKeyForm):  # type: ignore[misc]  # allauth is untyped
    """allauth's form, with our words: ACCOUNT_FORMS."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        name_new_password(self)


def name_new_password(form: Any) -> None:
    """The two fields of a new password, with the rules said in advance."""
    from django.contrib.auth.password_validation import password_validators_help_texts

    rules = " ".join(text for text in password_validators_help_texts() if text)
    form.fields["password1"].label = "New password"
    form.fields["password2"].label = "Repeat new password"
    for name in ("password1", "password2"):
        form.fields[name].widget.attrs.pop("placeholder", None)
    form.fields["password1"].help_text = rules


@require_http_methods(["GET", "HEAD", "POST"])
def forgotten(request: HttpRequest) -> HttpResponseBase:
    """The same answer, for the same work, whether there is such an account or not."""
    if request.method != "POST":
        return _asked(request, LinkForm())
    form = LinkForm(request.POST)
    if not form.is_valid():
        return _asked(request, form)
    try:
        ask_for_link(request, email=form.cleaned_data["email"])
    except TooManyTries as refused:
        words = TOO_MANY_LINKS.format(wait=in_words(refused.wait))
        form.add_error(None, words)
        return _asked(request, form, status=429)
    return redirect("account_reset_password_done")


@method_decorator(unless_too_busy, name="dispatch")
class NewPassword(views.PasswordResetFromKeyView):  # type: ignore[misc]  # allauth is untyped
    """Anyone who opens the mailbox of an account may know its
    password, and so this browser, too. Not where a second factor is asked for: each new
    link would be a known browser with tries of its own at the codes.
    """

    def get(self, request: HttpRequest, *args: Any, **parts: Any) -> HttpResponseBase:
        if not may_use_password(self.reset_user):
            return self._off(request)
        page: HttpResponseBase = super().get(request, *args, **parts)
        return page

    def post(
        self,
        request: HttpRequest,
        *args: Any,
        **parts: Any,
    ) -> HttpResponseBase:
        # The link is from before passwords were switched off.
        if not may_use_password(self.reset_user):
            return self._off(request)
        page: HttpResponseBase = super().post(request, *args, **parts)
        return page

    def _off(self, request: HttpRequest) -> HttpResponse:
        return render(request, CAMPUS_ONLY_PAGE, status=403)

    def form_valid(self, form: Any) -> HttpResponseBase:
        response: HttpResponseBase = super().form_valid(form)
        if not has_factor(self.reset_user):
            remember(response, self.request, self.reset_user)
        return response


def _asked(
    request: HttpRequest,
    form: LinkForm,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {"form": form}
    return render(
        request,
        "account/password_reset.html",
        context,
        status=status,
    )
