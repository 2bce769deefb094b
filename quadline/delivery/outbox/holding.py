"""Texts that are kept back: while a person is asked whether the student wants no more,
or out of their author's reach.

Knows nothing of who asks and who answers (opting/requests.py), nor of who may text whom
(out_of_reach.py).
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Coalesce, NullIf

from quadline import clock
from quadline.accounts.models import User
from quadline.consent.ledger import Pair
from quadline.consent.models import StopQuestion
from quadline.consent.rules import Reason, Verdict
from quadline.conversations.causes import Cause
from quadline.conversations.models import Message, MessageQuerySet
from quadline.conversations.rules import (
    BEFORE_AN_ATTEMPT,
    IN_DOUBT,
    Channel,
    Direction,
    Pending,
    WaitingFor,
)
from quadline.conversations.statuses import wait
from quadline.delivery.failsafe.closing import block
from quadline.delivery.models import Attempt
from quadline.delivery.outbox.deadlines import with_deadline
from quadline.delivery.permission import scope
from quadline.delivery.permission.recipients import verdict_on
from quadline.delivery.rules import waits_for
from quadline.delivery.sending import recording
from quadline.jobs import job
from quadline.numbers.rules import State

ASKED = Verdict(False, Reason.ASKED)
IN_ONE_SWEEP = 500


def hold_texts(pair: Pair, *, now: datetime) -> None:
    """What waits for this student stays where it is, but for what is kept back for
    another reason: that is asked again.
    """
    waiting = (
        _texts_of(pair)
        .filter(status__in=BEFORE_AN_ATTEMPT)
        .exclude(reason__in=(WaitingFor.PAUSED, WaitingFor.AUTHOR))
    )
    messages = waiting.in_order().select_for_update(no_key=True, of=["self"])
    _ask_first(messages, now)


@transaction.atomic
def keep_back(message: Message, attempt: Attempt, *, now: datetime) -> None:
    """The sender's last look found a question: provably not at the
    carrier. Its status does not fall.
    """
    if recording.close(attempt, Attempt.Outcome.UNSENT, "a question is open"):
        _ask_first([message], now)


def _ask_first(messages: Iterable[Message], now: datetime) -> None:
    held: dict[UUID, Pending] = {}
    for message in messages:
        held[message.pk] = waits_for(ASKED, now=now, is_bulk=message.is_bulk)
    wait(held, now=now, cause=Cause.QUESTION)


def let_go_on(pair: Pair, *, actor: User | None, now: datetime) -> None:
    """What was held for this student is due again, by the
    law and at the number's turn.
    """
    held = (
        _texts_of(pair)
        .filter(_in_question())
        .select_related("conversation__student", "system_number")
    )
    for message in held.in_order().select_for_update(no_key=True, of=["self"]):
        due_again(
            message,
            cause=Cause.ANSWERED,
            actor=actor,
            now=now,
        )


@job(queue="texts", attempts=3)
def let_go_on_what_nobody_asks_about(timestamp: int) -> None:
    """The timetable's sweep: the question was answered while a text was on its way to
    be held, or the phone is another now.
    """
    now = clock.now()
    asked = StopQuestion.objects.filter(
        answer="",
        holds_texts=True,
        student_phone=OuterRef("to"),
        system_phone=OuterRef("system_number__phone"),
    )
    phone_of_now = NullIf("conversation__student__mobile", Value(""))
    held = _texts().filter(_in_question())
    held = held.annotate(to=Coalesce(phone_of_now, "student_phone"))
    free = held.filter(~Exists(asked)).in_order()
    with transaction.atomic():
        locked = free.select_for_update(no_key=True, skip_locked=True, of=["self"])
        messages = locked.select_related("conversation__student", "system_number")
        for message in list(messages[:IN_ONE_SWEEP]):
            due_again(
                message,
                cause=Cause.ANSWERED,
                actor=None,
                now=now,
            )


def close_texts(pair: Pair, *, now: datetime) -> None:
    """The student is out: what waits or was held is closed, each with its
    email, from every number that it reaches.
    """
    close_texts_of_many({pair: now})


def close_texts_of_many(times: Mapping[Pair, datetime]) -> None:
    """The same for many students who are out, found in one
    look. ``times``: when each said so.
    """
    kept_back = Q(
        reason__in=(WaitingFor.QUESTION, WaitingFor.AUTHOR), status__in=IN_DOUBT
    )
    students = {student for student, _ in times}
    unsent = _texts().filter(
        Q(status__in=BEFORE_AN_ATTEMPT) | kept_back, student_phone__in=students
    )
    waiting = list(unsent.select_related("system_number").in_order())
    if not waiting:
        return
    reach = scope.reach_of({system for _, system in times})
    for message in waiting:
        reaching = [pair for pair in times if _is_reached(message, pair, reach)]
        if reaching:
            said_at = times[reaching[0]]
            block(message, Verdict(False, Reason.OPTED_OUT), now=said_at)


def due_again(
    message: Message,
    *,
    cause: Cause,
    actor: User | None,
    now: datetime,
) -> None:
    """By the law and at its number's turn; its status does not fall."""
    number = message.system_number
    assert number is not None, "only a text with a number is held"
    pending = waits_for(
        verdict_on(
            message.conversation,
            system_phone=number.phone,
            is_bulk=message.is_bulk,
            now=now,
        ),
        now=now,
        is_bulk=message.is_bulk,
        has_active_number=number.state == State.ACTIVE,
    )
    wait(
        [message.pk],
        with_deadline(pending),
        now=now,
        cause=cause,
        actor=actor,
    )


def _texts() -> MessageQuerySet:
    return Message.objects.filter(direction=Direction.OUTBOUND, channel=Channel.TEXT)


def _texts_of(pair: Pair) -> MessageQuerySet:
    student_phone, system_phone = pair
    return _texts().filter(
        student_phone=student_phone, system_number__phone=system_phone
    )


def _is_reached(
    message: Message, pair: Pair, reach: Mapping[str, Collection[str]]
) -> bool:
    """Whether a STOP of this pair shuts the text, too.
    ``reach``: from scope.reach_of.
    """
    number = message.system_number
    return (
        number is not None
        and message.student_phone == pair[0]
        and number.phone in reach[pair[1]]
    )


def _in_question() -> Q:
    return Q(reason=WaitingFor.QUESTION, status__in=BEFORE_AN_ATTEMPT | IN_DOUBT)
