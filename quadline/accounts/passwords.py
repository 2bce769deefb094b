"""A password is set: by its owner who knows the old one, or by a
link that was sent to their address.
"""

from datetime import datetime

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse

from quadline import clock
from quadline.accounts import rules, throttles
from quadline.accounts.browsers import browser_of
from quadline.accounts.guessing import TooManyTries
from quadline.accounts.models import User
from quadline.accounts.throttles import ThrottleBucket
from quadline.accounts.tokens import revoke_token
from quadline.accounts.visitors import visitor_address
from quadline.audit.models import record_audit
from quadline.client_address import bucket_of
from quadline.emails import letters
from quadline.jobs import enqueue, job


def is_current_password(user: User, password: str) -> bool:
    """Whether this is their password now. Raises TooManyTries:
    somebody else may sit at an open screen.
    """
    buckets = [ThrottleBucket(limit, str(user.pk)) for limit in rules.CURRENT_PASSWORD]
    # Counted before it is looked at; a right one takes that back.
    for bucket in buckets:
        wait = throttles.count_try(bucket)
        if wait:
            _put_on_record(user)
            raise TooManyTries(wait)
    is_right = user.check_password(password)
    if is_right:
        throttles.forget_tries(*buckets)
    return is_right


def _put_on_record(user: User) -> None:
    """Once an hour: whoever guesses on cannot fill the audit trail."""
    bucket = ThrottleBucket(rules.CURRENT_PASSWORD_AUDIT, str(user.pk))
    if throttles.count_try(bucket) is None:
        record_audit(
            "confirmation refused",
            subject=user,
            actor=user,
            why="too many wrong passwords",
        )


def set_password(
    *,
    user: User,
    password: str,
    how: str,
) -> int:
    """From now on only this opens the account. Every session ends by it, and every API
    token; the owner gets an email, unless it is the account's first.

    Returns how many tokens ended. ``how`` goes into the audit trail.
    """
    now = clock.now()
    # There is nobody to warn of the password with which an account begins.
    is_first = not user.has_signed_in and not user.has_usable_password()
    user.set_password(password)
    with transaction.atomic():
        user.save(update_fields=["password"])
        tokens = user.api_tokens.filter(revoked_at=None)
        ended = sum(revoke_token(token, actor=user, now=now) for token in tokens)
        record_audit(
            "password changed",
            subject=user,
            actor=user,
            how=how,
            tokens_ended=ended,
        )
        if not is_first:
            enqueue(
                tell_owner,
                user_id=user.pk,
                at=now.isoformat(),
                tokens_ended=ended,
            )
    return ended


@job(queue="letters")
def tell_owner(
    user_id: int,
    at: str,
    tokens_ended: int,
) -> None:
    user = User.objects.get(pk=user_id)
    letters.password_changed(
        to=user.email,
        at=datetime.fromisoformat(at),
        tokens_ended=tokens_ended,
    )


def ask_for_link(request: HttpRequest, *, email: str) -> None:
    """Somebody forgot a password. Raises TooManyTries when too many
    were asked for from one address.

    The same work for every address that may be typed: a job without a user has nothing
    to do.
    """
    user = User.objects.with_address(email)
    browser = browser_of(request, user)
    if user and browser:
        mailbox = f"{user.pk}:{browser}"
    else:
        mailbox = str(user.pk) if user else throttles.slot_of(email.strip().lower())
        address = bucket_of(visitor_address(request))
        wait = throttles.count_try(ThrottleBucket(rules.LINK_ADDRESS, address))
        if wait:
            raise TooManyTries(wait)
    # A full mailbox is not reported: that would say that there is an account.
    is_full = (
        throttles.count_try(ThrottleBucket(rules.LINK_ACCOUNT, mailbox)) is not None
    )
    gets_link = user is not None and user.is_active and not is_full
    enqueue(send_link, user_id=user.pk if user and gets_link else None)


@job(queue="letters")
def send_link(user_id: int | None) -> None:
    """The link is made here, when it is sent: a job's arguments are kept,
    where everybody who can read the database sees them.
    """
    if user_id is None:
        return
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user:
        letters.password_link(to=user.email, link=password_link_of(user))


def password_link_of(user: User) -> str:
    """A link to set a password, void once one is set.

    Never from the Host header, which a caller chooses.
    """
    parts = {
        "uidb36": user_pk_to_url_str(user),
        "key": default_token_generator.make_token(user),
    }
    page = reverse("account_reset_password_from_key", kwargs=parts)
    return f"{settings.PUBLIC_URL}{page}"
