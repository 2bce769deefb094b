"""Tries of a password: how many are too many, who is notified, and who may go on
anyway.

Strangers share the tries of an account, and each address has tries of its own. A
browser that the account has been signed in with before has its own, too, and no address
counts for it. Right passwords count for nothing.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest

from quadline.accounts import rules, throttles
from quadline.accounts.browsers import browser_of
from quadline.accounts.models import Throttle, User
from quadline.accounts.throttles import ThrottleBucket
from quadline.accounts.visitors import visitor_address
from quadline.audit.models import record_audit
from quadline.client_address import bucket_of
from quadline.emails import letters
from quadline.jobs import enqueue, job

NO_ACCOUNT = "nobody"  # the bucket of what concerns no one account


class TooManyTries(Exception):
    """Refused unread, whether the password is right or not.
    ``wait`` is until the next try.
    """

    def __init__(
        self,
        wait: timedelta,
        *,
        on_many_accounts: bool = False,
    ) -> None:
        super().__init__(wait)
        self.wait = wait
        self.on_many_accounts = on_many_accounts


@dataclass(frozen=True)
class PasswordTry:
    """One try of a password: what it counts for, and whom it is
    about, if there is such an account.
    """

    user: User | None
    account: str  # the name of its buckets
    from_address: str
    buckets: tuple[ThrottleBucket, ...]
    address: ThrottleBucket | None  # None: from a known browser

    def begin(self) -> None:
        """In the transaction of the try. Raises TooManyTries;
        then it is not to be looked at.
        """
        if self.address:
            # Read, not locked: a whole campus may share one, and would wait.
            wait = throttles.remaining_wait(self.address)
            if wait:
                raise TooManyTries(wait, on_many_accounts=True)
        for bucket in self.buckets:
            wait = throttles.lock_throttle(bucket)
            if wait:
                raise TooManyTries(wait)

    def was_wrong(self) -> None:
        for bucket in (*self.buckets, self.address):
            if bucket:
                throttles.count_try(bucket)

    def tell_of(self, refused: TooManyTries) -> None:
        """The administrators get an email, if they have not had
        one about it within the hour.
        """
        about = None if refused.on_many_accounts else self.user
        name = NO_ACCOUNT if refused.on_many_accounts else self.account
        if throttles.count_try(ThrottleBucket(rules.LETTER, name)) is None:
            enqueue(
                tell_administrators,
                user_id=about.pk if about else None,
                address=self.from_address,
            )


def attempt_of(request: HttpRequest, *, email: str) -> PasswordTry:
    """The same work whether there is such an account or not."""
    user = User.objects.with_address(email)
    account = str(user.pk) if user else throttles.slot_of(email.strip().lower())
    from_address = visitor_address(request)
    browser = browser_of(request, user)
    if user and browser:
        name = f"{user.pk}:{browser}"
        known = tuple(ThrottleBucket(limit, name) for limit in rules.KNOWN_BROWSER)
        return PasswordTry(user, account, from_address, known, None)
    strangers = tuple(ThrottleBucket(limit, account) for limit in rules.STRANGERS)
    return PasswordTry(
        user,
        account,
        from_address,
        strangers,
        ThrottleBucket(rules.ADDRESS_LIMIT, bucket_of(from_address)),
    )


@job(queue="letters")
def tell_administrators(user_id: int | None, address: str) -> None:
    """One email an hour for each account, and one for everything else: accounts
    that do not exist, and many at once.
    """
    guessed_at = User.objects.filter(pk=user_id).first() if user_id else None
    if guessed_at:
        record_audit(
            "sign-in refused",
            subject=guessed_at,
            actor=None,
            why="too many wrong passwords",
            address=address,
        )
    elif throttles.count_try(ThrottleBucket(rules.LETTER, "told of nobody")):
        return
    to = [user.email for user in User.objects.who_manage()]
    letters.passwords_guessed(
        to=to,
        email=guessed_at.email if guessed_at else "",
        address=address,
    )


def unlock_account(
    user: User,
    *,
    address: str = "",
    actor: User | None = None,
) -> None:
    """What was counted for an account is forgotten, and what was
    counted for an address, if one is given.
    """
    limits = (*rules.STRANGERS, rules.LETTER, rules.LINK_ACCOUNT)
    buckets = [ThrottleBucket(limit, str(user.pk)) for limit in limits]
    throttles.forget_tries(*buckets)
    kinds = [limit.kind for limit in rules.KNOWN_BROWSER]
    of_browsers = Throttle.objects.filter(kind__in=kinds)
    of_browsers.filter(name__startswith=f"{user.pk}:").delete()
    if address:
        throttles.forget_tries(ThrottleBucket(rules.ADDRESS_LIMIT, bucket_of(address)))
    record_audit("sign-in let go on", subject=user, actor=actor)
