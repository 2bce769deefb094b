"""The email fail-safe: exactly one email for a text that cannot be delivered, written
in the transaction that closes it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import transaction

from quadline.accounts.models import User
from quadline.audit.models import record_audit
from quadline.college.current import college_settings
from quadline.consent.rules import Verdict
from quadline.conversations.causes import Cause
from quadline.conversations.models import Message
from quadline.conversations.rules import (
    BEFORE_AN_ATTEMPT,
    NOT_DELIVERED,
    WITH_THE_CARRIER,
    Channel,
    Status,
    WaitingFor,
)
from quadline.conversations.statuses import climb, give_up
from quadline.delivery import notices
from quadline.delivery.failsafe import email_sender
from quadline.delivery.models import Attempt, OutgoingEmail
from quadline.delivery.permission import opt_out_scope
from quadline.emails import tokens
from quadline.jobs import enqueue

BY_HAND_WORDS = "Email chosen by its author."
RETRIED_AUTOMATICALLY = "Trying again automatically."
NO_EMAIL = "There is no email address on file either."
IMMEDIATELY = timedelta(0)


def write_email(
    message: Message,
    *,
    now: datetime,
    after: timedelta = IMMEDIATELY,
) -> None:
    """Write the email for a text that ended undelivered, once
    however often it is asked for.

    In the transaction in which the text is closed. ``after``: how long it waits for
    news that the text arrived after all.
    """
    if message.channel != Channel.TEXT or Status(message.status) not in NOT_DELIVERED:
        return
    student = message.conversation.student
    if student is None or not student.email:
        # nobody can be reached: staff are told
        give_up([message], words=NO_EMAIL, cause=Cause.NO_ADDRESS, now=now)
        return
    written = OutgoingEmail(
        message=message,
        is_failsafe=True,
        to=student.email,
        header_id=tokens.header_id(message.pk, message.conversation_id),
        due_at=now + after,
        created_at=now,
    )
    # The database keeps it to one per text: a second one is never made, no matter
    # what asks for it and when.
    OutgoingEmail.objects.bulk_create([written], ignore_conflicts=True)
    enqueue(email_sender.send_due_emails, after=after or None)


def receipt_wait() -> timedelta:
    """How long the email for a text that the carrier had taken
    waits for a late "delivered".
    """
    return timedelta(seconds=college_settings().failsafe_hold_seconds)


@transaction.atomic
def close_unsent(
    message: Message,
    *,
    cause: Cause,
    words: str,
    now: datetime,
    actor: User | None = None,
) -> bool:
    """Close a text that the carrier does not have, with the
    reason on it, and write its email.

    One that its author may not send any more gets none.
    """
    # asked first: what closes it gives it another reason
    may_be_written = message.reason != WaitingFor.AUTHOR
    is_closed = climb(
        [message],
        Status.BLOCKED,
        cause=cause,
        now=now,
        actor=actor,
        reason=cause.value,
        detail=words,
    )
    if not is_closed:
        return False
    notices.pass_notice_on(message)
    if may_be_written:
        write_email(message, now=now)
    return True


def send_as_email(
    *,
    message: Message,
    actor: User,
    now: datetime,
) -> bool:
    """A person chooses email for a text that waits or did not arrive.
    False when it is on its way, or over.
    """
    with transaction.atomic():
        rows = Message.objects.select_related("conversation__student")
        locked = rows.select_for_update(no_key=True, of=["self"])
        text = locked.filter(pk=message.pk, channel=Channel.TEXT).first()
        if text is None or not _may_go_as_email(text):
            return False
        close_unsent(
            text,
            cause=Cause.BY_HAND,
            words=BY_HAND_WORDS,
            now=now,
            actor=actor,
        )
        write_email(text, now=now)
        OutgoingEmail.objects.filter(
            message=text,
            state=OutgoingEmail.State.QUEUED,
            tries=0,
        ).update(due_at=now)
        record_audit("text sent as email", subject=text, actor=actor)
    message.refresh_from_db()
    return True


def _may_go_as_email(text: Message) -> bool:
    is_undelivered = Status(text.status) in NOT_DELIVERED
    return is_undelivered or _is_not_at_the_carrier(text)


def _is_not_at_the_carrier(text: Message) -> bool:
    """It waits, or the carrier provably does not have it, or
    was asked about it often enough.
    """
    status = Status(text.status)
    if status in BEFORE_AN_ATTEMPT:
        return True
    if status not in WITH_THE_CARRIER:
        return False
    maybe_there = text.attempts.filter(
        outcome__in=(Attempt.Outcome.UNDER_WAY, Attempt.Outcome.UNKNOWN)
    )
    return not maybe_there.exists()


def block(
    message: Message,
    verdict: Verdict,
    *,
    now: datetime,
) -> bool:
    """Close one text that the law refuses; its email fail-safe is written with it."""
    assert verdict.reason is not None, "a refusal carries its reason"
    words = opt_out_scope.reason_words(verdict.reason)
    return close_unsent(
        message,
        cause=Cause(verdict.reason),
        words=words,
        now=now,
    )


def block_unsent(
    waiting: Iterable[Message],
    times: Mapping[int, datetime],
    verdict: Verdict,
) -> None:
    """The students may no longer be texted: none of these texts leaves
    that still waits in their conversations.

    ``times``: from when on, by the ids of the conversations.
    """
    for message in waiting:
        at = times.get(message.conversation_id)
        if at and Status(message.status) in BEFORE_AN_ATTEMPT:
            block(message, verdict, now=at)
