"""The carrier's numbers are compared with ours, nightly and when an administrator asks.
Nothing is changed at the carrier.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction

from quadline import clock
from quadline.accounts.models import User
from quadline.audit.models import record_audit
from quadline.carriers import registry
from quadline.carriers.protocol import Carrier, NumberProblem
from quadline.jobs import enqueue, job
from quadline.numbers.comparison import (
    FOUND_BY_COMPARING,
    ComparisonResult,
    Difference,
    OurNumber,
    Snapshots,
    compared,
)
from quadline.numbers.models import CarrierComparison, NumberTrouble, SystemNumber
from quadline.numbers.rules import NumberState

log = structlog.get_logger(__name__)
THE_ROW = 1


def last_comparison() -> CarrierComparison:
    found = CarrierComparison.objects.filter(pk=THE_ROW).first()
    return found or CarrierComparison(pk=THE_ROW)


def ask_to_compare(
    *,
    actor: User,
    now: datetime,
) -> None:
    """Compare as soon as a worker is free."""
    with transaction.atomic():
        CarrierComparison.objects.update_or_create(
            pk=THE_ROW, defaults={"asked_at": now}
        )
        record_audit("numbers compared", subject=last_comparison(), actor=actor)
        enqueue(compare_numbers, timestamp=0)


@job(queue="numbers", attempts=3)
def compare_numbers(timestamp: int) -> None:
    try:
        found, rented = ask_carrier(registry.current_carrier())
    except NumberProblem as problem:
        log.warning("the carrier's numbers could not be compared", why=problem.words)
        _note(problem=problem.words)
        return
    with transaction.atomic():
        # Both or none: a page that says "compared" shows what was found.
        _keep_troubles(found.differences, clock.now())
        _note(rented=rented, foreign=found.foreign)


def ask_carrier(
    carrier: Carrier,
) -> tuple[ComparisonResult, int]:
    """The differences, and how many numbers the account has. Raises NumberProblem."""
    # No transaction is open while the carrier is asked: it may take seconds.
    before = _ours()
    rented = carrier.rented_numbers()
    return compared(rented, Snapshots(before, _ours())), len(rented)


def _note(
    *,
    problem: str = "",
    **found: int,
) -> None:
    done: dict[str, Any] = {"asked_at": None, "problem": problem}
    if not problem:
        done["done_at"] = clock.now()
    CarrierComparison.objects.update_or_create(pk=THE_ROW, defaults=done | found)


def _keep_troubles(differences: Collection[Difference], now: datetime) -> None:
    """Those that were known stay, with when they began; those now gone are over."""
    troubles = NumberTrouble.objects.filter(kind__in=FOUND_BY_COMPARING, over_at=None)
    known = {
        (trouble.kind, trouble.carrier_number_id): trouble.pk
        for trouble in troubles.select_for_update(no_key=True)
    }
    found = {(each.kind.value, each.carrier_number_id): each for each in differences}
    over = [pk for name, pk in known.items() if name not in found]
    troubles.filter(pk__in=over).update(over_at=now)
    new = [each for name, each in found.items() if name not in known]
    # An administrator and the night may compare at the same moment.
    NumberTrouble.objects.bulk_create(
        [_trouble(each, now) for each in new], ignore_conflicts=True
    )


def _trouble(difference: Difference, now: datetime) -> NumberTrouble:
    return NumberTrouble(
        kind=difference.kind,
        number_id=difference.number_id,
        phone=difference.phone,
        carrier_number_id=difference.carrier_number_id,
        since=now,
    )


def _ours() -> list[OurNumber]:
    return [
        OurNumber(
            id=number.pk,
            phone=number.phone,
            carrier_number_id=number.carrier_number_id,
            reference=str(number.reference),
            state=NumberState(number.state),
            is_attached=number.attached_at is not None,
        )
        for number in SystemNumber.objects.all()
    ]
