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
from psycopg.errors import LockNotAvailable

from quadline.accounts import guessing, session_store
from quadline.accounts.browsers import remember
from quadline.accounts.factors import has_factor
from quadline.accounts.guessing import TooManyTries
from quadline.accounts.hashing import HASH_WAIT_SECONDS, TooBusy
from quadline.accounts.models import User
from quadline.accounts.new_browsers import tell_of_new_browser
from quadline.accounts.passwords import is_current_password, set_password
from quadline.accounts.sessions import session_address

SIGN_IN_REFUSED = (
    "Not signed in: there were too many wrong passwords. Try again in {wait}, or reset"
    " your password to get in now."
)

WITHOUT_FACTOR = "reauthenticate"
WAYS = {
    "mfa_reauthenticate:webauthn": "Use a passkey",
    "mfa_reauthenticate": "Use a code",
    WITHOUT_FACTOR: "Use your password",
}
NOT_CONFIRMED = (
    "Not confirmed: there were too many wrong passwords. Try again in {wait}."
)


class StaffOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """allauth's own limits are off (ACCOUNT_RATE_LIMITS): they count in
    the cache, by the proxy's address.
    """

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": (
            "That email and password don't match. Check both and try again."
        ),
        "incorrect_password": "This isn't your password. Nothing was done.",
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
                if not user:
                    attempt.was_wrong()
        except TooManyTries as refused:
            attempt.tell_of(refused)
            words = SIGN_IN_REFUSED.format(wait=in_words(refused.wait))
            raise ValidationError(words) from refused
        return user

    def reauthenticate(self, user: User, password: str) -> bool:
        """Raises ValidationError after too many wrong ones."""
        try:
            return is_current_password(user, password)
        except TooManyTries as refused:
            words = NOT_CONFIRMED.format(wait=in_words(refused.wait))
            raise ValidationError(words) from refused

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        session_store.begin(request, user)

    def post_login(
        self, request: HttpRequest, user: User, **hooks: Any
    ) -> HttpResponseBase:
        tell_of_new_browser(request, user)
        response: HttpResponseBase = super().post_login(request, user, **hooks)
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

    def get_reauthentication_methods(self, user: User) -> list[dict[str, str]]:
        """How somebody can confirm who they are, the surest first. Never by the
        password alone where there is a factor: it is what a factor guards against.
        """
        methods = super().get_reauthentication_methods(user)
        known = [each for each in methods if each["id"] in WAYS]
        known.sort(key=lambda each: list(WAYS).index(each["id"]))
        if has_factor(user):
            known = [each for each in known if each["id"] != WITHOUT_FACTOR]
        return [{**each, "description": WAYS[each["id"]]} for each in known]

    def get_client_ip(self, request: HttpRequest) -> str:
        """For allauth's table of sessions: its own limits are off."""
        return session_address(request)

    def get_user_display(self, user: Any) -> str:
        return str(user.name)

    def format_email_subject(self, subject: str) -> str:
        return subject


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
