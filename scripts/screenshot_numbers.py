"""Numbers of the sample college for the pictures: spare ones, one that rests, one that is
being given back, and what a comparison with the carrier has found.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from quadline.accounts.models import User
from quadline.numbers.comparing import THE_ROW
from quadline.numbers.comparison import TroubleKind
from quadline.numbers.lifecycle import note_event
from quadline.numbers.models import CarrierComparison, NumberTrouble, SystemNumber
from quadline.numbers.rules import NumberState


@dataclass(frozen=True)
class Numbers:
    resting: SystemNumber
    failed: SystemNumber


def live() -> Numbers:
    ruth = User.objects.get(email="ruth.abernathy@alder.example")
    now = timezone.now()
    resting = _row("+17345550181", NumberState.RESTING, days=210)
    for state, cause, days in (
        (NumberState.REQUESTED, "first text", 210),
        (NumberState.REGISTERING, "rented from the carrier", 210),
        (NumberState.ACTIVE, "the networks registered it", 209),
        (NumberState.RESTING, "put to rest by an administrator", 2),
    ):
        at = now - timedelta(days=days)
        note_event(resting, state, cause=cause, now=at, actor=ruth)
    spare = _row("+17345550182", NumberState.ACTIVE, days=12)
    _row("+17345550183", NumberState.REGISTERING, days=0)
    _row("+17345550184", NumberState.RELEASING, days=400)
    _row("+17345550185", NumberState.RELEASED, days=700)
    for kind, number, phone in (
        (TroubleKind.DETACHED, spare, spare.phone),
        (TroubleKind.UNPOINTED, resting, resting.phone),
        (TroubleKind.UNKNOWN, None, "+17345550190"),
    ):
        NumberTrouble.objects.create(
            kind=kind,
            number=number,
            phone=phone,
            carrier_number_id=f"PN{phone}",
            since=now - timedelta(hours=9),
        )
    found = {"done_at": now - timedelta(hours=9), "rented": 9, "foreign": 2}
    CarrierComparison.objects.update_or_create(pk=THE_ROW, defaults=found)
    return Numbers(
        resting=resting,
        failed=SystemNumber.objects.filter(state=NumberState.FAILED).earliest("pk"),
    )


def _row(
    phone: str,
    state: NumberState,
    *,
    days: int,
) -> SystemNumber:
    at = timezone.now() - timedelta(days=days)
    is_ready = state is not NumberState.REGISTERING
    return SystemNumber.objects.create(
        inbox=None,
        phone=phone,
        state=state,
        carrier_number_id=f"PN{phone}",
        requested_at=at,
        registering_at=at,
        attached_at=at,
        active_at=at if is_ready else None,
    )
