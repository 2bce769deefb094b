"""One worker at a number: whoever talks to the carrier for it holds its row."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Q

from quadline import clock
from quadline.numbers.models import SystemNumber

if TYPE_CHECKING:
    from django.db.models import QuerySet

# renewed before each call to the carrier, which takes 15 s at most
LEASE = timedelta(seconds=30)


class LeasedElsewhere(Exception):
    """Another worker is at this number; the job comes back later."""


def take_lease(number_id: int, left_to_do: Q) -> SystemNumber | None:
    """The number, held by the caller from now on; None when nothing is left to do.

    A dead worker's hold runs out. Raises LeasedElsewhere.
    """
    now = clock.now()
    waiting = SystemNumber.objects.filter(left_to_do, pk=number_id)
    free = waiting.filter(Q(held_until=None) | Q(held_until__lt=now))
    if free.update(held_until=now + LEASE):
        return SystemNumber.objects.get(pk=number_id)
    # The job is tried again: what is left to do must not be forgotten.
    if waiting.exists():
        raise LeasedElsewhere(number_id)
    return None


def renew_lease(number: SystemNumber) -> None:
    """Raises LeasedElsewhere for a job that was away for longer than its hold."""
    until = clock.now() + LEASE
    if not _is_leased(number).update(held_until=until):
        raise LeasedElsewhere(number.pk)
    number.held_until = until


def end_lease(number: SystemNumber) -> None:
    _is_leased(number).update(held_until=None)


def unattended(left_to_do: Q) -> "QuerySet[SystemNumber]":
    """Numbers that no worker is at, though something is left to do."""
    now = clock.now()
    free = Q(held_until=None) | Q(held_until__lt=now)
    return SystemNumber.objects.filter(left_to_do, free)


def _is_leased(number: SystemNumber) -> "QuerySet[SystemNumber]":
    """The row, unless the hold has run out and a second copy of this job has it."""
    return SystemNumber.objects.filter(pk=number.pk, held_until=number.held_until)
