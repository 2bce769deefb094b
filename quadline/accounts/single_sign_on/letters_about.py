"""Emails about campus sign-ins: to the administrators, and to whose account it is."""

from quadline.accounts import rules as limits
from quadline.accounts import throttles
from quadline.accounts.models import User
from quadline.accounts.single_sign_on.faults import REFUSAL_WORDS
from quadline.accounts.single_sign_on.rules import NoEntry, domain_of
from quadline.accounts.throttles import ThrottleBucket
from quadline.emails import campus_letters as letters
from quadline.jobs import enqueue, job


def tell_of_refused(
    email: str,
    refusal: NoEntry,
) -> None:
    """One email an hour for each reason. It names nobody whose address is not known to
    be theirs.
    """
    bucket = ThrottleBucket(limits.LETTER, f"campus:{refusal.value}")
    if throttles.count_try(bucket) is None:
        named = email if refusal in _SURE_OF_ADDRESS else domain_of(email)
        enqueue(send_refused, about=named, refusal=refusal.value)


# The rules come to these only after the address was found to be theirs. With any
# other, somebody could have words of their choice sent to every administrator.
_SURE_OF_ADDRESS = (
    NoEntry.NO_ACCOUNT,
    NoEntry.NO_ROLE,
    NoEntry.SWITCHED_OFF,
    NoEntry.OTHER_PERSON,
    NoEntry.NOT_LINKED,
)


def tell_of_link(user: User) -> None:
    enqueue(send_linked, user_id=user.pk)


def tell_of_break_glass(user: User, address: str) -> None:
    enqueue(send_break_glass, user_id=user.pk, address=address)


def tell_of_kept_administrator(user: User) -> None:
    bucket = ThrottleBucket(limits.LETTER, f"last-admin:{user.pk}")
    if throttles.count_try(bucket) is None:
        enqueue(send_kept_administrator, user_id=user.pk)


@job(queue="letters")
def send_refused(about: str, refusal: str) -> None:
    letters.campus_sign_in_refused(
        to=_administrators(), about=about, why=REFUSAL_WORDS[NoEntry(refusal)]
    )


@job(queue="letters")
def send_linked(user_id: int) -> None:
    user = User.objects.get(pk=user_id)
    tokens = user.api_tokens.filter(revoked_at=None).count()
    letters.campus_account_linked(to=user.email, tokens=tokens)


@job(queue="letters")
def send_break_glass(user_id: int, address: str) -> None:
    user = User.objects.get(pk=user_id)
    letters.break_glass_used(to=_administrators(), email=user.email, address=address)


@job(queue="letters")
def send_kept_administrator(user_id: int) -> None:
    user = User.objects.get(pk=user_id)
    letters.last_administrator_kept(to=_administrators(), email=user.email)


def _administrators() -> list[str]:
    return [user.email for user in User.objects.who_manage()]
