"""Accept a text: in one transaction ask for a number if there is none, ask consent, save the message, enqueue."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.db import transaction

from quadline.accounts.models import User
from quadline.accounts.rules import May
from quadline.audit.models import record
from quadline.consent.rules import Reason
from quadline.conversations import merging
from quadline.conversations.joining import join_written
from quadline.conversations.models import Conversation, Message
from quadline.conversations.opening import open_conversation
from quadline.conversations.rules import (
    BEFORE_AN_ATTEMPT,
    NEVER_REACHED_THE_STUDENT,
    Channel,
    Direction,
    Status,
    WaitingFor,
)
from quadline.conversations.statuses import announce, climb
from quadline.delivery import failsafe, notices, rules, scope, sender
from quadline.delivery.deadlines import deadline_of
from quadline.delivery.recipients import verdict_on
from quadline.jobs import enqueue
from quadline.numbers.models import SystemNumber
from quadline.numbers.provisioning import request_number
from quadline.numbers.rules import State
from quadline.roster.models import Student
from quadline.sms import bodies, segments
from quadline.sms.merge_fields import MergeError


class TextRefused(ValueError):
    """The text was not accepted and nothing was saved; the message says why and what to do, in plain words."""


class TooManyTexts(TextRefused):
    """So many texts to one student in so short a time that a person must mean this one."""


def accept_text(
    *,
    author: User,
    student: Student,
    message_id: uuid.UUID,
    body: str,
    now: datetime,
    is_meant: bool = False,
    as_written: bool = False,
) -> Message:
    """Accept one text of a staff user to a student. The same id again is the same text.

    ``is_meant``: its author was asked whether one more is to go, and said so. ``as_written``:
    its author has said that what looks like a merge field is meant as it stands.
    Raises TextRefused for a body that cannot be sent, or an author who may not text, and
    TooManyTexts.
    """
    if not author.may[May.TEXT]:
        raise TextRefused("Your role does not send texts. Nothing was sent.")
    with transaction.atomic():
        conversation = open_conversation(staff=author, student=student, now=now)
        # One text at a time: a second click waits here for the first, and only one carries the notice.
        rows = Conversation.objects.select_for_update(of=["self"], no_key=True).select_related("student", "staff")
        conversation = rows.get(pk=conversation.pk)
        if known := _already_accepted(message_id, conversation):
            return known
        if not is_meant:
            _ask_before_many(conversation, author, now)
        number = SystemNumber.objects.of(author)
        notice = notice_due(conversation, number)
        values = merging.values_for(author, student, number=number)
        text = _checked(_filled(body, values, as_written=as_written), notice)
        number = number or request_number(user=author, now=now)
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
        message.segments = segments.count(message.text).segments
        _decide(message, number, now)
        _save(message, now)
        _take_along(conversation, now)
        failsafe.write_email(message, now=now)  # if it is blocked
        return message


def cancel_text(*, message: Message, actor: User, now: datetime) -> bool:
    """Take back a text that still waits. False when it is already on its way."""
    with transaction.atomic():
        row = Message.objects.select_for_update(no_key=True).get(pk=message.pk)
        if Status(row.status) not in BEFORE_AN_ATTEMPT:
            return False
        climb(message, Status.CANCELLED, cause="cancelled", now=now, actor=actor, due_at=None, reason="", detail="")
        record("text cancelled", subject=message, actor=actor)
        notices.pass_on(message)
        return True


def notice_due(conversation: Conversation, number: SystemNumber | None) -> str:
    """The opt-out notice the next text ends with; "" once this number has given it to this student.

    CTIA Messaging Principles (2023): the first text names the sender and says how to opt out.
    """
    given = conversation.messages.exclude(notice="").filter(student_phone=conversation.student_phone)
    if number and given.filter(system_number=number).exclude(status__in=NEVER_REACHED_THE_STUDENT).exists():
        return ""
    return opt_out_notice(conversation.staff)


def opt_out_notice(staff: User) -> str:
    """The college's wording, with the sender and the college filled in."""
    wording: str = settings.ENV.opt_out_notice
    return wording.replace("{sender}", staff.name).replace("{college}", settings.ENV.college_name)


def _already_accepted(message_id: uuid.UUID, conversation: Conversation) -> Message | None:
    known = Message.objects.select_related("conversation").filter(pk=message_id).first()
    if known and known.conversation_id != conversation.pk:
        raise TextRefused("This form was already used for another text. Nothing was sent: reload the page and send again.")
    return known


def _ask_before_many(conversation: Conversation, author: User, now: datetime) -> None:
    texts = conversation.messages.filter(
        author=author,
        channel=Channel.TEXT,
        direction=Direction.OUTBOUND,
        is_bulk=False,  # a broadcast counts for none
        created_at__gt=now - rules.TEXTS_COUNTED_FOR,
    )
    sent = texts.count()
    if rules.asks_before_another(sent):
        raise TooManyTexts(f"You've sent {sent} texts to {conversation.name} in the last minute. This one was not sent.")


def _filled(body: str, values: Mapping[str, str], *, as_written: bool) -> str:
    """The words with their merge fields filled for this student."""
    try:
        return merging.filled(body, values, as_written=as_written)
    except MergeError as error:
        raise TextRefused(merging.refusal(error)) from error


def _checked(body: str, notice: str) -> str:
    try:
        text = bodies.checked(body)
    except bodies.BodyError as error:
        raise TextRefused(str(error)) from error
    over = notices.over(text, notice)
    if notice and over > 0:
        raise TextRefused(
            f"With the opt-out notice that a first text carries, this is {over} characters over "
            f"{segments.MAX_CHARACTERS:,}. Nothing was sent: shorten it and send again."
        )
    return text


def _decide(message: Message, number: SystemNumber, now: datetime) -> None:
    """The first status of a text, by the law and by the state of the number."""
    verdict = verdict_on(message.conversation, system_phone=number.phone, is_bulk=False, now=now)
    if not verdict.is_allowed and not verdict.is_held:
        assert verdict.reason is not None
        message.status, message.reason, message.detail = Status.BLOCKED, verdict.reason, scope.reason_words(verdict.reason)
    elif number.state != State.ACTIVE:
        # Due at once; the sender takes only texts whose number is active, so there is nothing to release later.
        message.status, message.reason, message.due_at = Status.WAITING, WaitingFor.NUMBER, now
    elif verdict.reason is Reason.ASKED:
        message.status, message.reason = Status.WAITING, WaitingFor.QUESTION
    elif verdict.is_held:
        message.status, message.reason, message.due_at = Status.WAITING, WaitingFor.QUIET_HOURS, verdict.until
    else:
        message.status, message.due_at = Status.QUEUED, now
    if message.due_at:
        message.deadline_at = deadline_of(message.due_at, waits_for_number=number.state != State.ACTIVE)


def _take_along(conversation: Conversation, now: datetime) -> None:
    """Texts leave in the order written: what waits here for its turn in a broadcast goes before this one, not hours later.

    One that is in other hands just now is about to leave, or to be closed.
    """
    ahead = conversation.messages.filter(is_bulk=True, channel=Channel.TEXT, status__in=BEFORE_AN_ATTEMPT, due_at__lte=now)
    ids = list(ahead.select_for_update(no_key=True, skip_locked=True).values_list("pk", flat=True))
    if ids:
        Message.objects.filter(pk__in=ids).update(is_bulk=False)


def _save(message: Message, now: datetime) -> None:
    message.save(force_insert=True)
    is_in_question = message.reason == WaitingFor.QUESTION  # that one is still to be answered
    join_written(message, now=now, needs_reply=is_in_question, draft="")
    record("text accepted", subject=message, actor=message.author, status=message.status)
    if message.due_at and message.reason != WaitingFor.NUMBER:
        enqueue(sender.send_due_texts, after=message.due_at - now if message.due_at > now else None)
    announce(message)
    message.refresh_from_db(fields=["position"])
