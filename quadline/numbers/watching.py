"""Troubles with the numbers as a whole are found and told: once each, and again when
they are over.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from quadline import clock
from quadline.accounts.models import User
from quadline.college.current import college_settings
from quadline.emails import letters
from quadline.jobs import enqueue, job
from quadline.numbers.comparison import FOUND_BY_COMPARING, TroubleKind, told_after
from quadline.numbers.models import NumberTrouble, SystemNumber
from quadline.numbers.pool_rules import is_nearly_used
from quadline.numbers.rules import NumberState
from quadline.numbers.stock import numbers_in_use
from quadline.sms import phones

# What an administrator reads of each, here and on the page.
TROUBLE_WORDS = {
    TroubleKind.LOST: "{number} is gone at the carrier. It can’t send or receive.",
    TroubleKind.UNKNOWN: "{number} is rented at the carrier, but not in use here.",
    TroubleKind.UNPOINTED: "Texts or calls to {number} don’t come to Quadline.",
    TroubleKind.DETACHED: (
        "{number} is not in the Messaging Service. It can’t send texts."
    ),
    TroubleKind.POOL_NEARLY_USED: (
        "{used} of {limit} numbers are in use. Ask the carrier for a larger"
        " number pool before new staff need one."
    ),
    TroubleKind.WARM_POOL_EMPTY: (
        "The warm pool has no number ready. First texts wait for a new one."
    ),
}


@job(queue="letters", attempts=3)
def watch_numbers(timestamp: int) -> None:
    """Count what is left, and have what is new or over told."""
    now = clock.now()
    college = college_settings()
    in_use = numbers_in_use()
    is_low = is_nearly_used(in_use, limit=college.number_pool_limit)
    # one that is still being registered does not let a first text leave
    ready = SystemNumber.objects.spare().filter(state=NumberState.ACTIVE)
    is_empty = college.warm_pool_size > 0 and not ready.exists()
    # An email is enqueued exactly when the row says that it was told.
    with transaction.atomic():
        _keep(TroubleKind.POOL_NEARLY_USED, is_low, now)
        _keep(TroubleKind.WARM_POOL_EMPTY, is_empty, now)
        _tell(now)


@job(queue="letters")
def email_number_troubles(trouble_ids: list[int]) -> None:
    letters.number_troubles(to=_administrators(), lines=_lines(trouble_ids))


@job(queue="letters")
def email_number_troubles_over(trouble_ids: list[int]) -> None:
    letters.number_troubles_over(to=_administrators(), lines=_lines(trouble_ids))


def difference_words(kind: str, *, phone: str) -> str:
    """What a comparison with the carrier found, in a sentence."""
    return TROUBLE_WORDS[TroubleKind(kind)].format(number=phones.written(phone))


def open_differences() -> "QuerySet[NumberTrouble]":
    """What comparisons with the carrier found and is not over."""
    found = NumberTrouble.objects.filter(kind__in=FOUND_BY_COMPARING, over_at=None)
    return found.select_related("number__inbox__owner").order_by("since", "pk")


def _keep(
    kind: TroubleKind,
    is_there: bool,
    now: datetime,
) -> None:
    known = NumberTrouble.objects.filter(kind=kind, over_at=None)
    if not is_there:
        known.update(over_at=now)
    elif not known.exists():
        NumberTrouble.objects.bulk_create(
            [NumberTrouble(kind=kind, since=now)], ignore_conflicts=True
        )


def _tell(now: datetime) -> None:
    """Each by one worker: who has set the time sends the email."""
    rows = NumberTrouble.objects.select_for_update(no_key=True, skip_locked=True)
    new = [
        trouble.pk
        for trouble in rows.filter(told_at=None, over_at=None)
        if now - trouble.since >= told_after(TroubleKind(trouble.kind))
    ]
    if new:
        NumberTrouble.objects.filter(pk__in=new).update(told_at=now)
        enqueue(email_number_troubles, trouble_ids=new)
    over = rows.filter(over_told_at=None).exclude(told_at=None).exclude(over_at=None)
    ended = list(over.values_list("pk", flat=True))
    if ended:
        NumberTrouble.objects.filter(pk__in=ended).update(over_told_at=now)
        enqueue(email_number_troubles_over, trouble_ids=ended)


def _lines(trouble_ids: list[int]) -> list[str]:
    troubles = NumberTrouble.objects.filter(pk__in=trouble_ids).order_by("since", "pk")
    return [_words(trouble) for trouble in troubles]


def _words(trouble: NumberTrouble) -> str:
    if trouble.kind in FOUND_BY_COMPARING:
        return difference_words(trouble.kind, phone=trouble.phone)
    limit = college_settings().number_pool_limit
    words = TROUBLE_WORDS[TroubleKind(trouble.kind)]
    return words.format(used=numbers_in_use(), limit=limit)


def _administrators() -> list[str]:
    return [user.email for user in User.objects.who_manage()]
