"""Accept a text: in one transaction ask for a number if there is none,
ask consent, save the message, enqueue.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from quadline.accounts.models import User
from quadline.accounts.rules import May
from quadline.audit.models import record_audit
from quadline.conversations import merging
from quadline.conversations.causes import Cause
from quadline.conversations.models import Conversation, Message
from quadline.conversations.opening import open_conversation
from quadline.conversations.receiving import show_written
from quadline.conversations.rules import (
    BEFORE_AN_ATTEMPT,
    Channel,
    Direction,
    Status,
    WaitingFor,
)
from quadline.conversations.statuses import announce, climb, save_new
from quadline.delivery import notices, rules
from quadline.delivery.failsafe import closing
from quadline.delivery.notices import notice_due
from quadline.delivery.outbox import sensitive_words
from quadline.delivery.outbox.deadlines import with_deadline
from quadline.delivery.permission import opt_out_scope
from quadline.delivery.permission.recipients import verdict_on
from quadline.delivery.sending import sender
from quadline.inboxes.models import Inbox, inbox_of, may_write_in
from quadline.jobs import enqueue
from quadline.numbers.models import SystemNumber
from quadline.numbers.provisioning import request_number
from quadline.numbers.rules import NumberState
from quadline.roster.models import Student
from quadline.sms import bodies, segments
from quadline.sms.merge_fields import MergeError


class TextRefused(ValueError):
    """The text was not accepted and nothing was saved; the message says
    why and what to do, in plain words.
    """


class TooManyTexts(TextRefused):
    """So many texts to one student in so short a time that
    a person must mean this one.
    """


class SensitiveText(TextRefused):
    """There is something in it that should not be texted, unless it is meant."""


def accept_text(
    *,
    author: User,
    student: Student,
    message_id: uuid.UUID,
    body: str,
    now: datetime,
    is_meant: bool = False,
    as_written: bool = False,
    send_anyway: bool = False,
    inbox: Inbox | None = None,
) -> Message:
    """Accept one text of a staff user to a student. The same id again is the same text.

    ``inbox``: where it is written, and whose number it leaves from; None is the
    author's own. ``is_meant``: its author was asked whether one more is to go, and said
    so. ``as_written``: its author has said that what looks like a merge field is meant
    as it stands. ``send_anyway``: the same of what looks sensitive. Raises TextRefused
    for a body that cannot be sent, or an author who may not text; TooManyTexts and
    SensitiveText.
    """
    inbox = inbox or inbox_of(author)
    _check_author(author, inbox)
    with transaction.atomic():
        conversation = _opened(inbox, student, now)
        if known := _already_accepted(message_id, conversation):
            return known
        if not is_meant:
            _ask_before_many(conversation, author, now)
        number = SystemNumber.objects.of_inbox(inbox.pk)
        notice = notice_due(conversation, number)
        values = merging.values_for(author, student, number=number)
        text = _checked(_filled(body, values, as_written=as_written), notice)
        # as this student would read it: a field may have brought it in
        sensitive = sensitive_words.found_in(text)
        if sensitive and not send_anyway:
            raise SensitiveText(sensitive_words.sensitive_refusal(sensitive))
        number = number or request_number(
            inbox=inbox,
            actor=author,
            now=now,
        )
        message = Message(
            id=message_id,
            conversation=conversation,
            direction=Direction.OUTBOUND,
            author=author,
            system_number=number,
            student_phone=student.mobile,
            body=text,
            notice=notice,
            created_at=now,
        )
        message.segments = segments.measure(message.text).segments
        _begin(message, number, now)
        _show(message, now, sent_anyway=[match.kind for match in sensitive])
        _take_along(conversation, now)
        closing.write_email(message, now=now)  # if it is blocked
        return message


def cancel_text(
    *,
    message: Message,
    actor: User,
    now: datetime,
) -> bool:
    """Take back a text that still waits. False when it is already on its way."""
    with transaction.atomic():
        row = Message.objects.select_for_update(no_key=True).get(pk=message.pk)
        if Status(row.status) not in BEFORE_AN_ATTEMPT:
            return False
        climb(
            [message],
            Status.CANCELLED,
            cause=Cause.CANCELLED,
            now=now,
            actor=actor,
            reason="",
            detail="",
        )
        record_audit("text cancelled", subject=message, actor=actor)
        notices.pass_notice_on(message)
        return True


def _check_author(author: User, inbox: Inbox) -> None:
    if not author.may[May.TEXT]:
        raise TextRefused("Your role does not send texts. Nothing was sent.")
    if not may_write_in(author, inbox.pk):
        raise TextRefused("You may not write in this inbox. Nothing was sent.")


def _opened(
    inbox: Inbox,
    student: Student,
    now: datetime,
) -> Conversation:
    """One text at a time: a second click waits here for the first,
    and only one carries the notice.
    """
    conversation = open_conversation(
        inbox=inbox,
        student=student,
        now=now,
    )
    rows = Conversation.objects.select_for_update(of=["self"], no_key=True)
    return rows.select_related("student", "inbox__owner").get(pk=conversation.pk)


def _already_accepted(
    message_id: uuid.UUID, conversation: Conversation
) -> Message | None:
    messages = Message.objects.select_related("conversation")
    known = messages.filter(pk=message_id).first()
    if known and known.conversation_id != conversation.pk:
        raise TextRefused(
            "This form was already used for another text."
            " Nothing was sent: reload the page and send again."
        )
    return known


def _ask_before_many(
    conversation: Conversation,
    author: User,
    now: datetime,
) -> None:
    texts = conversation.messages.filter(
        author=author,
        channel=Channel.TEXT,
        direction=Direction.OUTBOUND,
        is_bulk=False,  # a broadcast counts for none
        created_at__gt=now - rules.TEXTS_COUNTED_FOR,
    )
    sent = texts.count()
    if rules.asks_before_another(sent):
        raise TooManyTexts(
            f"You've sent {sent} texts to {conversation.name} in the last minute."
            " This one was not sent."
        )


def _filled(
    body: str,
    values: Mapping[str, str],
    *,
    as_written: bool,
) -> str:
    """The words with their merge fields filled for this student."""
    try:
        return merging.filled(body, values, as_written=as_written)
    except MergeError as error:
        raise TextRefused(merging.refusal(error)) from error


def _checked(body: str, notice: str) -> str:
    try:
        text = bodies.checked_body(body)
    except bodies.BodyError as error:
        raise TextRefused(str(error)) from error
    over = notices.fit_notice(text, notice)
    if notice and over > 0:
        raise TextRefused(
            f"With the opt-out notice that a first text carries, this is {over}"
            f" characters over {segments.MAX_CHARACTERS:,}."
            " Nothing was sent: shorten it and send again."
        )
    return text


def _begin(
    message: Message,
    number: SystemNumber,
    now: datetime,
) -> None:
    """Its first status, by the law and by the state of the number."""
    verdict = verdict_on(
        message.conversation,
        system_phone=number.phone,
        is_bulk=False,
        now=now,
    )
    if verdict.reason and not verdict.is_held:
        words = opt_out_scope.reason_words(verdict.reason)
        save_new(
            message,
            Status.BLOCKED,
            reason=verdict.reason,
            detail=words,
            now=now,
        )
        return
    is_active = number.state == NumberState.ACTIVE
    waits = rules.waits_for(
        verdict,
        now=now,
        is_bulk=False,
        has_active_number=is_active,
    )
    pending = with_deadline(waits)
    message.deadline_at = pending.deadline_at
    save_new(
        message,
        pending.status,
        reason=pending.reason,
        due_at=pending.due_at,
        now=now,
    )


def _take_along(conversation: Conversation, now: datetime) -> None:
    """Texts leave in the order written: what waits here for its turn in a broadcast
    goes before this one, not hours later.
    """
    ahead = conversation.messages.filter(
        is_bulk=True,
        channel=Channel.TEXT,
        status__in=BEFORE_AN_ATTEMPT,
        due_at__lte=now,
    )
    # one that is in other hands just now is about to leave, or to be closed
    free = ahead.select_for_update(no_key=True, skip_locked=True)
    ids = list(free.values_list("pk", flat=True))
    if ids:
        Message.objects.filter(pk__in=ids).update(is_bulk=False)


def _show(message: Message, now: datetime, *, sent_anyway: list[str]) -> None:
    # that one is still to be answered
    is_in_question = message.reason == WaitingFor.QUESTION
    show_written(
        message,
        now=now,
        needs_reply=is_in_question,
        draft="",
    )
    record_audit(
        "text accepted",
        subject=message,
        actor=message.author,
        status=message.status,
        **({"sent_anyway": sent_anyway} if sent_anyway else {}),
    )
    if message.due_at and message.reason != WaitingFor.NUMBER:
        wait = message.due_at - now if message.due_at > now else None
        enqueue(sender.send_due_texts, after=wait)
    announce(message)
    message.refresh_from_db(fields=["position"])
