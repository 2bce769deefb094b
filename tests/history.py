"""A conversation that has gone on for long: rows as the acts would
have left them, without sending each.
"""

import uuid
from datetime import datetime, timedelta

from quadline.accounts.models import User
from quadline.conversations.models import Conversation, Message
from quadline.conversations.opening import open_conversation
from quadline.conversations.rules import Direction, Status
from quadline.delivery.notices import opt_out_notice
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student
from quadline.sms import segments

SAID = (
    "Are you coming on Thursday?",
    "yes! see you at 2",
    "Great. Bring the form from the registrar, please, and your student ID.",
    "do i need the original or is a copy ok?",
    "A copy is fine.",
    "ok thanks 👍",
)


def write_history(
    staff: User, student: Student, *, count: int, until: datetime
) -> Conversation:
    """``count`` delivered texts and replies in turn, half an hour
    apart, the last one at ``until``.
    """
    conversation = open_conversation(inbox=staff.inbox, student=student, now=until)
    number = SystemNumber.objects.of(staff)
    messages = [
        Message(
            id=uuid.uuid4(),
            conversation=conversation,
            direction=Direction.INBOUND if place % 2 else Direction.OUTBOUND,
            author=None if place % 2 else staff,
            system_number=number,
            student_phone=student.mobile,
            body=SAID[place % len(SAID)],
            segments=segments.measure(SAID[place % len(SAID)]).segments,
            notice="" if place else opt_out_notice(staff.name),
            status=Status.RECEIVED if place % 2 else Status.DELIVERED,
            created_at=until - timedelta(minutes=30 * (count - 1 - place)),
        )
        for place in range(count)
    ]
    Message.objects.bulk_create(messages)
    newest = conversation.messages.order_by("-position")[0]
    Conversation.objects.filter(pk=conversation.pk).update(
        last_message=newest, last_activity_at=newest.created_at
    )
    return conversation
