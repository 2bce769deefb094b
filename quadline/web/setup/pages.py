"""/setup/: the key of the link becomes a session, and the session the first account.
Not there any more once there is one.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.utils import perform_login
from django import forms
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.password_validation import password_validators_help_texts
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from quadline import clock
from quadline.accounts import throttles
from quadline.accounts.sign_in import in_words
from quadline.accounts.throttles import ThrottleBucket
from quadline.accounts.visitors import visitor_address
from quadline.client_address import bucket_of
from quadline.setup.first_administrator import (
    LinkGone,
    may_make_first_account,
    open_first_account,
)
from quadline.setup.links import SetupClosed, is_closed, open_link
from quadline.setup.rules import KEY_ADDRESS
from quadline.web.account.sign_in import unless_too_busy
from quadline.web.security.gate import GO_ON

OPENED_LINK = "setup_link"  # in the session: the id of the link that it opened
LONGEST_KEY = 200
WRONG_KEY = (
    "This link doesn't work: it was used already, is over 24 hours old, or a newer one"
    " was made. Use the last one in the log, or make one: quadline setup_link"
)
TOO_MANY_KEYS = (
    "Not looked at: too many links were tried from your network. Try again in {wait}."
)
LINK_REPLACED = (
    "No account was made: a newer link took the place of yours, or yours was opened"
    " over an hour ago. Open the last one in the log."
)
SOMEBODY_WAS_FIRST = (
    "No account was made: somebody else made the first one a moment ago. Ask them to"
    " invite you under Manage › Staff."
)
SetupView = Callable[[HttpRequest], HttpResponseBase]


class AdministratorForm(forms.Form):
    name = forms.CharField(label="Your name", max_length=200)
    email = forms.EmailField(label="Your campus email")
    password1 = forms.CharField(
        label="Password",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        max_length=1000,
        strip=False,
    )
    password2 = forms.CharField(
        label="Repeat password",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        max_length=1000,
        strip=False,
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["name"].widget.attrs["autocomplete"] = "name"
        self.fields["email"].widget.attrs["autocomplete"] = "username"
        rules = [text for text in password_validators_help_texts() if text]
        self.fields["password1"].help_text = " ".join(rules)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        first, second = given.get("password1"), given.get("password2")
        if first and second and first != second:
            self.add_error("password2", "The two passwords are not the same.")
        return given


def while_open(view: SetupView) -> SetupView:
    """Only before there is an account."""

    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponseBase:
        return _closed(request) if is_closed() else view(request)

    return answer


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@while_open
def setup_page(request: HttpRequest) -> HttpResponseBase:
    """Where to find the link; a script sends its key here, or a person pastes it."""
    if request.method != "POST":
        if may_make_first_account(request.session.get(OPENED_LINK), now=clock.now()):
            return redirect("setup_administrator")
        return _key_page(request)
    # By address alone: a common count would let a stranger keep the owner out.
    address = bucket_of(visitor_address(request))
    bucket = ThrottleBucket(KEY_ADDRESS, address)
    if wait := throttles.remaining_wait(bucket):
        words = TOO_MANY_KEYS.format(wait=in_words(wait))
        return _key_page(request, words, status=429)
    try:
        link_id = open_link(_key_in(request), now=clock.now())
    except SetupClosed:
        return _closed(request)
    if link_id is None:
        throttles.count_try(bucket)
        return _key_page(request, WRONG_KEY, status=422)
    # A session that somebody else may know does not become the administrator's.
    request.session.cycle_key()
    request.session[OPENED_LINK] = link_id
    return redirect("setup_administrator")


@login_not_required
@unless_too_busy
@require_http_methods(["GET", "HEAD", "POST"])
@while_open
def administrator_page(request: HttpRequest) -> HttpResponseBase:
    link_id: int = request.session.get(OPENED_LINK, 0)
    if not may_make_first_account(link_id, now=clock.now()):
        words = LINK_REPLACED if link_id else ""
        return _key_page(request, words, status=422) if words else redirect("setup")
    form = AdministratorForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _form_page(request, form)
    given = form.cleaned_data
    try:
        user = open_first_account(
            link_id=link_id,
            email=given["email"],
            name=given["name"],
            password=given["password1"],
            now=clock.now(),
        )
    except ValidationError as refused:
        _add_errors(form, refused)
        return _form_page(request, form)
    except LinkGone:
        return _key_page(request, LINK_REPLACED, status=422)
    except SetupClosed:
        return _closed(request, SOMEBODY_WAS_FIRST, status=409)
    del request.session[OPENED_LINK]
    answer: HttpResponseBase = perform_login(
        request,
        user,
        email_verification="none",
        redirect_url=reverse("mfa_index"),
    )
    request.session[GO_ON] = reverse("manage_setup_college")
    return answer


def _key_in(request: HttpRequest) -> str:
    """The key, or a whole link that was pasted."""
    written = request.POST.get("key", "").strip()[-LONGEST_KEY:]
    return written.rpartition("#")[2]


def _add_errors(
    form: AdministratorForm,
    refused: ValidationError,
) -> None:
    """A fault of the account, beside the field that it is about."""
    if not hasattr(refused, "error_dict"):
        form.add_error("password1", refused)
        return
    # Django names the model's fields, of which the form has not all.
    for field, errors in refused.error_dict.items():
        form.add_error(field if field in form.fields else None, errors)


def _key_page(
    request: HttpRequest,
    problem: str = "",
    *,
    status: int = 200,
) -> HttpResponse:
    return render(request, "setup/key.html", {"problem": problem}, status=status)


def _form_page(request: HttpRequest, form: AdministratorForm) -> HttpResponse:
    status = 422 if form.is_bound else 200
    return render(request, "setup/administrator.html", {"form": form}, status=status)


def _closed(
    request: HttpRequest, words: str = "", *, status: int = 404
) -> HttpResponse:
    # Whatever they hold: nobody learns whether their link was a good one.
    return render(request, "setup/closed.html", {"words": words}, status=status)
