"""Tries of a password: how many are too many, who is told, and who may go on all the same.

Strangers share the tries of an account, and each address has tries of its own. A browser that the account has been
signed in with before has its own, too, and no address counts for it. Right passwords count for nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest

from quadline.accounts import rules, throttles
from quadline.accounts.browsers import browser_of
from quadline.accounts.models import Throttle, User
from quadline.accounts.throttles import Bucket
from quadline.accounts.visitors import address_of
from quadline.audit.models import record
from quadline.client_address import bucket_of
from quadline.emails import letters
from quadline.jobs import enqueue, job

NOBODY = "nobody"  # the bucket of what concerns no one account


class TooManyTries(Exception):
    """Refused unread, whether the password is right or not. ``wait`` is until the next try."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(wait)
        self.wait = wait


@dataclass(frozen=True)
class Attempt:
    """One try, counted before the password is looked at, so that many at once are not more than one after the other."""

    counted: tuple[Bucket, ...]
    address: Bucket | None  # None: from a known browser

    def was_right(self) -> None:
        for bucket in self.counted:
            throttles.give_back(bucket)

    def was_wrong(self) -> None:
        if self.address:
            throttles.count(self.address)


def begin(request: HttpRequest, *, email: str) -> Attempt:
    """Count a try of a password. Raises TooManyTries. The same work whether there is such an account or not."""
    user = User.objects.with_address(email)
    browser = browser_of(request, user)
    if user and browser:
        return _counted(request, user, email, _of_browser(user, browser), address=None)
    elsewhere = Bucket(rules.ADDRESS, bucket_of(address_of(request)))
    if wait := throttles.wait_for(elsewhere):
        _tell(NOBODY, user=None, address=address_of(request))
        raise TooManyTries(wait)
    return _counted(request, user, email, _of_strangers(user, email), address=elsewhere)


def _counted(
    request: HttpRequest, user: User | None, email: str, buckets: Iterable[Bucket], *, address: Bucket | None
) -> Attempt:
    counted = []
    for bucket in buckets:
        if wait := throttles.count(bucket):
            _tell(_name_of(user, email), user=user, address=address_of(request))
            raise TooManyTries(wait)
        counted.append(bucket)
    return Attempt(tuple(counted), address)


def _of_browser(user: User, browser: str) -> list[Bucket]:
    return [Bucket(limit, f"{user.pk}:{browser}") for limit in rules.KNOWN_BROWSER]


def _of_strangers(user: User | None, email: str) -> list[Bucket]:
    return [Bucket(limit, _name_of(user, email)) for limit in rules.STRANGERS]


def _name_of(user: User | None, email: str) -> str:
    return str(user.pk) if user else throttles.slot_of(email.strip().lower())


def _tell(name: str, *, user: User | None, address: str) -> None:
    if throttles.count(Bucket(rules.LETTER, name)) is None:
        enqueue(tell_administrators, user_id=user.pk if user else None, address=address)


@job(queue="letters")
def tell_administrators(user_id: int | None, address: str) -> None:
    """One letter an hour for each account, and one for all else: accounts that do not exist, and many at once."""
    guessed_at = User.objects.filter(pk=user_id).first() if user_id else None
    if guessed_at:
        record("sign-in refused", subject=guessed_at, actor=None, why="too many wrong passwords", address=address)
    elif throttles.count(Bucket(rules.LETTER, "told of nobody")):
        return
    to = [user.email for user in User.objects.who_manage()]
    letters.passwords_guessed(to=to, email=guessed_at.email if guessed_at else "", address=address)


def let_in_again(user: User, *, address: str = "", actor: User | None = None) -> None:
    """What was counted for an account is forgotten, and what was counted for an address, if one is given."""
    limits = (*rules.STRANGERS, rules.LETTER, rules.LINK_ACCOUNT)
    throttles.forget(*(Bucket(limit, str(user.pk)) for limit in limits))
    of_browsers = [limit.kind for limit in rules.KNOWN_BROWSER]
    Throttle.objects.filter(kind__in=of_browsers, name__startswith=f"{user.pk}:").delete()
    if address:
        throttles.forget(Bucket(rules.ADDRESS, bucket_of(address)))
    record("sign-in let go on", subject=user, actor=actor)
