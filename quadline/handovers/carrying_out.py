"""A departure is carried out when its day comes, all of it in one transaction: a worker
that dies in the middle has done nothing, and the next begins again.

What cannot be done leaves all as it was; the administrators are told why, and it is
tried again every minute.
"""

import uuid
from dataclasses import replace
from datetime import datetime

from django.db import connection, transaction

from quadline import clock
from quadline.accounts.administering import (
    ADMINISTRATORS_IN_TURN,
    deactivate_staff,
    go_on_leave,
)
from quadline.accounts.rules import May
from quadline.audit.models import record_audit
from quadline.college.current import college_settings
from quadline.delivery.outbox.email_outbox import EmailRefused, accept_email
from quadline.delivery.retiring.acts import rest_number
from quadline.handovers import announcing
from quadline.handovers.caseload import (
    caseload_of,
    give_caseload,
    lock_staff,
)
from quadline.handovers.consents import carry_consents
from quadline.handovers.conversations import give_conversations
from quadline.handovers.planning import facts_for, today_on_campus
from quadline.handovers.texts import settle_texts, stop_broadcasts
from quadline.inboxes.departure_rules import (
    OPEN_STATES,
    DepartureState,
    Share,
    faults_of_plan,
    successor_for,
)
from quadline.inboxes.holding import holders_of
from quadline.inboxes.models import Departure, Successor
from quadline.jobs import enqueue, job
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState

EMAIL_NAMESPACE = uuid.UUID("5a0a8a53-4b3c-4a0e-9f0c-9d3a4d1e7b60")


@job(queue="rosters", attempts=3)
def carry_out_departures(timestamp: int) -> None:
    """The timetable's sweep: those whose day has come, and what is left over of those
    in effect.
    """
    now = clock.now()
    # Before the hand-over: a STOP waits for locks that a long transaction must
    # not hold.
    for departure in Departure.objects.due(today_on_campus(now)).order_by("pk"):
        carry_consents(departure, now=now)
        carry_out(departure.pk, now=now)
    for departure in Departure.objects.filter(
        state=DepartureState.PLANNED, leaves_on__gt=today_on_campus(now)
    ):
        look_ahead(departure.pk, now=now)
    for departure in Departure.objects.in_effect().order_by("pk"):
        carry_consents(departure, now=now)
        settle_what_is_left(departure.pk, now=now)


@transaction.atomic
def look_ahead(departure_id: int, *, now: datetime) -> None:
    """Whether a plan can be carried out as things stand: while there is time to change
    it, administrators are told that it can't.
    """
    departure = _locked(departure_id, DepartureState.PLANNED)
    if departure is not None:
        _keep_problem(departure, _problem(departure, now))


@job(queue="letters")
def email_departure_problem(departure_id: int) -> None:
    announcing.tell_of_problem(departure_id)


@transaction.atomic
def carry_out(departure_id: int, *, now: datetime) -> bool:
    """Hand everything over. False when it is not due any more, or something stands in
    its way. Safe to repeat.
    """
    with connection.cursor() as cursor:
        # First, as every act on accounts: see accounts/administering.py.
        cursor.execute(ADMINISTRATORS_IN_TURN)
    departure = _locked(departure_id, DepartureState.PLANNED)
    if departure is None or departure.leaves_on > today_on_campus(now):
        return False
    if problem := _problem(departure, now):
        _keep_problem(departure, problem)
        return False
    lock_staff(
        {departure.staff_id, *_holder_ids(departure)},
    )
    actor = departure.planned_by
    _pass_on_successions(departure)
    _write_to_students(departure, now)
    departure.state = DepartureState.IN_EFFECT
    departure.carried_out_at = now
    departure.problem = ""
    college = college_settings()
    departure.conversations_went_along = college.conversations_of_leavers == "along"
    departure.reads_while_away = (
        departure.is_leave and college.access_on_leave == "read"
    )
    departure.save()
    give_caseload(departure)
    if departure.conversations_went_along:
        give_conversations(departure)
    # The one who planned it may have lost the role since.
    stopper = actor if actor.may[May.MANAGE] else departure.staff
    stop_broadcasts(departure, actor=stopper, now=now)
    settle_texts(departure, actor=actor, now=now)
    _rest(departure, now)
    _end_access(departure)
    record_audit(
        "departure carried out",
        subject=departure,
        actor=None,
        planned_by=actor.pk,
        students=departure.handed_students.count(),
        conversations=departure.handed_conversations.count(),
        texts=departure.handed_texts.count(),
    )
    # In the same transaction: no email tells of what did not happen.
    enqueue(email_successors, departure_id=departure.pk)
    return True


@job(queue="letters")
def email_successors(departure_id: int) -> None:
    announcing.tell_successors(departure_id)


@transaction.atomic
def settle_what_is_left(departure_id: int, *, now: datetime) -> None:
    """What was on its way into the leaver's inbox while it was handed over."""
    departure = _locked(departure_id, DepartureState.IN_EFFECT)
    if departure is None:
        return
    settle_texts(departure, actor=departure.planned_by, now=now)
    if departure.conversations_went_along:
        give_conversations(departure)
    # One that was still being registered on the day rests when it is active.
    _rest(departure, now)


def _locked(departure_id: int, state: DepartureState) -> Departure | None:
    """Nobody else's until the transaction ends; None when another worker has it, or it
    is not where it was.
    """
    rows = Departure.objects.select_for_update(of=["self"], skip_locked=True)
    return (
        rows.select_related("staff", "planned_by")
        .filter(pk=departure_id, state=state)
        .first()
    )


def _problem(departure: Departure, now: datetime) -> str:
    """What has come between the plan and its day, in words; "" for nothing."""
    facts = facts_for(
        staff=departure.staff,
        absence=departure.absence,
        rest_days=departure.rest_days,
        # The day itself was checked when it was planned; a late worker is no fault.
        today=departure.leaves_on,
        but=departure,
    )
    # Somebody, or the directory, may have closed the account before its day.
    faults = faults_of_plan(replace(facts, is_open=True))
    return " ".join(faults.values())


def _keep_problem(departure: Departure, problem: str) -> None:
    """Told once for each problem."""
    if departure.problem == problem[:300]:
        return
    departure.problem = problem[:300]
    departure.save(update_fields=["problem"])
    if not problem:  # it is over
        return
    record_audit(
        "departure can’t be carried out",
        subject=departure,
        actor=None,
        why=problem[:300],
    )
    enqueue(email_departure_problem, departure_id=departure.pk)


def _holder_ids(departure: Departure) -> set[int]:
    inboxes = {share.inbox_id for share in departure.shares}
    return {user_id for each in holders_of(inboxes).values() for user_id in each}


def _pass_on_successions(departure: Departure) -> None:
    """Where the leaver followed somebody, those who follow the leaver do now; of a plan
    only if both are away at the same time.
    """
    followed = Successor.objects.filter(
        inbox=departure.staff_id,
        replaced_by=None,
        departure__state__in=OPEN_STATES,
    )
    for row in followed.select_related("departure").order_by("pk"):
        if not row.departure.absence.overlaps(departure.absence):
            continue
        row.replaced_by = departure
        row.save(update_fields=["replaced_by"])
        for share in _in_place_of(row, departure):
            Successor.objects.create(
                departure=row.departure,
                program=share.program,
                inbox_id=share.inbox_id,
                because_of=departure,
            )


def _in_place_of(row: Successor, departure: Departure) -> list[Share]:
    """Who follows instead of the leaver, where the leaver followed."""
    shares = departure.shares
    if row.program:
        inbox_id = successor_for(row.program, shares)
        return [Share(row.program, inbox_id)] if inbox_id else []
    # A program that has a successor of its own there keeps it.
    taken = {share.program for share in row.departure.shares}
    return [share for share in shares if share.program not in taken]


def _write_to_students(departure: Departure, now: datetime) -> None:
    """The email in the leaver's name, once to each student who has an address."""
    if not departure.email_body:
        return
    names = announcing.successor_names(departure)
    for entry in caseload_of(departure.staff):
        if not entry.student.email:
            continue
        inbox_id = successor_for(entry.student.program, departure.shares)
        follows = names[inbox_id or 0]
        try:
            accept_email(
                author=departure.staff,
                student=entry.student,
                message_id=uuid.uuid5(
                    EMAIL_NAMESPACE, f"{departure.pk} {entry.student_id}"
                ),
                subject=departure.email_subject.replace("{successor}", follows),
                body=departure.email_body.replace("{successor}", follows),
                now=now,
                as_written=True,
                send_anyway=True,
            )
        except EmailRefused:
            # Nothing about one student keeps the others' hand-over back: the record
            # shows who got one.
            continue


def _rest(departure: Departure, now: datetime) -> None:
    # One that is still being set up rests when it is active, a minute later.
    number = SystemNumber.objects.of_inbox(departure.staff_id)
    if number and number.state == NumberState.ACTIVE:
        rest_number(number=number, actor=departure.planned_by, now=now)


def _end_access(departure: Departure) -> None:
    """Last: until here the leaver could be written for."""
    # As the rule was on the day: what it says later changes nobody's access.
    if departure.reads_while_away:
        go_on_leave(departure.staff, actor=None)
    else:
        deactivate_staff(departure.staff, actor=None)
