"""Accept an email that a staff user wrote: in one transaction save the
message and its email, and enqueue.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from quadline.accounts.models import User
from quadline.accounts.rules import May
from quadline.audit.models import record_audit
from quadline.conversations import merging
from quadline.conversations.models import Conversation, Message
from quadline.conversations.opening import open_conversation
from quadline.conversations.receiving import show_written
from quadline.conversations.rules import Channel, Direction, Status
from quadline.conversations.statuses import announce, save_new
from quadline.delivery.failsafe import email_sender
from quadline.delivery.models import OutgoingEmail
from quadline.delivery.outbox import sensitive_words
from quadline.emails import tokens
from quadline.emails.outgoing import one_line
from quadline.inboxes.models import Inbox, inbox_of, may_write_in
from quadline.jobs import enqueue
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student
from quadline.sms import bodies
from quadline.sms.merge_fields import MergeError

MAX_SUBJECT = 200
MAX_EMAIL_BODY = 20_000
ROLE_WRITES_NO_EMAILS = "Your role does not write to students. Nothing was sent."


class EmailRefused(ValueError):
    """The email was not accepted and nothing was saved; the message says
    why and what to do, in plain words.
    """


class SensitiveEmail(EmailRefused):
    """There is something in it that should not be emailed, unless it is meant."""


def accept_email(
    *,
    author: User,
    student: Student,
    message_id: uuid.UUID,
    subject: str,
    body: str,
    now: datetime,
    with_contact_card: bool = False,
    as_written: bool = False,
    send_anyway: bool = False,
    inbox: Inbox | None = None,
) -> Message:
    """Accept one email of a staff user to a student. The
    same id again is the same email.

    ``inbox``: where it is written; None is the author's own. ``as_written``: its author
    has said that what looks like a merge field is meant as it stands. ``send_anyway``:
    the same of what looks sensitive. Raises EmailRefused for what cannot be sent, or to
    whom, and SensitiveEmail.
    """
    inbox = inbox or inbox_of(author)
    number = SystemNumber.objects.of_inbox(inbox.pk)
    _check_people(
        author,
        student,
        number,
        with_contact_card=with_contact_card,
    )
    if not may_write_in(author, inbox.pk):
        raise EmailRefused("You may not write in this inbox. Nothing was sent.")
    values = merging.values_for(author, student, number=number)
    subject, body = _checked(
        *_filled(
            subject,
            body,
            values,
            as_written=as_written,
        )
    )
    sensitive = sensitive_words.found_in(f"{subject}\n{body}")
    if sensitive and not send_anyway:
        raise SensitiveEmail(sensitive_words.sensitive_refusal(sensitive))
    with transaction.atomic():
        conversation = open_conversation(
            inbox=inbox,
            student=student,
            now=now,
        )
        Conversation.objects.select_for_update(no_key=True).get(pk=conversation.pk)
        if known := _already_accepted(message_id, conversation):
            return known
        message = Message(
            id=message_id,
            conversation=conversation,
            direction=Direction.OUTBOUND,
            channel=Channel.EMAIL,
            author=author,
            subject=subject,
            body=body,
            created_at=now,
        )
        _save(
            message,
            student.email,
            with_contact_card,
            now,
            sent_anyway=[match.kind for match in sensitive],
        )
        return message


def _check_people(
    author: User,
    student: Student,
    number: SystemNumber | None,
    *,
    with_contact_card: bool,
) -> None:
    if not author.may[May.TEXT]:
        raise EmailRefused(ROLE_WRITES_NO_EMAILS)
    if not student.email:
        raise EmailRefused(
            f"There is no email address on file for {student.display_name}."
            " Nothing was sent."
        )
    if with_contact_card and (number is None or not number.phone):
        raise EmailRefused(
            "You have no texting number yet to put on a contact card. Nothing was sent:"
            " send it without the card."
        )


def _filled(
    subject: str,
    body: str,
    values: Mapping[str, str],
    *,
    as_written: bool,
) -> tuple[str, str]:
    """Both with their merge fields filled for this student."""
    try:
        filled = [
            merging.filled(words, values, as_written=as_written)
            for words in (subject, body)
        ]
    except MergeError as error:
        raise EmailRefused(merging.refusal(error)) from error
    return filled[0], filled[1]


def _checked(subject: str, body: str) -> tuple[str, str]:
    subject, body = one_line(bodies.clean(subject)), bodies.clean(body).strip()
    if not subject:
        raise EmailRefused("Write a subject first. Nothing was sent.")
    if not body:
        raise EmailRefused("Write a message first. Nothing was sent.")
    for name, words, most in (
        ("subject", subject, MAX_SUBJECT),
        ("message", body, MAX_EMAIL_BODY),
    ):
        if len(words) > most:
            raise EmailRefused(
                f"The {name} is {len(words) - most:,} characters over {most:,}."
                " Nothing was sent: shorten it."
            )
    return subject, body


def _already_accepted(
    message_id: uuid.UUID, conversation: Conversation
) -> Message | None:
    known = Message.objects.select_related("conversation").filter(pk=message_id).first()
    if known and (known.conversation_id, known.channel) != (
        conversation.pk,
        Channel.EMAIL,
    ):
        raise EmailRefused(
            "This form was already used for another message."
            " Nothing was sent: reload the page and send again."
        )
    return known


def _save(
    message: Message,
    to: str,
    with_contact_card: bool,
    now: datetime,
    *,
    sent_anyway: list[str],
) -> None:
    save_new(message, Status.QUEUED, now=now)
    OutgoingEmail.objects.create(
        message=message,
        is_failsafe=False,
        to=to,
        with_contact_card=with_contact_card,
        header_id=tokens.header_id(message.pk, message.conversation_id),
        due_at=now,
        created_at=now,
    )
    show_written(message, now=now)
    meant = {"sent_anyway": sent_anyway} if sent_anyway else {}
    record_audit("email accepted", subject=message, actor=message.author, **meant)
    enqueue(email_sender.send_due_emails)
    announce(message)
    message.refresh_from_db(fields=["position"])
