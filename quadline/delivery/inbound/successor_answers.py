"""A student texts a number that rests because its user has left: the text is filed with
who follows (reply_owners.py), and the student is told so, once in a departure.

The answer leaves from the number that was texted, though it rests: it is the one the
student knows, and the one they may have said STOP to.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from quadline import clock
from quadline.accounts.models import User
from quadline.audit.models import record_audit
from quadline.college.current import college_settings
from quadline.consent.rules import keyword_in
from quadline.conversations.models import Conversation, Message
from quadline.conversations.receiving import show_written
from quadline.conversations.rules import Direction, Status
from quadline.conversations.statuses import announce, save_new
from quadline.delivery import notices, rules
from quadline.delivery.models import SuccessorAnswer
from quadline.delivery.outbox.deadlines import with_deadline
from quadline.delivery.permission.recipients import verdict_on
from quadline.delivery.sending import sender
from quadline.inboxes.models import Departure, Inbox
from quadline.jobs import enqueue, job
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState
from quadline.sms import bodies, phones, segments

ANSWER_NAMESPACE = uuid.UUID("a35c7e0c-3b0c-4a8d-9f53-5a0f0f5c2d11")


def answer_later(filed: Iterable[tuple[uuid.UUID, int]]) -> None:
    """In the transaction that files the texts. ``filed``: the message, and the
    departure because of which it is where it is.
    """
    for message_id, departure_id in filed:
        enqueue(
            answer_with_successor,
            message_id=str(message_id),
            departure_id=departure_id,
        )


@job(queue="texts", attempts=5)
def answer_with_successor(message_id: str, departure_id: int) -> None:
    tell_who_follows(uuid.UUID(message_id), departure_id, now=clock.now())


@transaction.atomic
def tell_who_follows(
    message_id: uuid.UUID,
    departure_id: int,
    *,
    now: datetime,
) -> Message | None:
    """Answer a student's text to a resting number. None when they know already, or may
    not be texted. Safe to repeat.
    """
    text = Message.objects.select_related("conversation", "system_number").get(
        pk=message_id
    )
    number = text.system_number
    departure = Departure.objects.in_effect().filter(pk=departure_id).first()
    if departure is None or number is None or _is_request(text.body):
        return None
    # Given back, or awake again: then there is nothing to say.
    if number.state != NumberState.RESTING:
        return None
    # As when a text is written: one at a time in a conversation. A STOP that is being
    # filed here is waited for, and the law below knows of it.
    rows = Conversation.objects.select_for_update(of=["self"], no_key=True)
    conversation = rows.select_related("student", "inbox__owner", "inbox__office").get(
        pk=text.conversation_id
    )
    # The student may have another phone now: the answer goes to the one that asked.
    if conversation.student_phone != text.student_phone:
        return None
    # Under the lock of the conversation: two texts at once are one answer.
    if SuccessorAnswer.objects.filter(
        departure=departure, student_phone=text.student_phone
    ).exists():
        return None
    verdict = verdict_on(
        conversation, system_phone=number.phone, is_bulk=False, now=now
    )
    # Also while somebody is asked whether the student wants no more texts.
    if not verdict.is_allowed and verdict.until is None:
        return None
    answer = _written(departure, conversation, number, now)
    waits = rules.waits_for(verdict, now=now, is_bulk=False)
    pending = with_deadline(waits)
    answer.deadline_at = pending.deadline_at
    save_new(
        answer,
        pending.status,
        reason=pending.reason,
        due_at=pending.due_at,
        now=now,
    )
    SuccessorAnswer.objects.create(
        departure=departure, student_phone=text.student_phone, message=answer
    )
    _show(answer, conversation, departure, now)
    return answer


def answer_words(departure: Departure, inbox: Inbox) -> str:
    """The answer as a student reads it, of whom this inbox follows."""
    fields = {
        "leaver": departure.staff.name,
        "successor": inbox.shown_name,
        "reach": _reach_of(inbox),
        "day": _day(departure),
        "college": college_settings().college_name,
    }
    words = departure.answer
    # Not format(): a name that has braces of its own stays as it is.
    for name, value in fields.items():
        words = words.replace(f"{{{name}}}", value)
    return words


def _reach_of(inbox: Inbox) -> str:
    """How a student reaches who follows: by text, else by email, else by phone."""
    number = SystemNumber.objects.of_inbox(inbox.pk)
    if number and number.state == NumberState.ACTIVE:
        return f"text {number.written}"
    if inbox.email:
        return inbox.email
    line = inbox.office_line or college_settings().college_phone
    return f"call {phones.written(line)}" if line else college_settings().college_name


def _day(departure: Departure) -> str:
    day = departure.returns_on
    return f"{day:%B} {day.day}" if day else ""


def _is_request(body: str) -> bool:
    """STOP, START or HELP, whatever the student had said before."""
    return any(keyword_in(body, opted_out=out) is not None for out in (False, True))


def _written(
    departure: Departure,
    conversation: Conversation,
    number: SystemNumber,
    now: datetime,
) -> Message:
    author: User = conversation.inbox.owner or departure.planned_by
    phone = conversation.student_phone
    answer = Message(
        # By what it answers: two workers that are at it write one row.
        id=uuid.uuid5(ANSWER_NAMESPACE, f"{departure.pk} {phone}"),
        conversation=conversation,
        direction=Direction.OUTBOUND,
        author=author,
        system_number=number,
        student_phone=phone,
        body=bodies.clean(answer_words(departure, conversation.inbox)),
        notice=notices.notice_due(conversation, number),
        created_at=now,
    )
    answer.segments = segments.measure(answer.text).segments
    return answer


def _show(
    answer: Message,
    conversation: Conversation,
    departure: Departure,
    now: datetime,
) -> None:
    # The student is told who follows; what they asked is still to be answered.
    show_written(answer, now=now, needs_reply=conversation.needs_reply)
    record_audit(
        "student told who follows",
        subject=answer,
        actor=None,
        departure=departure.pk,
        status=answer.status,
    )
    if answer.due_at:
        wait = answer.due_at - now if answer.due_at > now else None
        enqueue(sender.send_due_texts, after=wait)
    announce(answer)


def students_told(departure: Departure) -> int:
    """How many have been told who follows, or are about to be."""
    return (
        SuccessorAnswer.objects.filter(departure=departure)
        .exclude(message__status__in=(Status.BLOCKED, Status.CANCELLED))
        .count()
    )
