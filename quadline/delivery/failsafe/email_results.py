"""Write down what became of an email: taken by the mail server, to be tried again,
refused for good, or come back.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from quadline.college.current import college_settings
from quadline.conversations.causes import Cause
from quadline.conversations.models import Conversation
from quadline.conversations.rules import Status
from quadline.conversations.statuses import announce, climb, explain, give_up
from quadline.delivery.models import OutgoingEmail
from quadline.delivery.rules import wait_before_resend
from quadline.emails.failures import MailRefused

_EmailState = OutgoingEmail.State


def claimed_by_us(email: OutgoingEmail) -> QuerySet[OutgoingEmail]:
    """The row, if it is still the one this worker claimed."""
    return OutgoingEmail.objects.filter(
        pk=email.pk,
        state=_EmailState.SENDING,
        taken_at=email.taken_at,
    )


@transaction.atomic
def record_email_sent(
    email: OutgoingEmail,
    provider_id: str,
    *,
    now: datetime,
) -> None:
    """The mail server has it."""
    fields = {"provider_id": provider_id[:200], "detail": ""}
    if claimed_by_us(email).update(
        state=_EmailState.SENT,
        taken_at=None,
        sent_at=now,
        **fields,
    ):
        if email.is_failsafe:
            climb(
                [email.message],
                Status.EMAILED,
                cause=Cause.EMAILED,
                now=now,
            )
        else:
            climb(
                [email.message],
                Status.SENT,
                cause=Cause.EMAILED,
                now=now,
                sent_at=now,
                detail="",
            )


@transaction.atomic
def record_email_refused(
    email: OutgoingEmail,
    refusal: MailRefused,
    *,
    now: datetime,
) -> None:
    """It was not taken: it is tried again until that is hopeless."""
    waited = now - email.created_at
    longest = timedelta(hours=college_settings().email_give_up_hours)
    if refusal.is_final or waited > longest:
        _fail(email, refusal.words, now)
        return
    jitter = random.random()  # noqa: S311  # spreads retries, hides nothing
    wait = wait_before_resend(
        email.tries, is_about_server=refusal.is_about_server, jitter=jitter
    )
    if claimed_by_us(email).update(
        state=_EmailState.QUEUED,
        taken_at=None,
        due_at=now + wait,
        detail=refusal.words,
    ):
        if not email.is_failsafe:
            explain([email.message_id], refusal.words, among=list(Status))
        announce(email.message)


def return_unsent_emails(emails: Sequence[OutgoingEmail], *, now: datetime) -> None:
    """They were claimed but not tried."""
    for email in emails:
        claimed_by_us(email).update(
            state=_EmailState.QUEUED,
            taken_at=None,
            due_at=now,
            tries=F("tries") - 1,
        )


@transaction.atomic
def record_bounce(
    email: OutgoingEmail,
    *,
    words: str,
    now: datetime,
) -> bool:
    """The mail server had taken it, and it came back.
    False when that is known already.
    """
    row = OutgoingEmail.objects.select_for_update(no_key=True).get(pk=email.pk)
    if row.state in (_EmailState.BOUNCED, _EmailState.FAILED, _EmailState.DROPPED):
        return False
    OutgoingEmail.objects.filter(pk=row.pk).update(
        state=_EmailState.BOUNCED,
        taken_at=None,
        due_at=None,
        detail=words[:300],
        sent_at=row.sent_at or now,
    )
    said = f"The email to {row.to} came back: {words}"
    _tell(
        row,
        said,
        cause=Cause.EMAIL_CAME_BACK,
        status=Status.BOUNCED,
        now=now,
    )
    return True


def _fail(
    email: OutgoingEmail,
    words: str,
    now: datetime,
) -> None:
    if claimed_by_us(email).update(
        state=_EmailState.FAILED,
        taken_at=None,
        due_at=None,
        detail=words[:300],
    ):
        said = f"The email to {email.to} failed: {words}"
        _tell(
            email,
            said,
            cause=Cause.EMAIL_FAILED,
            status=Status.FAILED,
            now=now,
        )


def _tell(
    email: OutgoingEmail,
    words: str,
    *,
    cause: Cause,
    status: Status,
    now: datetime,
) -> None:
    """Say it on the message, and put the conversation
    among those that need somebody.
    """
    if email.is_failsafe:
        give_up(
            [email.message],
            words=words,
            cause=cause,
            now=now,
        )
        return
    # the news may be quicker than our own note that it was sent
    if status is Status.BOUNCED:
        climb(
            [email.message],
            Status.SENT,
            cause=Cause.EMAILED,
            now=now,
        )
    if climb(
        [email.message],
        status,
        cause=cause,
        now=now,
        reason="email",
        detail=words,
    ):
        Conversation.objects.filter(pk=email.message.conversation_id).update(
            needs_reply=True, is_done=False
        )
