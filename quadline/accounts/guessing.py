"""Somebody tries passwords: the administrators are told, and can let the person in again before it passes by itself."""

import hashlib

from allauth.account.adapter import get_adapter
from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest

from quadline.accounts.models import User
from quadline.audit.models import record
from quadline.emails import letters
from quadline.jobs import enqueue, job

SILENT_FOR_SECONDS = 3600  # after a letter about an account, before the next about the same
APP, FAILED = "allauth.account", "login_failed"


def key_of(email: str) -> str:
    """What wrong passwords for an account are counted under: never with the Host header, which a caller chooses."""
    return email.strip().lower()


def tell_of_guessing(*, email: str, address: str) -> None:
    """Sign-in was refused after too many wrong passwords. The same work whether there is such an account or not."""
    name = hashlib.sha256(key_of(email).encode()).hexdigest()
    if cache.add(f"guessed-at-{name}", True, SILENT_FOR_SECONDS):
        enqueue(tell_administrators, email=key_of(email), address=address)


@job(queue="letters")
def tell_administrators(email: str, address: str) -> None:
    """One letter an hour for each account, and one for all that is tried on accounts that do not exist."""
    guessed_at = User.objects.filter(email=email).first()
    if guessed_at is None and not cache.add("guessed-at-nobody", True, SILENT_FOR_SECONDS):
        return
    to = [user.email for user in User.objects.who_manage()]
    letters.passwords_guessed(to=to, email=guessed_at.email if guessed_at else "", address=address)


def let_in_again(user: User, *, address: str = "", actor: User | None = None) -> None:
    """What was counted for an account is forgotten, and what was counted for an address, if one is given."""
    request = HttpRequest()
    request.META["REMOTE_ADDR"] = address or "0.0.0.0"  # noqa: S104  # nobody's: then only the account's count is cleared
    ratelimit.clear(request, app=APP, action=FAILED, key=key_of(user.email))
    cache.delete(f"guessed-at-{hashlib.sha256(key_of(user.email).encode()).hexdigest()}")
    record("sign-in let go on", subject=user, actor=actor)


def address_of(request: HttpRequest) -> str:
    return str(get_adapter(request).get_client_ip(request) or "")
