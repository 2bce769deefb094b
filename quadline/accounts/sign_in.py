"""How staff sign in: accounts are made by the college, never by a visitor."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from psycopg.errors import LockNotAvailable

from quadline.accounts import guessing
from quadline.accounts.browsers import remember
from quadline.accounts.guessing import TooManyTries
from quadline.accounts.hashing import HASH_WAIT_SECONDS, TooBusy
from quadline.accounts.models import User
from quadline.accounts.passwords import set_password
from quadline.accounts.sessions import session_address
from quadline.accounts.single_sign_on import letters_about
from quadline.accounts.single_sign_on.models import is_break_glass
from quadline.accounts.single_sign_on.passwords_off import (
    are_passwords_off,
    may_use_password,
)
from quadline.accounts.visitors import visitor_address
from quadline.audit.models import record_audit

CAMPUS_ONLY_PAGE = "account/campus_only.html"
CAMPUS_SESSION = "campus_sign_in"  # how to sign out at the provider, too
SIGN_IN_REFUSED = (
    "Not signed in: there were too many wrong passwords. Try again in {wait}, or reset"
    " your password to get in now."
)


class StaffOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """allauth's own limits are off (ACCOUNT_RATE_LIMITS): they count in
    the cache, by the proxy's address.
    """

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": (
            "That email and password don't match. Check both and try again."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """The user, or None. Raises ValidationError after too many wrong passwords."""
        attempt = guessing.attempt_of(request, email=credentials.get("email", ""))
        try:
            with _in_turn():
                attempt.begin()
                user = super().authenticate(request, **credentials)
                # The same for a right password that does not count: nobody learns
                # by it that it is right.
                if user and not may_use_password(user):
                    user = None
                if not user:
                    attempt.was_wrong()
        except TooManyTries as refused:
            attempt.tell_of(refused)
            words = SIGN_IN_REFUSED.format(wait=in_words(refused.wait))
            raise ValidationError(words) from refused
        return user

    def pre_login(
        self, request: HttpRequest, user: User, **hooks: Any
    ) -> HttpResponseBase | None:
        """A way in of ours, whichever it is, is off for whom passwords are."""
        is_campus = bool((hooks.get("signal_kwargs") or {}).get("sociallogin"))
        if not is_campus and not may_use_password(user):
            return render(request, CAMPUS_ONLY_PAGE, status=403)
        refused: HttpResponseBase | None = super().pre_login(request, user, **hooks)
        return refused

    def post_login(
        self, request: HttpRequest, user: User, **hooks: Any
    ) -> HttpResponseBase:
        response: HttpResponseBase = super().post_login(request, user, **hooks)
        campus = (hooks.get("signal_kwargs") or {}).get("sociallogin")
        if campus:
            _note_campus_sign_in(request, user, campus)
        elif are_passwords_off():
            _note_break_glass(request, user)
        remember(response, request, user)
        return response

    def set_password(
        self,
        user: User,
        password: str,
    ) -> None:
        """By the link in an email; the page for it asks for nothing else."""
        set_password(
            user=user,
            password=password,
            how="by a link sent by email",
        )
        guessing.unlock_account(user, actor=user)

    def get_client_ip(self, request: HttpRequest) -> str:
        """For allauth's table of sessions: its own limits are off."""
        return session_address(request)

    def get_user_display(self, user: Any) -> str:
        return str(user.name)

    def format_email_subject(self, subject: str) -> str:
        return subject


def _note_campus_sign_in(request: HttpRequest, user: User, campus: Any) -> None:
    kept = campus.state["campus"]
    request.session[CAMPUS_SESSION] = kept
    record_audit(
        "signed in with a campus account",
        subject=user,
        actor=user,
        provider=kept["provider"],
    )


def _note_break_glass(request: HttpRequest, user: User) -> None:
    """A named administrator used a password while campus sign-in is on; somebody of
    another domain may, and nobody needs to hear of it.
    """
    if is_break_glass(user):
        address = visitor_address(request)
        record_audit(
            "signed in with a kept password", subject=user, actor=user, address=address
        )
        letters_about.tell_of_break_glass(user, address)


@contextmanager
def _in_turn() -> Iterator[None]:
    """A transaction in which tries of one account wait for each other.
    Raises TooBusy when that takes long.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{HASH_WAIT_SECONDS:.0f}s'")
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise TooBusy from error
        raise


def in_words(wait: timedelta) -> str:
    """ "a minute", "5 minutes", "3 hours": rounded up."""
    minutes = math.ceil(int(wait.total_seconds()) / 60)
    if minutes <= 1:
        return "a minute"
    if minutes <= 90:
        return f"{minutes} minutes"
    return f"{math.ceil(minutes / 60)} hours"
