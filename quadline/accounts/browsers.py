"""Browsers that an account has been signed in with before, by a signed cookie.

OWASP, "Slow Down Online Guessing Attacks with Device Cookies": such a browser has its
own count of tries, so that nobody who guesses from elsewhere can lock its owner out.
The cookie lets nobody in, and outlives signing out. It ends with the password it was
given for.
"""

import secrets
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import constant_time_compare, salted_hmac

from quadline.accounts.models import User

BROWSER_SALT = "quadline.accounts.browsers"
KNOWN_FOR_SECONDS = 365 * 24 * 3600
MAX_USERS = 5  # of one browser, at a shared desk: the last ones to sign in


@dataclass(frozen=True)
class Mark:
    """What the cookie says of one user: a name for this
    browser, and which password was right.
    """

    user_id: int
    browser: str
    password: str


def cookie_name() -> str:
    """With the prefix no other site under the college's domain can set it."""
    return "__Host-browser" if settings.IS_HTTPS else "browser"


def browser_of(request: HttpRequest, user: User | None) -> str | None:
    """The name of this browser, when this account has been
    signed in with it; else None.
    """
    # The cookie is read for an account that does not exist, too: the same work.
    marks = _marks(request)
    if user is None:
        return None
    for mark in marks:
        is_theirs = mark.user_id == user.pk
        if is_theirs and constant_time_compare(mark.password, _mark_of(user)):
            return mark.browser
    return None


def remember(
    response: HttpResponseBase,
    request: HttpRequest,
    user: User,
) -> None:
    """Mark the browser that gets this response as one of this user's:
    somebody has just proved to be them.
    """
    mine = Mark(user.pk, secrets.token_urlsafe(16), _mark_of(user))
    others = [mark for mark in _marks(request) if mark.user_id != user.pk]
    marks = [mine, *others][:MAX_USERS]
    said = [[mark.user_id, mark.browser, mark.password] for mark in marks]
    response.set_cookie(
        cookie_name(),
        signing.dumps(said, salt=BROWSER_SALT),
        max_age=KNOWN_FOR_SECONDS,
        secure=settings.IS_HTTPS,
        httponly=True,
        samesite="Lax",
    )


def _marks(request: HttpRequest) -> list[Mark]:
    cookie = request.COOKIES.get(cookie_name(), "")
    try:
        said = signing.loads(cookie, salt=BROWSER_SALT, max_age=KNOWN_FOR_SECONDS)
    except signing.BadSignature:
        return []
    return [Mark(*each) for each in said]


def _mark_of(user: User) -> str:
    """Changes with the password, and reveals nothing about it."""
    digest = salted_hmac(BROWSER_SALT, user.password, algorithm="sha256").hexdigest()
    return digest[:24]
