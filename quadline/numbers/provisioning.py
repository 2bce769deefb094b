"""Rent a number for an inbox, exactly one, whatever crashes: ask, choose, buy, attach.

Why it can never buy two: the row is unique per inbox; the number to buy is chosen and
saved before it is bought, so that buying again is refused by the carrier; and every try
first looks for what was bought under our reference.
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from quadline import clock
from quadline.accounts.models import User
from quadline.audit.models import record_audit
from quadline.carriers import registry
from quadline.carriers.protocol import (
    Carrier,
    NumberProblem,
    NumberTaken,
    OwnedNumber,
    SearchArea,
)
from quadline.college.current import college_settings
from quadline.inboxes.models import Inbox
from quadline.jobs import enqueue, enqueue_once, job
from quadline.numbers import alerts
from quadline.numbers.leases import (
    LEASE,
    end_lease,
    renew_lease,
    take_lease,
    unattended,
)
from quadline.numbers.lifecycle import change_state, note_event, notify_owner
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import SETUP_STATES, NumberState
from quadline.numbers.spares import take_spare

ADOPTED = "found at the carrier and adopted by an administrator"
TO_BE_PROVISIONED = Q(state__in=[NumberState.REQUESTED, NumberState.ORDERING]) | Q(
    state=NumberState.REGISTERING, attached_at=None
)


def request_number(
    *,
    inbox: Inbox,
    actor: User,
    now: datetime,
) -> SystemNumber:
    """The inbox's number. The first call takes a spare one of the warm pool, or asks
    for one; however many call at once, there is one.
    """
    number = SystemNumber.objects.of_inbox(inbox.pk)
    if number:
        return number
    try:
        with transaction.atomic():
            return take_spare(inbox=inbox, actor=actor, now=now) or _ask_for_one(
                inbox=inbox, cause="first text", actor=actor, now=now
            )
    except IntegrityError:  # a second tab was first
        return SystemNumber.objects.live().get(inbox=inbox)


def request_spare(*, now: datetime) -> SystemNumber:
    """Ask for one more number for the warm pool."""
    return _ask_for_one(inbox=None, cause="for the warm pool", actor=None, now=now)


def _ask_for_one(
    *,
    inbox: Inbox | None,
    cause: str,
    actor: User | None,
    now: datetime,
) -> SystemNumber:
    number = SystemNumber.objects.create(inbox=inbox, requested_at=now)
    note_event(
        number,
        NumberState.REQUESTED,
        cause=cause,
        now=now,
        actor=actor,
    )
    enqueue(provision_number, number_id=number.pk)
    return number


def try_again(
    *,
    number: SystemNumber,
    actor: User,
    now: datetime,
) -> bool:
    """An administrator has fixed what was wrong. What was bought
    already is adopted, not bought again.

    False when the number has not failed, or not any more: a second click must not take
    a working number back.
    """
    with transaction.atomic():
        number = SystemNumber.objects.select_for_update(no_key=True).get(pk=number.pk)
        if number.state != NumberState.FAILED:
            return False
        step = (
            NumberState.REGISTERING
            if number.carrier_number_id
            else NumberState.ORDERING
            if number.phone
            else NumberState.REQUESTED
        )
        if not change_state(
            number,
            step,
            cause="tried again by an administrator",
            now=now,
            actor=actor,
            attached_at=None,
        ):
            return False
        enqueue(provision_number, number_id=number.pk)
        return True


@job(queue="numbers")
def provision_number(number_id: int) -> None:
    """Take a number as far as the carrier allows now. Safe to
    run twice, and at the same time.
    """
    number = take_lease(number_id, TO_BE_PROVISIONED)
    if number is None:
        return
    try:
        _advance(registry.current_carrier(), number)
    except NumberProblem as problem:
        if not problem.is_final:
            _say_why(number, problem.words)
            raise
        _fail(number, problem.words)
    finally:
        end_lease(number)


@job(queue="numbers", attempts=3)
def provision_waiting_numbers(timestamp: int) -> None:
    """Numbers that no worker is at, though something is
    left to do: their job was lost.
    """
    forgotten = unattended(TO_BE_PROVISIONED)
    for number in forgotten.filter(requested_at__lt=clock.now() - 2 * LEASE):
        enqueue_once(provision_number, key=f"number-{number.pk}", number_id=number.pk)


def _advance(carrier: Carrier, number: SystemNumber) -> None:
    if number.state != NumberState.REGISTERING:
        owned = carrier.owned(reference=str(number.reference)) or _buy(carrier, number)
        is_ours = change_state(
            number,
            NumberState.REGISTERING,
            cause="rented from the carrier",
            now=clock.now(),
            phone=owned.phone,
            carrier_number_id=owned.carrier_number_id,
        )
        if not is_ours:
            return  # a second copy of this job was faster, and goes on from here
    renew_lease(number)
    owned = OwnedNumber(number.phone, number.carrier_number_id)
    is_adopted = number.events.filter(cause=ADOPTED).exists()
    # whoever bought it may have set other webhooks
    if is_adopted:
        carrier.point(owned, reference=str(number.reference))
    if is_adopted or number.events.filter(to_state=NumberState.FAILED).exists():
        # else one that is attached already is not registered again, and no news of its
        # registration comes
        carrier.detach(owned)
    carrier.attach(owned)
    SystemNumber.objects.filter(pk=number.pk).update(attached_at=clock.now())
    _say_why(number, "")


def _say_why(number: SystemNumber, words: str) -> None:
    """Why it does not get on for now, on the screens of whose
    number it is; "" when it does again.
    """
    row = SystemNumber.objects.filter(
        pk=number.pk, state__in=SETUP_STATES - {NumberState.FAILED}
    )
    with transaction.atomic():
        if row.exclude(reason=words).update(reason=words):
            notify_owner(number)


def _buy(carrier: Carrier, number: SystemNumber) -> OwnedNumber:
    if not number.phone:
        chosen = _find(carrier, number)
        with transaction.atomic():
            # a twin may have chosen another meanwhile, and be about to buy it
            renew_lease(number)
            change_state(
                number,
                NumberState.ORDERING,
                cause="a number was chosen",
                now=clock.now(),
                phone=chosen,
            )
    renew_lease(number)
    try:
        return carrier.buy(number.phone, reference=str(number.reference))
    except NumberTaken:
        # Perhaps by a second copy of this job. The next try looks at what we own before
        # it
        # chooses another.
        change_state(
            number,
            NumberState.ORDERING,
            cause="somebody else took that number",
            now=clock.now(),
            phone="",
        )
        raise


def _find(carrier: Carrier, number: SystemNumber) -> str:
    """The first free number, looked for from the campus outwards."""
    for area in search_areas():
        renew_lease(number)
        found = [
            phone
            for phone in carrier.search(area)
            if not SystemNumber.objects.filter(phone=phone).exists()
        ]
        if found:
            # Those who ask at the same moment are sent to different ends of the list.
            return found[number.pk % len(found)]
    raise NumberProblem(
        "The carrier has no number left near the college.", is_final=True
    )


def search_areas() -> list[SearchArea]:
    """Where to look: the college's area codes, then near
    its main line, then its region.
    """
    college = college_settings()
    areas = [
        SearchArea(area_code=code.strip())
        for code in college.college_area_codes.split(",")
        if code.strip()
    ]
    if college.college_phone:
        areas.append(SearchArea(near_phone=college.college_phone))
    if college.college_region:
        areas.append(SearchArea(region=college.college_region))
    return areas


def _fail(number: SystemNumber, words: str) -> None:
    with transaction.atomic():
        if change_state(
            number,
            NumberState.FAILED,
            cause=words,
            now=clock.now(),
            reason=words,
        ):
            enqueue(alerts.email_number_failed, number_id=number.pk)
            record_audit("number needs an administrator", subject=number, actor=None)
