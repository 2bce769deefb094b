"""What an administrator does with a number: rest it, wake it, give it back.

Each act is one transaction, with its event and its audit entry (numbers/lifecycle.py).
The carrier is called afterwards, by a job.
"""

from datetime import datetime

from django.db import transaction

from quadline import clock
from quadline.accounts.models import User
from quadline.carriers import registry
from quadline.carriers.protocol import OwnedNumber
from quadline.delivery.retiring.waiting_texts import (
    hand_to_failsafe,
    hold_while_resting,
)
from quadline.delivery.sending import sender
from quadline.jobs import enqueue, job
from quadline.numbers.comparison import SETTLED
from quadline.numbers.lifecycle import change_state
from quadline.numbers.models import SystemNumber
from quadline.numbers.repairing import answer_repair
from quadline.numbers.returning import return_number
from quadline.numbers.rules import NumberState

STILL_THERE = "The carrier has this number. Nothing was changed."


def rest_number(
    *,
    number: SystemNumber,
    actor: User,
    now: datetime,
) -> bool:
    """Nothing leaves from it until it is woken; what comes in is filed. False when it
    is not active any more.
    """
    with transaction.atomic():
        if not change_state(
            number,
            NumberState.RESTING,
            cause="put to rest by an administrator",
            now=now,
            actor=actor,
        ):
            return False
        # After the state, as below: what a sender has claimed by now has left.
        hold_while_resting(number, actor=actor, now=now)
        return True


def wake_number(
    *,
    number: SystemNumber,
    actor: User,
    now: datetime,
) -> bool:
    """It sends again, what waited first. False when it does not rest any more."""
    with transaction.atomic():
        if not change_state(
            number,
            NumberState.ACTIVE,
            cause="woken by an administrator",
            now=now,
            actor=actor,
            only_from=(NumberState.RESTING,),
        ):
            return False
        # they are due already; the sender passed over a number that rested
        enqueue(sender.send_due_texts)
        return True


def give_back_number(
    *,
    number: SystemNumber,
    actor: User,
    now: datetime,
) -> bool:
    """Give it back to the carrier, which nothing undoes. False when it may not go from
    where it is by now: an active one rests first.

    Texts that wait for it go as emails. The ledger keeps every opt-out.
    """
    with transaction.atomic():
        if not change_state(
            number,
            NumberState.RELEASING,
            cause="released by an administrator",
            now=now,
            actor=actor,
        ):
            return False
        # After the state: from here no sender takes a text of this number.
        hand_to_failsafe(number, actor=actor, now=now)
        enqueue(return_number, number_id=number.pk)
        return True


@job(queue="numbers", attempts=5)
def confirm_lost(
    trouble_id: int,
    actor_id: int,
) -> None:
    """An administrator says that the carrier does not have a number any more. It is
    asked once more: what it has stays ours.
    """
    with answer_repair(trouble_id) as trouble:
        number = trouble.number if trouble else None
        if trouble is None or number is None:
            return
        owned = OwnedNumber(number.phone, number.carrier_number_id)
        # A list that was cut off, or of another account, must cost nobody a number.
        if registry.current_carrier().has(owned):
            trouble.repair_problem = STILL_THERE
            return
        actor = User.objects.get(pk=actor_id)
        _write_off(number, actor=actor, now=clock.now())


@transaction.atomic
def _write_off(
    number: SystemNumber,
    *,
    actor: User,
    now: datetime,
) -> None:
    if change_state(
        number,
        NumberState.RELEASED,
        cause="the carrier does not have it any more",
        now=now,
        actor=actor,
        only_from=SETTLED,
    ):
        hand_to_failsafe(number, actor=actor, now=now)
