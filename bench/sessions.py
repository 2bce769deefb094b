"""Signed-in staff without the sign-in page."""

from collections.abc import Iterable
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from quadline.accounts.models import User

CSRF = "c" * 32  # cookie and header need only be the same


def cookies_of(users: Iterable[User]) -> dict[int, str]:
    """The Cookie header of each user, by id."""
    return {
        user.pk: f"{settings.SESSION_COOKIE_NAME}={_session_of(user)}; csrftoken={CSRF}"
        for user in users
    }


def _session_of(user: User) -> str:
    # The sign-in page would hash a password for each of them, slow on purpose.
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)
