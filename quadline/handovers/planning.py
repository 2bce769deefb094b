"""A departure is planned, changed, or taken back before its day. Nothing is handed over
here: handovers/carrying_out.py.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import IntegrityError, connection, transaction

from quadline.accounts.administering import ADMINISTRATORS_IN_TURN
from quadline.accounts.models import User
from quadline.accounts.rules import Role
from quadline.audit.models import record_audit
from quadline.college.current import college_settings
from quadline.handovers.wording import fault_of_answer, fault_of_email
from quadline.inboxes.departure_rules import (
    EVERYBODY_ELSE,
    Absence,
    DepartureState,
    PlanFacts,
    Share,
    SuccessorFacts,
    WaitingTexts,
    faults_of_plan,
)
from quadline.inboxes.holding import inboxes_that_can_follow
from quadline.inboxes.models import Departure, Inbox, Successor

CARRIED_OUT = "This departure has been carried out already. Nothing was changed."
TAKEN_BACK = "This departure was canceled meanwhile. Nothing was changed."


@dataclass(frozen=True)
class DepartureWish:
    """What an administrator asks for. ``shares``: whoever is not chosen is absent."""

    leaves_on: date
    returns_on: date | None
    shares: tuple[Share, ...]
    rest_days: int
    answer: str
    waiting_texts: WaitingTexts = WaitingTexts.HAND_OVER
    excepted_texts: tuple[uuid.UUID, ...] = field(default=())
    email_subject: str = ""
    email_body: str = ""


class DepartureRefused(ValueError):
    """Nothing was changed. ``faults``: what is wrong, in words, by field."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__(" ".join(faults.values()))
        self.faults = faults


class PlannedMeanwhile(Exception):
    """Somebody else planned or changed this departure since it was read. Nothing was
    changed. ``departure``: as it is now.
    """

    def __init__(self, departure: Departure) -> None:
        super().__init__(str(departure))
        self.departure = departure


def plan_departure(
    *,
    staff: User,
    wish: DepartureWish,
    actor: User,
    now: datetime,
) -> Departure:
    """Raises DepartureRefused, PlannedMeanwhile."""
    # Said before faults are: what is planned is what they want to see.
    known = Departure.objects.open().filter(staff=staff).first()
    if known:
        raise PlannedMeanwhile(known)
    try:
        with transaction.atomic():
            _in_turn()
            _refuse_bad(staff, wish, now, but=None)
            departure = Departure(staff=staff, planned_by=actor, planned_at=now)
            _write(departure, wish)
            record_audit(
                "departure planned", subject=departure, actor=actor, **_on_record(wish)
            )
            return departure
    except IntegrityError as error:  # another administrator was quicker
        raise PlannedMeanwhile(Departure.objects.open().get(staff=staff)) from error


def change_departure(
    departure: Departure,
    wish: DepartureWish,
    *,
    seen_version: int,
    actor: User,
    now: datetime,
) -> Departure:
    """Before its day. Raises DepartureRefused, PlannedMeanwhile."""
    with transaction.atomic():
        _in_turn()
        row = _locked(departure)
        if row.version != seen_version:
            raise PlannedMeanwhile(row)
        _refuse_bad(row.staff, wish, now, but=row)
        # Whoever has the form open was later from here on.
        row.version += 1
        row.problem = ""
        row.planned_by = actor
        # The rows of who follows are written again, as they were chosen.
        row.successors.all().delete()
        _write(row, wish)
        record_audit("departure changed", subject=row, actor=actor, **_on_record(wish))
        return row


def cancel_departure(
    departure: Departure,
    *,
    actor: User,
    now: datetime,
) -> None:
    """Nothing happens on its day. Raises DepartureRefused when it is too late."""
    with transaction.atomic():
        _in_turn()
        row = _locked(departure)
        row.state = DepartureState.CANCELLED
        row.ended_at = now
        row.save(update_fields=["state", "ended_at"])
        record_audit("departure canceled", subject=row, actor=actor)


def today_on_campus(now: datetime) -> date:
    return now.astimezone(college_settings().zone).date()


def facts_for(
    *,
    staff: User,
    absence: Absence,
    rest_days: int,
    today: date,
    but: Departure | None,
) -> PlanFacts:
    """What the law asks of a plan. ``but``: the departure itself, when it is known."""
    others = Departure.objects.open()
    if but:
        others = others.exclude(pk=but.pk)
    away = [each.absence for each in others]
    chosen = {share.inbox_id for share in absence.shares}
    return PlanFacts(
        absence=absence,
        staff_name=staff.name,
        today=today,
        rest_days=rest_days,
        successors=_successor_facts(chosen, staff),
        others=away,
        is_open=staff.is_active,
        is_last_administrator=_is_last(staff, away, absence.starts),
    )


def _successor_facts(
    chosen: Iterable[int],
    staff: User,
) -> dict[int, SuccessorFacts]:
    inboxes = Inbox.objects.filter(pk__in=chosen).select_related("owner", "office")
    able = set(
        inboxes_that_can_follow(staff)
        .filter(pk__in=chosen)
        .values_list("pk", flat=True)
    )
    return {
        inbox.pk: SuccessorFacts(inbox.pk, inbox.shown_name, inbox.pk in able)
        for inbox in inboxes
    }


def _is_last(staff: User, away: Sequence[Absence], day: date) -> bool:
    """Whether nobody could manage Quadline on that day: others leave, too."""
    if staff.role != Role.ADMINISTRATOR or not staff.is_active:
        return False
    # On leave or gone by then, they cannot let anybody in.
    gone = {absence.inbox_id for absence in away if absence.covers(day)}
    others = User.objects.who_manage().exclude(pk__in=gone | {staff.pk})
    return not others.exclude(invited_at__isnull=False, last_login=None).exists()


def _refuse_bad(
    staff: User,
    wish: DepartureWish,
    now: datetime,
    *,
    but: Departure | None,
) -> None:
    faults = faults_of_wish(staff, wish, now, but=but)
    if faults:
        raise DepartureRefused(faults)


def faults_of_wish(
    staff: User,
    wish: DepartureWish,
    now: datetime,
    *,
    but: Departure | None,
) -> dict[str, str]:
    """What stands in the way, in words, by field; before anything is written."""
    absence = Absence(staff.pk, wish.leaves_on, wish.returns_on, wish.shares)
    facts = facts_for(
        staff=staff,
        absence=absence,
        rest_days=wish.rest_days,
        today=today_on_campus(now),
        but=but,
    )
    words = {
        "answer": fault_of_answer(wish.answer),
        "email": fault_of_email(wish.email_subject, wish.email_body),
    }
    return faults_of_plan(facts) | {name: each for name, each in words.items() if each}


def _write(departure: Departure, wish: DepartureWish) -> None:
    departure.leaves_on, departure.returns_on = wish.leaves_on, wish.returns_on
    departure.rest_days = wish.rest_days
    departure.answer = wish.answer
    departure.waiting_texts = wish.waiting_texts
    departure.excepted_texts = list(wish.excepted_texts)
    departure.email_subject, departure.email_body = wish.email_subject, wish.email_body
    departure.save()
    Successor.objects.bulk_create(
        Successor(departure=departure, program=share.program, inbox_id=share.inbox_id)
        for share in wish.shares
    )


def _on_record(wish: DepartureWish) -> dict[str, object]:
    """No words to students: the audit trail holds none."""
    return {
        "leaves_on": wish.leaves_on.isoformat(),
        "returns_on": wish.returns_on.isoformat() if wish.returns_on else None,
        "rest_days": wish.rest_days,
        "waiting_texts": wish.waiting_texts,
        "excepted_texts": len(wish.excepted_texts),
        "email": bool(wish.email_body),
        "successors": {
            share.program or EVERYBODY_ELSE: share.inbox_id for share in wish.shares
        },
    }


def _locked(departure: Departure) -> Departure:
    """As it is now. Raises DepartureRefused when it is not planned any more."""
    rows = Departure.objects.select_for_update(of=["self"]).select_related("staff")
    row = rows.get(pk=departure.pk)
    if row.state != DepartureState.PLANNED:
        is_taken_back = row.state == DepartureState.CANCELLED
        words = TAKEN_BACK if is_taken_back else CARRIED_OUT
        raise DepartureRefused({"staff": words})
    return row


def _in_turn() -> None:
    """Plans are made one after the other: two could lead in a circle together, or leave
    nobody who manages.
    """
    with connection.cursor() as cursor:
        cursor.execute(ADMINISTRATORS_IN_TURN)
