"""Texts that are kept back: while a person is asked whether the student wants no more,
or out of their author's reach.

Does not know who asks and who answers (opting/requests.py), or who may text whom
(out_of_reach.py).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Coalesce, NullIf

from quadline import clock
from quadline.accounts.models import User
from quadline.consent.ledger import PhonePair
from quadline.consent.models import StopQuestion
from quadline.consent.rules import Reason, Verdict
from quadline.conversations.causes import Cause
from quadline.conversations.models import Message, MessageQuerySet
from quadline.conversations.rules import (
    BEFORE_AN_ATTEMPT,
    WITH_THE_CARRIER,
    Channel,
    Direction,
    Status,
    WaitingFor,
)
from quadline.conversations.statuses import wait
from quadline.delivery.failsafe.closing import block
from quadline.delivery.models import Attempt
from quadline.delivery.outbox.deadlines import with_deadline
from quadline.delivery.permission import opt_out_scope
from quadline.delivery.permission.recipients import verdict_on
from quadline.delivery.rules import waits_for
from quadline.delivery.sending import recording
from quadline.jobs import job
from quadline.numbers.rules import NumberState

MAY_HAVE_ASKED = Verdict(False, Reason.ASKED)
HOLD_SWEEP_LIMIT = 500
STILL_OPEN = ", ".join(
    f"'{status}'" for status in sorted(BEFORE_AN_ATTEMPT | WITH_THE_CARRIER)
)
# By the keys of conversation and phone, and the status of what they find asked
# afterwards: a planner that has not heard of a broadcast yet takes the index of all
# open texts for empty, and goes through it for each student (docs/adr/0020).
THAT_WAIT = f"""
    SELECT message.id
    FROM unnest(%(conversations)s::bigint[]) AS talk (id)
    CROSS JOIN LATERAL (
        SELECT id, status FROM conversations_message
        WHERE conversation_id = talk.id OFFSET 0
    ) AS message
    WHERE message.status IN ({STILL_OPEN})
    UNION
    SELECT message.id
    FROM unnest(%(students)s::text[]) AS student (phone)
    CROSS JOIN LATERAL (
        SELECT id, status FROM conversations_message
        WHERE student_phone = student.phone OFFSET 0
    ) AS message
    WHERE message.status IN ({STILL_OPEN})
"""  # noqa: S608  # no value in it


def hold_texts(pair: PhonePair, *, now: datetime) -> None:
    """What waits for this student stays where it is, except what is kept back for
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
def hold_claimed_text(
    message: Message,
    attempt: Attempt,
    *,
    now: datetime,
) -> None:
    """The sender's last look found a question: provably not at the
    carrier. Its status does not fall.
    """
    if recording.close_attempt(attempt, Attempt.Outcome.UNSENT, "a question is open"):
        _ask_first([message], now)


def _ask_first(messages: Iterable[Message], now: datetime) -> None:
    held = {
        each.pk: waits_for(MAY_HAVE_ASKED, now=now, is_bulk=each.is_bulk)
        for each in messages
    }
    wait(held, now=now, cause=Cause.QUESTION)


def release_held_texts(
    pair: PhonePair,
    *,
    actor: User | None,
    now: datetime,
) -> None:
    """What was held for this student is due again, by the
    law and at the number's turn.
    """
    held = (
        _texts_of(pair)
        .filter(_in_question())
        .select_related("conversation__student", "system_number")
    )
    for message in held.in_order().select_for_update(no_key=True, of=["self"]):
        make_due(
            message,
            cause=Cause.ANSWERED,
            actor=actor,
            now=now,
        )


@job(queue="texts", attempts=3)
def release_texts_without_question(timestamp: int) -> None:
    """The timetable's sweep: the question was answered while a text was on its way to
    be held, or the phone is another now.
    """
    now = clock.now()
    asked = StopQuestion.objects.filter(answer="", holds_texts=True)
    asked = asked.filter(
        student_phone=OuterRef("to"), system_phone=OuterRef("system_number__phone")
    )
    held = Message.objects.filter(
        _in_question(), direction=Direction.OUTBOUND, channel=Channel.TEXT
    )
    held = held.annotate(
        to=Coalesce(NullIf("conversation__student__mobile", Value("")), "student_phone")
    )
    free = (
        held.filter(~Exists(asked))
        .select_related("conversation__student", "system_number")
        .in_order()
    )
    with transaction.atomic():
        messages = list(
            free.select_for_update(
                no_key=True,
                skip_locked=True,
                of=["self"],
            )[:HOLD_SWEEP_LIMIT]
        )
        for message in messages:
            make_due(
                message,
                cause=Cause.ANSWERED,
                actor=None,
                now=now,
            )


def close_texts(pair: PhonePair, *, now: datetime) -> None:
    """The student is out: what waits or was held is closed, each with its
    email, from every number that it reaches.
    """
    close_those_reached(texts_that_wait(students=[pair[0]]), {pair: now})


def texts_that_wait(
    *, conversations: Collection[int] = (), students: Collection[str] = ()
) -> list[Message]:
    """Texts in these conversations or to these phones that
    are not over, in their order.
    """
    asked: dict[str, list[int] | list[str]] = {
        "conversations": list(conversations),
        "students": list(students),
    }
    with connection.cursor() as cursor:
        cursor.execute(THAT_WAIT, asked)
        ids = [message_id for (message_id,) in cursor.fetchall()]
    if not ids:  # as for most who say STOP
        return []
    return list(_texts().filter(pk__in=ids).select_related("system_number").in_order())


def close_those_reached(
    waiting: Sequence[Message], times: Mapping[PhonePair, datetime]
) -> None:
    """Close those of the texts that STOPs reach.
    ``times``: when each student said so.
    """
    unsent = [message for message in waiting if _is_unsent(message)]
    if not unsent:
        return
    reach = opt_out_scope.system_phones_by_stop({system for _, system in times})
    for message in unsent:
        at = next(
            (at for pair, at in times.items() if _is_reached(message, pair, reach)),
            None,
        )
        if at:
            block(message, Verdict(False, Reason.OPTED_OUT), now=at)


def make_due(
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
        has_active_number=number.state == NumberState.ACTIVE,
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


def _texts_of(pair: PhonePair) -> MessageQuerySet:
    return _texts().filter(student_phone=pair[0], system_number__phone=pair[1])


def _is_reached(
    message: Message,
    pair: PhonePair,
    reach: Mapping[str, Collection[str]],
) -> bool:
    """Whether a STOP of this pair shuts the text, too.
    ``reach``: from opt_out_scope.system_phones_by_stop.
    """
    number = message.system_number
    return (
        number is not None
        and message.student_phone == pair[0]
        and number.phone in reach[pair[1]]
    )


def _in_question() -> Q:
    return Q(
        reason=WaitingFor.QUESTION, status__in=BEFORE_AN_ATTEMPT | WITH_THE_CARRIER
    )


def _is_unsent(message: Message) -> bool:
    """Not sent, or sent once with an unknown outcome and kept back since."""
    is_kept_back = message.reason in (WaitingFor.QUESTION, WaitingFor.AUTHOR)
    status = Status(message.status)
    return status in BEFORE_AN_ATTEMPT or (status in WITH_THE_CARRIER and is_kept_back)
