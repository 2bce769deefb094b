"""Hand emails over to the mail server: claim due rows, commit,
send with no transaction open, record.

Each leaves once from our side, with one exception: a worker that dies while the mail
server is taking the email. That one is sent again with the same Message-ID
(docs/adr/0007-email-fail-safe.md).
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet

from quadline import clock
from quadline.accounts.models import User
from quadline.conversations.causes import Cause
from quadline.conversations.models import Message
from quadline.conversations.rules import NOT_DELIVERED, Status, WaitingFor
from quadline.conversations.statuses import announce, climb, explain
from quadline.delivery.failsafe import email_results
from quadline.delivery.failsafe.email_content import letter_of
from quadline.delivery.failsafe.email_results import record_bounce as record_bounce
from quadline.delivery.models import OutgoingEmail
from quadline.delivery.permission.reach import (
    WAS_NOT_SENT,
    students_in_reach,
    why_out_of_reach,
)
from quadline.delivery.rules import EMAIL_LOST_AFTER
from quadline.emails import outgoing
from quadline.emails.failures import MailRefused
from quadline.jobs import enqueue, job

logger = logging.getLogger(__name__)
_EmailState = OutgoingEmail.State
EMAIL_BATCH = 50
# then what is left goes back, so that a worker that gets a stop signal can end
MAX_BATCH_SECONDS = 20.0
# the database's advisory locks that stand for connections to the mail server
CONNECTION_LOCKS = 0x656D6169
EMAIL_IN_PROGRESS = frozenset(
    {Status.QUEUED, Status.SENDING}
)  # an email that staff wrote
NEVER_LEFT = frozenset({Status.QUEUED, Status.BLOCKED})
TEXT_ARRIVED = "The text arrived after all."
EMAIL_CANCELED = "It was taken back."
EMAIL_NOT_BUILT = "It could not be put together. Trying again automatically."


@job(queue="emails", attempts=3)
def send_due_emails() -> None:
    """Hand over at most one batch on one connection. Several of these may
    run at once; each row is claimed by one.
    """
    with _connection_slot() as slot:
        claims = _claim_due() if slot is not None else []
        is_more = len(claims) == EMAIL_BATCH
        if is_more:
            # for a worker with a spare connection, meanwhile
            enqueue(send_due_emails)
        if claims:
            _send_batch(claims)
    if is_more:
        enqueue(send_due_emails)


@job(queue="emails", attempts=3)
def send_overdue_emails(timestamp: int) -> None:
    """The timetable's sweep: what a dead worker held, and whatever lost its own job."""
    lost = OutgoingEmail.objects.filter(
        state=_EmailState.SENDING, taken_at__lt=clock.now() - EMAIL_LOST_AFTER
    )
    lost.update(
        state=_EmailState.QUEUED,
        taken_at=None,
        due_at=clock.now(),
    )
    send_due_emails()


def _claim_due() -> list[OutgoingEmail]:
    """Claim due emails and commit that. A text that arrived after all
    needs none: its email is dropped here.
    """
    now = clock.now()
    with transaction.atomic():
        emails = _locked_due(now)
        texts = _locked_texts(emails)
        ours = [email for email in emails if email.message_id in texts]
        out_of_reach = _out_of_reach(ours)
        claims: list[OutgoingEmail] = []
        for email in ours:
            text = texts[email.message_id]
            if _may_leave(email, text, email.pk in out_of_reach, now):
                _claim(email, now)
                claims.append(email)
        return claims


def _locked_due(now: datetime) -> list[OutgoingEmail]:
    """Due emails that nobody else is claiming, with what their letters say."""
    due = OutgoingEmail.objects.filter(due_at__lte=now, state=_EmailState.QUEUED)
    in_order = due.order_by("due_at", "pk")
    locked = in_order.select_for_update(skip_locked=True, no_key=True)
    ids = list(locked.values_list("pk", flat=True)[:EMAIL_BATCH])
    return list(_with_facts().filter(pk__in=ids).order_by("due_at", "pk"))


def _locked_texts(emails: list[OutgoingEmail]) -> dict[UUID, Message]:
    texts = Message.objects.filter(pk__in=[email.message_id for email in emails])
    # A receipt may be changing a text at this moment: its email is left for the next
    # turn. Nobody waits here.
    free = texts.select_for_update(skip_locked=True, no_key=True)
    return {text.pk: text for text in free}


def _claim(email: OutgoingEmail, now: datetime) -> None:
    email.state = _EmailState.SENDING
    email.taken_at = now
    email.due_at = None
    email.tries += 1
    email.save(update_fields=["state", "taken_at", "due_at", "tries"])
    if not email.is_failsafe:
        climb([email.message], Status.SENDING, cause=Cause.PICKED_UP, now=now)


def _may_leave(
    email: OutgoingEmail,
    message: Message,
    is_out_of_reach: bool,
    now: datetime,
) -> bool:
    """The last look, with the message's row locked."""
    status = Status(message.status)
    wanted_at = NOT_DELIVERED if email.is_failsafe else EMAIL_IN_PROGRESS
    if status not in wanted_at:
        _drop(email, TEXT_ARRIVED if email.is_failsafe else EMAIL_CANCELED)
        return False
    # what the carrier had, its author wrote while they might: it goes on
    if is_out_of_reach and status in NEVER_LEFT:
        why = f"{WAS_NOT_SENT} {why_out_of_reach(_author(email))}"
        _drop(email, why)
        _close(message, why, now)
        return False
    return True


def _close(
    message: Message,
    why: str,
    now: datetime,
) -> None:
    climb(
        [message],
        Status.BLOCKED,
        cause=Cause.OUT_OF_REACH,
        now=now,
        reason=WaitingFor.AUTHOR,
        detail=why,
    )
    # it may be blocked already: then only why it gets no email is new
    explain([message.pk], why, among=[Status.BLOCKED])
    announce(message)


def _drop(email: OutgoingEmail, words: str) -> None:
    email.state = _EmailState.DROPPED
    email.due_at = None
    email.detail = words
    email.save(update_fields=["state", "due_at", "detail"])


def _out_of_reach(emails: list[OutgoingEmail]) -> set[int]:
    """Those to somebody their author may not write to any more."""
    wanted: dict[User, set[int]] = {}
    for email in emails:
        conversation = email.message.conversation
        wanted.setdefault(_author(email), set()).add(conversation.student_id or 0)
    reached = {
        author: set(
            students_in_reach(author).filter(pk__in=ids).values_list("pk", flat=True)
        )
        for author, ids in wanted.items()
    }
    return {
        email.pk
        for email in emails
        if email.message.conversation.student_id not in reached[_author(email)]
    }


def _author(email: OutgoingEmail) -> User:
    assert email.message.author, "what goes out has an author"
    return email.message.author


def _with_facts() -> QuerySet[OutgoingEmail]:
    return OutgoingEmail.objects.select_related(
        "message__conversation", "message__author", "message__system_number"
    )


def _send_batch(claims: list[OutgoingEmail]) -> None:
    """One after the other on one connection. When the server is the
    trouble, the rest is not tried on it now.
    """
    until = time.monotonic() + MAX_BATCH_SECONDS
    left = list(claims)
    try:
        with outgoing.connected() as server:
            while left and time.monotonic() < until:
                _send(left[0], server)
                left.pop(0)
    except MailRefused as trouble:
        for email in left:
            email_results.record_email_refused(email, trouble, now=clock.now())
    else:
        email_results.return_unsent_emails(left, now=clock.now())


def _send(email: OutgoingEmail, server: outgoing.MailConnection) -> None:
    """Raises MailRefused only when the next email would not be taken either."""
    if not _is_still_ours(email):
        return
    try:
        provider_id = outgoing.deliver(_letter(email), server)
    except MailRefused as refusal:
        if refusal.is_about_server:
            raise
        email_results.record_email_refused(email, refusal, now=clock.now())
    else:
        email_results.record_email_sent(email, provider_id, now=clock.now())


def _letter(email: OutgoingEmail) -> outgoing.OutgoingLetter:
    """Raises MailRefused when it cannot be put together."""
    try:
        return letter_of(email)
    except Exception as fault:
        # of whatever kind: it must not keep those behind it from leaving
        logger.exception(
            "an email could not be put together", extra={"email": email.pk}
        )
        raise MailRefused(EMAIL_NOT_BUILT, is_final=False) from fault


def _is_still_ours(email: OutgoingEmail) -> bool:
    # the sweep may have given it to another, while this worker was slow or paused
    now = clock.now()
    is_ours = email_results.claimed_by_us(email).update(taken_at=now) == 1
    email.taken_at = now
    return is_ours


@contextmanager
def _connection_slot() -> Iterator[int | None]:
    """One of the connections the mail server grants us, over all
    workers; None when all are in use.
    """
    with connection.cursor() as cursor:
        for slot in range(settings.ENV.email_connections):
            cursor.execute(
                "SELECT pg_try_advisory_lock(%s, %s)", [CONNECTION_LOCKS, slot]
            )
            if cursor.fetchone()[0]:
                break
        else:
            slot = None
    try:
        yield slot
    finally:
        if slot is not None:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_advisory_unlock(%s, %s)", [CONNECTION_LOCKS, slot]
                )
