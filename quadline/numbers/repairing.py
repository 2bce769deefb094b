"""What an administrator has repaired with one click, after a comparison with the
carrier found a difference. Nothing is bought or given back here.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q

from quadline import clock
from quadline.accounts.models import User
from quadline.audit.models import record_audit
from quadline.carriers import registry
from quadline.carriers.protocol import NumberProblem, OwnedNumber, RentedNumber
from quadline.jobs import enqueue, job
from quadline.numbers.comparison import TroubleKind
from quadline.numbers.lifecycle import change_state, note_event
from quadline.numbers.models import NumberTrouble, SystemNumber
from quadline.numbers.provisioning import ADOPTED, provision_number
from quadline.numbers.rules import NumberState

TIME_TO_REPAIR = timedelta(minutes=10)
GONE_MEANWHILE = "The carrier does not have this number any more. Nothing was changed."
NUMBER_CHANGED = "The number has changed meanwhile. Nothing was done: look again."


def ask_for_repair(
    trouble: NumberTrouble,
    *,
    actor: User,
    now: datetime,
    repair: object = None,
) -> bool:
    """Have a difference repaired by a job. False when it is over, or being repaired.

    ``repair``: another job than this room's own.
    """
    with transaction.atomic():
        open_ones = NumberTrouble.objects.filter(pk=trouble.pk, over_at=None)
        # a job that was lost keeps nobody from asking again
        is_free = Q(repair_asked_at=None) | Q(repair_asked_at__lt=now - TIME_TO_REPAIR)
        free = open_ones.filter(is_free)
        if not free.update(repair_asked_at=now, repair_problem=""):
            return False
        record_audit(
            "number repair asked for",
            subject=trouble,
            actor=actor,
            kind=trouble.kind,
        )
        enqueue(
            repair or repair_number,
            trouble_id=trouble.pk,
            actor_id=actor.pk,
        )
        return True


@contextmanager
def answer_repair(trouble_id: int) -> Iterator[NumberTrouble | None]:
    """A repair that was asked for, None when that is settled. What goes wrong is said
    on the page and can be asked for again; else the trouble is over.
    """
    asked = NumberTrouble.objects.filter(over_at=None).exclude(repair_asked_at=None)
    trouble = asked.select_related("number").filter(pk=trouble_id).first()
    if trouble is None:
        yield None
        return
    try:
        yield trouble
    except NumberProblem as problem:
        trouble.repair_problem = f"{problem.words} Try again."
    # Answered, so that it can be asked for again; what was found stays on the page.
    # A comparison may have found meanwhile that it is over: that stays so.
    NumberTrouble.objects.filter(pk=trouble.pk, over_at=None).update(
        repair_asked_at=None,
        repair_problem=trouble.repair_problem,
        over_at=None if trouble.repair_problem else clock.now(),
    )


@job(queue="numbers", attempts=5)
def repair_number(trouble_id: int, actor_id: int) -> None:
    """Point its webhooks at us, attach it, or adopt it. Safe to run twice."""
    with answer_repair(trouble_id) as trouble:
        if trouble is None:
            return
        actor = User.objects.get(pk=actor_id)
        number = trouble.number
        if trouble.kind == TroubleKind.UNPOINTED and number:
            _point(number)
        elif trouble.kind == TroubleKind.DETACHED and number:
            if not _attach_again(number, actor):
                trouble.repair_problem = NUMBER_CHANGED
        elif trouble.kind == TroubleKind.UNKNOWN:
            _adopt(trouble, actor)


def _point(number: SystemNumber) -> None:
    owned = OwnedNumber(number.phone, number.carrier_number_id)
    registry.current_carrier().point(owned, reference=str(number.reference))


def _attach_again(number: SystemNumber, actor: User) -> bool:
    """It is registered again, which takes hours: until then it does not send. False
    when it was put to rest since, for that must not be undone here.
    """
    with transaction.atomic():
        if number.state == NumberState.REGISTERING:
            return True  # a worker that died had come this far
        if not change_state(
            number,
            NumberState.REGISTERING,
            cause="attached again by an administrator",
            now=clock.now(),
            actor=actor,
            only_from=(NumberState.ACTIVE,),
            attached_at=None,
        ):
            return False
        # what sets numbers up attaches it, however often it is cut off
        enqueue(provision_number, number_id=number.pk)
        return True


def _adopt(trouble: NumberTrouble, actor: User) -> None:
    """Into the warm pool. The carrier is asked whether it has it, before it is ours."""
    # Since the comparison it may have been given back in the console.
    rented = registry.current_carrier().rented_numbers()
    found = next(
        (
            number
            for number in rented
            if number.carrier_number_id == trouble.carrier_number_id
        ),
        None,
    )
    if found is None:
        trouble.repair_problem = GONE_MEANWHILE
        return
    try:
        _keep(found, actor=actor, now=clock.now())
    except IntegrityError:  # it is ours by now
        return


@transaction.atomic
def _keep(
    found: RentedNumber,
    *,
    actor: User,
    now: datetime,
) -> None:
    number = SystemNumber.objects.create(
        inbox=None,
        state=NumberState.REGISTERING,
        phone=found.phone,
        carrier_number_id=found.carrier_number_id,
        reference=_free_reference(found.reference),
        requested_at=now,
        registering_at=now,
    )
    note_event(
        number,
        NumberState.REGISTERING,
        cause=ADOPTED,
        now=now,
        actor=actor,
    )
    enqueue(provision_number, number_id=number.pk)


def _free_reference(reference: str) -> uuid.UUID:
    """The one at the carrier, unless a row that ended has it, or it is not ours."""
    try:
        known = uuid.UUID(reference)
    except ValueError:
        return uuid.uuid4()
    is_taken = SystemNumber.objects.filter(reference=known).exists()
    return uuid.uuid4() if is_taken else known
