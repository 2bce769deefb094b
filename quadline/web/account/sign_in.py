"""Signing in, and a password that was forgotten: allauth's
pages, with our own request for a link.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

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
from quadline.accounts.sign_in import in_words

SIGN_IN_RETRY_AFTER_SECONDS = 10  # a place for a hash is free long before
TOO_MANY_LINKS = (
    "No email was sent: too many were asked for from your network. Try again in {wait}."
)
SignInView = Callable[..., HttpResponseBase]


def unless_too_busy(view: SignInView) -> SignInView:
    """For a page on which a password is hashed."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **parts: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **parts)
        except TooBusy:
            busy = render(request, "account/busy.html", status=503)
            busy["Retry-After"] = str(SIGN_IN_RETRY_AFTER_SECONDS)
            return busy

    return answer


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
