"""Write down how an attempt ended. Each in one transaction; none of them calls anybody.

A worker that was paused for minutes may come when its attempt was looked up and the
text sent again. Then it is too late to say that the carrier did not take it: nothing
follows.
"""

import random
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypedDict
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import Max, Min

from quadline.carriers.protocol import Failure, Refused, Unknown, Unsent
from quadline.college.current import college_settings
from quadline.consent import ledger
from quadline.consent.rules import Change, Source
from quadline.conversations.causes import Cause
from quadline.conversations.models import Message
from quadline.conversations.rules import Pending, Status
from quadline.conversations.statuses import announce, climb, sql, wait
from quadline.delivery import alerts, notices
from quadline.delivery.failsafe.closing import RETRIED_AUTOMATICALLY, write_email
from quadline.delivery.failure_policy import (
    BAD_NUMBER_AFTER,
    FailureSource,
    FollowUp,
    follow_up_of,
)
from quadline.delivery.models import Attempt
from quadline.delivery.outbox.deadlines import with_deadline
from quadline.delivery.permission.recipients import phones_of_message
from quadline.delivery.rules import FIRST_LOOK_AFTER, wait_before_retry
from quadline.delivery.sending import daily_cap
from quadline.live.notifications import TELL_NEWS
from quadline.roster import trouble

ASK_AGAIN_SECONDS = 300.0
ANSWER_LOST = "The carrier's answer was lost. Looking it up."

CLIMB_TO_SENT = sql.climbed(f"'{Status.SENT}'", if_="taken.climbs")
ACCEPTED_EVENT = sql.event(
    "taken",
    cause=Cause.ACCEPTED,
    to=f"'{Status.SENT}'",
    key="'accepted-' || carrier_message_id",
)
# A receipt may have been quicker and have moved the status past "sent": the carrier's
# id is kept all the same.
RECORD_ACCEPTED = f"""
    WITH taken AS (
        SELECT
            message.id, message.status, message.conversation_id,
            answer.attempt_id, answer.carrier_message_id,
            message.status = ANY(%(lower)s::text[]) AS climbs
        FROM unnest(
            %(messages)s::uuid[], %(attempts)s::bigint[], %(carrier_ids)s::text[]
        ) AS answer (message_id, attempt_id, carrier_message_id)
        JOIN conversations_message AS message ON message.id = answer.message_id
        ORDER BY message.id
        FOR NO KEY UPDATE OF message
    ),
    closed AS (
        UPDATE delivery_attempt AS attempt
        SET outcome = 'accepted', why = '', next_look_at = NULL
        FROM taken
        WHERE attempt.id = taken.attempt_id
    ),
    kept AS (
        UPDATE conversations_message AS message
        SET {CLIMB_TO_SENT},
            carrier_message_id = CASE
                WHEN message.carrier_message_id = '' THEN taken.carrier_message_id
                ELSE message.carrier_message_id
            END,
            sent_at = COALESCE(message.sent_at, %(now)s)
        FROM taken
        WHERE message.id = taken.id
    ),
    told AS ({ACCEPTED_EVENT}),
    news AS (
        SELECT conversation.staff_id AS user_id, 'conv-' || conversation.id AS event
        FROM taken
        JOIN conversations_conversation AS conversation
          ON conversation.id = taken.conversation_id
    )
    {TELL_NEWS}
"""  # noqa: S608  # no value in it


@dataclass(frozen=True, slots=True)
class AcceptedText:
    """A text that the carrier has, as its answer or its log says."""

    message_id: UUID
    attempt_id: int
    carrier_message_id: str


def record_accepted(taken: Sequence[AcceptedText], *, now: datetime) -> None:
    """The carrier has these texts: its answers say so, or its log."""
    try:
        _accept(taken, now)
    except IntegrityError:
        # A look-up has given the id of one to another row meanwhile. The others are
        # kept; that one is looked up: which of the two is whose nobody can tell.
        if len(taken) > 1:
            for each in taken:
                with suppress(IntegrityError):
                    _accept([each], now)


@transaction.atomic
def _accept(taken: Sequence[AcceptedText], now: datetime) -> None:
    if not taken:
        return
    values: dict[str, Any] = {
        "messages": [each.message_id for each in taken],
        "attempts": [each.attempt_id for each in taken],
        "carrier_ids": [each.carrier_message_id for each in taken],
        "lower": sql.lower_than(Status.SENT),
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(RECORD_ACCEPTED, values)


@transaction.atomic
def record_text_refused(
    message: Message,
    attempt: Attempt,
    refusal: Refused,
    *,
    now: datetime,
) -> None:
    """The carrier said no. Whether that is the end of the
    text, the law decides (rules.py).
    """
    if follow_up_of(FailureSource.REFUSAL, refusal.failure) is FollowUp.EMAIL_NOW:
        _end(
            message,
            attempt,
            refusal.failure,
            refusal.carrier_code,
            now,
        )
    else:
        why = f"{refusal.carrier_code}: {refusal.failure.words}"
        record_unsent(
            message,
            attempt,
            Unsent(
                why,
                ASK_AGAIN_SECONDS,
                refusal.failure,
                refusal.carrier_code,
            ),
            now=now,
        )


@transaction.atomic
def record_unsent(
    message: Message,
    attempt: Attempt,
    outcome: Unsent,
    *,
    now: datetime,
    held: Pending | None = None,
) -> timedelta:
    """Provably not at the carrier: the text is due again later, its status does not
    fall. Returns the wait, if there is one.

    ``held``: what it waits for when we hold it ourselves; until a time.
    """
    if outcome.failure:
        if _has_waited_enough(message, outcome, now):
            _end(
                message,
                attempt,
                outcome.failure,
                outcome.carrier_code,
                now,
            )
            return timedelta(0)
        alerts.alert_if_administrators_concerned(outcome.failure, outcome.carrier_code)
    if not close_attempt(attempt, Attempt.Outcome.UNSENT, outcome.reason):
        return timedelta(0)
    pending = with_deadline(held) if held else _retry(message, outcome, now)
    due_at = pending.due_at
    assert due_at is not None, "only a person's question has no time"
    if not pending.reason:
        words = outcome.failure.words if outcome.failure else "Not sent yet."
        pending = replace(pending, detail=f"{words} {RETRIED_AUTOMATICALLY}")
    wait([message.pk], pending, now=now)
    announce(message)
    return due_at - now


def _retry(
    message: Message,
    outcome: Unsent,
    now: datetime,
) -> Pending:
    unsent = message.attempts.filter(outcome=Attempt.Outcome.UNSENT)
    after = wait_before_retry(
        unsent.count(),
        asked_for=outcome.retry_after,
        jitter=random.random(),  # noqa: S311  # spreads retries, hides nothing
    )
    return Pending(due_at=now + after)


def _has_waited_enough(
    message: Message,
    outcome: Unsent,
    now: datetime,
) -> bool:
    """A fault in the college's set-up is given some minutes from its first refusal;
    what passes with time, its deadline.
    """
    assert outcome.failure is not None, "asked only of a refusal"
    step = follow_up_of(FailureSource.REFUSAL, outcome.failure)
    if step is not FollowUp.TRY_BRIEFLY:
        return step is FollowUp.EMAIL_NOW
    refused = message.attempts.filter(
        why__startswith=f"{outcome.carrier_code}:"
    ).aggregate(first=Min("started_at"))
    return now - (refused["first"] or now) >= timedelta(
        minutes=college_settings().failsafe_setup_minutes
    )


def _end(
    message: Message,
    attempt: Attempt,
    failure: Failure,
    carrier_code: str,
    now: datetime,
) -> None:
    """The carrier will not take it: its email is written now."""
    wait_if_opted_out([(message, failure)])
    if not close_attempt(attempt, Attempt.Outcome.REFUSED, carrier_code):
        return
    is_over = climb(
        [message],
        Status.FAILED,
        cause=Cause.REFUSED,
        now=now,
        event_code=carrier_code,
        **failure_fields(failure, carrier_code),
    )
    if is_over:
        notices.pass_notice_on(message)
        write_email(message, now=now)
        learn_from_failure(message, failure, carrier_code, now=now)


@transaction.atomic
def record_unknown(
    message: Message,
    attempt: Attempt,
    outcome: Unknown,
    *,
    now: datetime,
) -> None:
    """The carrier may have it: nothing is sent again before
    its log was read (reconciliation.py).
    """
    is_news = Attempt.objects.filter(
        pk=attempt.pk, outcome=Attempt.Outcome.UNDER_WAY
    ).update(
        outcome=Attempt.Outcome.UNKNOWN,
        why=outcome.reason[:200],
        next_look_at=now + FIRST_LOOK_AFTER,
    )
    if is_news:
        climb(
            [message],
            Status.UNCONFIRMED,
            cause=Cause.ANSWER_LOST,
            now=now,
            detail=ANSWER_LOST,
        )


def learn_from_failure(
    message: Message,
    failure: Failure,
    carrier_code: str,
    *,
    now: datetime,
) -> None:
    """What a failure teaches: of the student's consent, of their
    phone, of the college's set-up.
    """
    learn_opt_out(message, failure, now=now)
    if bad_after := BAD_NUMBER_AFTER.get(failure):
        trouble.note_failure(
            message.student_phone,
            words=failure.words,
            bad_after=bad_after,
            now=now,
        )
    alerts.alert_if_administrators_concerned(failure, carrier_code)


def wait_if_opted_out(failed: Iterable[tuple[Message, Failure | None]]) -> None:
    """Before the texts are locked: a sender of another text of a
    pair may be about to write that down.
    """
    pairs = [
        phones_of_message(message)
        for message, failure in failed
        if failure is Failure.OPTED_OUT
    ]
    ledger.lock_exclusive(*pairs)


def learn_opt_out(
    message: Message,
    failure: Failure,
    *,
    now: datetime,
) -> None:
    """The carrier refused because the student had opted out: the
    ledger learns it if it did not know.
    """
    pair = phones_of_message(message)
    if failure is Failure.OPTED_OUT and not ledger.is_surely_out(pair):
        ledger.record_consent(
            pair=pair,
            change=Change.OPT_OUT,
            source=Source.CARRIER,
            # so it stood then: heard of later, it does not undo what was written since
            occurred_at=last_system_number(message) or now,
            carrier_reference=f"refused {message.pk}",
            # For no call whose session has died (inflight.py): the carrier refuses
            # those, too, and what writes answers down must not stand still.
            has_waited=True,
        )


def last_system_number(message: Message) -> datetime | None:
    """When the carrier was last asked to take this text."""
    attempts = message.attempts.aggregate(last=Max("started_at"))
    called_at: datetime | None = attempts["last"]
    return called_at


class FailureFields(TypedDict):
    """What a message keeps of a failure."""

    reason: str
    detail: str
    carrier_code: str


def failure_fields(failure: Failure, carrier_code: str) -> FailureFields:
    """What a message keeps of a failure. An unknown code is shown as it came."""
    is_unknown_code = failure is Failure.UNKNOWN and carrier_code != ""
    shown = f" (code {carrier_code})" if is_unknown_code else ""
    return {
        "reason": failure.name.lower(),
        "detail": failure.words + shown,
        "carrier_code": carrier_code,
    }


def close_attempt(
    attempt: Attempt,
    outcome: Attempt.Outcome,
    why: str = "",
) -> bool:
    """False when it has been decided otherwise meanwhile. That the carrier
    took a text is true whenever it is said.
    """
    row = Attempt.objects.filter(pk=attempt.pk)
    if outcome is not Attempt.Outcome.ACCEPTED:
        row = row.filter(
            outcome__in=(Attempt.Outcome.UNDER_WAY, Attempt.Outcome.UNKNOWN)
        )
    closed = row.update(outcome=outcome, why=why[:200], next_look_at=None)
    is_closed = closed > 0
    if is_closed and outcome in (Attempt.Outcome.UNSENT, Attempt.Outcome.REFUSED):
        daily_cap.return_segments(
            attempt.message.segments, claimed_at=attempt.started_at
        )
    return is_closed
