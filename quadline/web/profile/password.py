"""My profile, Password: the old one, the new one, and what ends with it."""

from typing import Any

from allauth.account.forms import ChangePasswordForm
from django.contrib.auth import update_session_auth_hash
from django.contrib.messages import success
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from quadline.accounts.browsers import remember
from quadline.accounts.guessing import TooManyTries
from quadline.accounts.passwords import is_current_password, set_password
from quadline.accounts.sign_in import in_words
from quadline.accounts.single_sign_on.passwords_off import may_use_password
from quadline.web.account.sign_in import name_new_password, unless_too_busy
from quadline.web.requests import StaffRequest

WRONG = "This isn't your current password. Nothing was changed."
TOO_MANY_PASSWORDS = (
    "Nothing was changed: there were too many wrong passwords. Try again in {wait}."
)
CHANGED = "Your password is changed. You are signed out on every other device."


class ChangeForm(ChangePasswordForm):  # type: ignore[misc]  # allauth is untyped
    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        name_new_password(self)
        current = self.fields["oldpassword"]
        current.label = "Current password"
        current.help_text = ""
        current.widget.attrs.pop("placeholder", None)

    def clean_oldpassword(self) -> str:
        given: str = self.cleaned_data["oldpassword"]
        try:
            is_right = is_current_password(self.user, given)
        except TooManyTries as refused:
            words = TOO_MANY_PASSWORDS.format(wait=in_words(refused.wait))
            raise ValidationError(words) from refused
        if not is_right:
            raise ValidationError(WRONG)
        return given


@require_http_methods(["GET", "HEAD", "POST"])
# No report of an error has what was typed.
@sensitive_post_parameters()
@unless_too_busy
def page(request: StaffRequest) -> HttpResponseBase:
    if not may_use_password(request.user):
        return render(request, "profile/password_off.html", status=_status_off(request))
    if request.method != "POST":
        return _shown(request, ChangeForm(request.user))
    form = ChangeForm(request.user, request.POST)
    if not form.is_valid():
        return _shown(request, form, status=422)
    ended = set_password(
        user=request.user,
        password=form.cleaned_data["password1"],
        how="by its owner",
    )
    # Every session ended with the old password. This one goes on.
    update_session_auth_hash(request, request.user)
    tokens = " Your API tokens no longer work." if ended else ""
    success(request, f"{CHANGED}{tokens}")
    response = redirect("profile")
    # The cookie is bound to the password, so this browser needs a new one.
    remember(response, request, request.user)
    return response


def _status_off(request: StaffRequest) -> int:
    return 409 if request.method == "POST" else 200


def _shown(
    request: StaffRequest,
    form: ChangeForm,
    *,
    status: int = 200,
) -> HttpResponse:
    # The page says before what ends with the password.
    tokens = request.user.api_tokens.filter(revoked_at=None)
    context = {"form": form, "tokens": tokens}
    return render(request, "profile/password.html", context, status=status)
