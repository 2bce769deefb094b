"""Tell the administrators, or the author of a text, what keeps texts
from leaving, and what they have to fix.
"""

from datetime import date

from django.core.cache import cache

from quadline.accounts.models import User
from quadline.carriers.protocol import Failure
from quadline.delivery.failure_policy import concerns_administrators
from quadline.emails import letters
from quadline.jobs import enqueue, job

ONE_DAY_SECONDS = 24 * 3600
# after a letter about a code, before the next one about the same
SILENT_FOR_SECONDS = 3600


def alert_if_administrators_concerned(failure: Failure, carrier_code: str) -> None:
    """At most one letter an hour for each code, in the caller's transaction."""
    if concerns_administrators(failure) and cache.add(
        f"carrier-trouble-{carrier_code}", True, SILENT_FOR_SECONDS
    ):
        enqueue(email_carrier_trouble, words=failure.words, carrier_code=carrier_code)


def alert_daily_cap_reached(
    day: date,
    *,
    cap: int,
    only_broadcasts: bool,
) -> None:
    """One letter a day when broadcasts have used their share, and
    one when single texts wait, too.
    """
    if cache.add(f"texts-used-up-{day}-{only_broadcasts}", True, ONE_DAY_SECONDS):
        enqueue(email_daily_cap_reached, cap=cap, only_broadcasts=only_broadcasts)


def alert_author_of_held_texts(
    author: User,
    count: int,
    *,
    why: str,
) -> None:
    """In the transaction that holds the texts. Who is switched off is told nothing:
    then it is the administrators' matter.
    """
    enqueue(
        email_author_of_held_texts,
        author_id=author.pk,
        count=count,
        why=why,
    )


@job(queue="letters")
def email_author_of_held_texts(
    author_id: int,
    count: int,
    why: str,
) -> None:
    author = User.objects.get(pk=author_id)
    told = [author] if author.is_active else User.objects.who_manage()
    letters.texts_held(
        to=[user.email for user in told],
        staff_name=author.name,
        count=count,
        why=why,
    )


@job(queue="letters")
def email_daily_cap_reached(cap: int, only_broadcasts: bool) -> None:
    letters.texts_used_up(
        to=[user.email for user in User.objects.who_manage()],
        cap=cap,
        only_broadcasts=only_broadcasts,
    )


@job(queue="letters")
def email_carrier_trouble(words: str, carrier_code: str) -> None:
    letters.carrier_refuses(
        to=[user.email for user in User.objects.who_manage()],
        words=words,
        carrier_code=carrier_code,
    )
