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
from quadline.web.account.sign_in import name_new_password, unless_too_busy
from quadline.web.requests import StaffRequest

WRONG = "This isn't your current password. Nothing was changed."
TOO_MANY = "Nothing was changed: there were too many wrong passwords. Try again in {wait}."
CHANGED = "Your password is changed. You are signed out on every other device."


class ChangeForm(ChangePasswordForm):  # type: ignore[misc]  # allauth is untyped
    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        name_new_password(self)
        current = self.fields["oldpassword"]
        current.label, current.help_text = "Current password", ""
        current.widget.attrs.pop("placeholder", None)

    def clean_oldpassword(self) -> str:
        given: str = self.cleaned_data["oldpassword"]
        try:
            if not is_current_password(self.user, given):
                raise ValidationError(WRONG)
        except TooManyTries as refused:
            raise ValidationError(TOO_MANY.format(wait=in_words(refused.wait))) from refused
        return given


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@unless_too_busy
def page(request: StaffRequest) -> HttpResponseBase:
    if request.method != "POST":
        return _shown(request, ChangeForm(request.user))
    form = ChangeForm(request.user, request.POST)
    if not form.is_valid():
        return _shown(request, form, status=422)
    ended = set_password(user=request.user, password=form.cleaned_data["password1"], how="by its owner")
    update_session_auth_hash(request, request.user)
    success(request, CHANGED + (" Your API tokens no longer work." if ended else ""))
    response = redirect("profile")
    remember(response, request, request.user)
    return response


def _shown(request: StaffRequest, form: ChangeForm, *, status: int = 200) -> HttpResponse:
    tokens = request.user.api_tokens.filter(revoked_at=None)
    return render(request, "profile/password.html", {"form": form, "tokens": tokens}, status=status)
