"""Who is told when a number is late, fails or becomes active: letters, each sent once by a job."""

from datetime import timedelta

from quadline import clock
from quadline.accounts.models import User
from quadline.emails import letters
from quadline.jobs import enqueue, job
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import BEING_SET_UP, USUALLY_WITHIN


@job(queue="letters")
def tell_failed(number_id: int) -> None:
    number = SystemNumber.objects.select_related("user").get(pk=number_id)
    letters.number_failed(to=_administrators(), staff_name=number.user.name, reason=number.reason)


@job(queue="letters")
def tell_active(number_id: int) -> None:
    number = SystemNumber.objects.select_related("user").get(pk=number_id)
    letters.number_is_active(to=number.user.email, written=number.written)


@job(queue="letters")
def tell_late(number_id: int) -> None:
    number = SystemNumber.objects.select_related("user").get(pk=number_id)
    hours = (clock.now() - number.requested_at) // timedelta(hours=1)
    letters.number_is_late(to=_administrators(), staff_name=number.user.name, hours=hours, reason=number.reason)


@job(queue="letters", attempts=3)
def find_late_numbers(timestamp: int) -> None:
    """Once for each number that is not active after the time it usually takes at most."""
    now = clock.now()
    late = SystemNumber.objects.filter(state__in=BEING_SET_UP, requested_at__lte=now - USUALLY_WITHIN, administrator_told_at=None)
    for number in late:
        if SystemNumber.objects.filter(pk=number.pk, administrator_told_at=None).update(administrator_told_at=now):
            enqueue(tell_late, number_id=number.pk)


def _administrators() -> list[str]:
    return [user.email for user in User.objects.who_manage()]
