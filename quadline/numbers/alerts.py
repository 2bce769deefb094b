"""Who is told when a number is late, fails or becomes active:
letters, each sent once by a job.
"""

from datetime import timedelta

from django.db.models import F, Q

from quadline import clock
from quadline.accounts.models import User
from quadline.emails import letters
from quadline.jobs import enqueue, job
from quadline.live.notifications import notify_screens
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import SETUP_STATES, TOLD_AFTER, USUALLY_WITHIN, NumberState


@job(queue="letters")
def email_number_failed(number_id: int) -> None:
    number = SystemNumber.objects.select_related("inbox__owner").get(pk=number_id)
    letters.number_failed(
        to=_administrators(),
        staff_name=number.inbox.shown_name,
        reason=number.reason,
    )


@job(queue="letters")
def email_number_active(number_id: int) -> None:
    number = SystemNumber.objects.select_related("inbox__owner").get(pk=number_id)
    owner = number.inbox.owner
    if owner and owner.emails_when_active:
        letters.number_is_active(to=owner.email, written=number.written)


@job(queue="letters")
def email_number_delayed(number_id: int) -> None:
    number = SystemNumber.objects.select_related("inbox__owner").get(pk=number_id)
    if number.reason:  # else it was over meanwhile
        letters.number_is_delayed(
            to=_administrators(),
            staff_name=number.inbox.shown_name,
            reason=number.reason,
        )


@job(queue="letters")
def email_number_late(number_id: int) -> None:
    number = SystemNumber.objects.select_related("inbox__owner").get(pk=number_id)
    hours = (clock.now() - number.requested_at) // timedelta(hours=1)
    letters.number_is_late(
        to=_administrators(),
        staff_name=number.inbox.shown_name,
        hours=hours,
        reason=number.reason,
    )


@job(queue="letters", attempts=3)
def find_late_numbers(timestamp: int) -> None:
    """Each number that cannot go on for a while, and each that is not active after the
    time it usually takes: once each.
    """
    now = clock.now()
    being_set_up = SystemNumber.objects.filter(state__in=SETUP_STATES)
    in_trouble = being_set_up.exclude(state=NumberState.FAILED).exclude(reason="")
    in_trouble = in_trouble.filter(
        requested_at__lte=now - TOLD_AFTER, administrator_told_at=None
    )
    late = being_set_up.filter(requested_at__lte=now - USUALLY_WITHIN)
    late = late.filter(
        Q(administrator_told_at=None)
        | Q(administrator_told_at__lt=F("requested_at") + USUALLY_WITHIN)
    )
    for number in late:
        if late.filter(pk=number.pk).update(administrator_told_at=now):
            enqueue(email_number_late, number_id=number.pk)
    for number in in_trouble:
        if in_trouble.filter(pk=number.pk).update(administrator_told_at=now):
            enqueue(email_number_delayed, number_id=number.pk)
            notify_screens([number.inbox_id], "number")


def _administrators() -> list[str]:
    return [user.email for user in User.objects.who_manage()]
