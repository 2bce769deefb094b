"""A departure ends: the one on leave is back and gets everything back, or the number of
the one who left has rested and is released.
"""

from datetime import datetime, timedelta

from django.db import connection, transaction

from quadline import clock
from quadline.accounts.administering import (
    ADMINISTRATORS_IN_TURN,
    come_back_from_leave,
    reactivate_staff,
)
from quadline.accounts.models import User
from quadline.audit.models import record_audit
from quadline.delivery.retiring.acts import give_back_number, wake_number
from quadline.handovers import announcing
from quadline.handovers.caseload import lock_staff, take_caseload_back
from quadline.handovers.conversations import take_conversations_back
from quadline.handovers.planning import DepartureRefused, today_on_campus
from quadline.handovers.texts import hand_texts_back
from quadline.inboxes.departure_rules import DepartureState
from quadline.inboxes.holding import holders_of
from quadline.inboxes.models import Departure
from quadline.jobs import enqueue, job
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState

NOT_ON_LEAVE = "Nobody is on leave by this departure any more. Nothing was changed."


@job(queue="rosters", attempts=3)
def end_departures(timestamp: int) -> None:
    """The timetable's sweep: whose day of return has come, and whose number has rested
    long enough.
    """
    now = clock.now()
    today = today_on_campus(now)
    in_effect = Departure.objects.in_effect().order_by("pk")
    for departure in in_effect.filter(returns_on__lte=today):
        bring_back(departure.pk, actor=None, now=now)
    for_good = in_effect.filter(returns_on=None)
    for departure in for_good.filter(staff__is_active=True):
        end_for_returner(departure.pk, now=now)
    for departure in for_good.filter(ended_at=None, staff__is_active=False):
        if now >= rest_ends_at(departure):
            end_rest(departure.pk, now=now)


@job(queue="letters")
def email_return(departure_id: int) -> None:
    announcing.tell_of_return(departure_id)


def rest_ends_at(departure: Departure) -> datetime:
    assert departure.carried_out_at is not None, "it is in effect"
    return departure.carried_out_at + timedelta(days=departure.rest_days)


def return_now(departure: Departure, *, actor: User, now: datetime) -> None:
    """Before the day that was planned. Raises DepartureRefused when it is over."""
    if not departure.is_leave or not bring_back(departure.pk, actor=actor, now=now):
        raise DepartureRefused({"staff": NOT_ON_LEAVE})


@transaction.atomic
def bring_back(
    departure_id: int,
    *,
    actor: User | None,
    now: datetime,
) -> bool:
    """All of it, or nothing. False when it is not in effect. Safe to repeat."""
    with connection.cursor() as cursor:
        cursor.execute(ADMINISTRATORS_IN_TURN)
    rows = Departure.objects.select_for_update(of=["self"])
    departure = (
        rows.select_related("staff", "planned_by")
        .filter(pk=departure_id, state=DepartureState.IN_EFFECT)
        .first()
    )
    if departure is None:
        return False
    # Whoever follows by now, and those who were chosen first.
    inbox_ids = set(departure.successors.values_list("inbox", flat=True))
    holder_ids = {
        user_id for each in holders_of(inbox_ids).values() for user_id in each
    }
    lock_staff(holder_ids | {departure.staff_id})
    departure.state = DepartureState.OVER
    departure.ended_at = now
    departure.save(update_fields=["state", "ended_at"])
    # First: what is handed back needs an author who may text.
    _let_in(departure, actor)
    # Conversations and texts go by who is on whose caseload.
    take_caseload_back(departure, holder_ids)
    if departure.conversations_went_along:
        take_conversations_back(departure, inbox_ids)
    _restore_successions(departure)
    number = SystemNumber.objects.of_inbox(departure.staff_id)
    if number and number.state == NumberState.RESTING:
        wake_number(number=number, actor=actor or departure.planned_by, now=now)
    # After the number woke: they leave from it.
    hand_texts_back(departure, holder_ids, actor=actor, now=now)
    record_audit("back from leave, handed back", subject=departure, actor=actor)
    enqueue(email_return, departure_id=departure.pk)
    return True


@transaction.atomic
def end_rest(departure_id: int, *, now: datetime) -> bool:
    """The number goes back to the carrier. False when it is not in effect any more."""
    rows = Departure.objects.select_for_update(of=["self"], skip_locked=True)
    departure = (
        rows.select_related("planned_by")
        .filter(pk=departure_id, state=DepartureState.IN_EFFECT)
        .first()
    )
    if departure is None:
        return False
    number = SystemNumber.objects.of_inbox(departure.staff_id)
    if number is not None:
        give_back_number(number=number, actor=departure.planned_by, now=now)
    # Rosters that still name the one who left go on to be about those who follow: the
    # departure stays in effect for them.
    departure.ended_at = now
    departure.save(update_fields=["ended_at"])
    record_audit(
        "rest ended", subject=departure, actor=None, released=number is not None
    )
    return True


@transaction.atomic
def end_for_returner(departure_id: int, *, now: datetime) -> bool:
    """Who had left for good works here again: their account was reactivated. Rosters
    mean them from here on, and their number wakes if it still rests; what was handed
    over stays where it is.
    """
    rows = Departure.objects.select_for_update(of=["self"], skip_locked=True)
    departure = (
        rows.select_related("staff", "planned_by")
        .filter(pk=departure_id, state=DepartureState.IN_EFFECT)
        .first()
    )
    if departure is None or not departure.staff.is_active:
        return False
    departure.state = DepartureState.OVER
    departure.ended_at = now
    departure.save(update_fields=["state", "ended_at"])
    number = SystemNumber.objects.of_inbox(departure.staff_id)
    if number and number.state == NumberState.RESTING:
        wake_number(number=number, actor=departure.planned_by, now=now)
    record_audit("departure over, works here again", subject=departure, actor=None)
    return True


def _let_in(departure: Departure, actor: User | None) -> None:
    # Not who was deactivated for another reason while away.
    if departure.reads_while_away:
        come_back_from_leave(departure.staff, actor=actor)
    else:
        reactivate_staff(departure.staff, actor=actor)


def _restore_successions(departure: Departure) -> None:
    """Where the leaver followed somebody before the leave, they do again."""
    departure.brought.all().delete()
    departure.replaces.update(replaced_by=None)
