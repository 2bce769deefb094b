"""A number is given back to the carrier, once, whatever is lost on the way.

The row says *releasing* before the carrier is called. An id at the carrier stands for
one purchase and never for another, so asking again gives back nothing else; and before
each try we look whether it is still there.
"""

from django.db.models import Q

from quadline import clock
from quadline.carriers import registry
from quadline.carriers.protocol import Carrier, OwnedNumber
from quadline.jobs import enqueue_once, job
from quadline.numbers.leases import end_lease, renew_lease, take_lease, unattended
from quadline.numbers.lifecycle import change_state
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState

TO_BE_RETURNED = Q(state=NumberState.RELEASING)


@job(queue="numbers")
def return_number(number_id: int) -> None:
    """Give one back. Safe to run twice, and at the same time."""
    number = take_lease(number_id, TO_BE_RETURNED)
    if number is None:
        return
    try:
        _give_back(registry.current_carrier(), number)
    finally:
        end_lease(number)


@job(queue="numbers", attempts=3)
def return_waiting_numbers(timestamp: int) -> None:
    """Those that no worker is at: their job was lost, or has tried for hours."""
    for number in unattended(TO_BE_RETURNED):
        enqueue_once(return_number, key=f"return-{number.pk}", number_id=number.pk)


def _give_back(carrier: Carrier, number: SystemNumber) -> None:
    owned = _bought(carrier, number)
    if owned and carrier.has(owned):
        # the look may have taken as long as a hold lasts
        renew_lease(number)
        carrier.release(owned)
    change_state(
        number,
        NumberState.RELEASED,
        cause="the carrier has it back" if owned else "it was never bought",
        now=clock.now(),
    )


def _bought(
    carrier: Carrier,
    number: SystemNumber,
) -> OwnedNumber | None:
    """One whose purchase was never confirmed may have been bought all the same."""
    # Never by the phone: after a release it may be somebody else's.
    if number.carrier_number_id:
        return OwnedNumber(number.phone, number.carrier_number_id)
    return carrier.owned(reference=str(number.reference))
