"""Open the one conversation there is between an inbox and
a student, or an unknown phone.
"""

from datetime import datetime

from quadline.conversations.models import Conversation
from quadline.inboxes.models import Inbox
from quadline.roster.models import Student


def open_conversation(
    *,
    inbox: Inbox,
    student: Student,
    now: datetime,
) -> Conversation:
    conversation, _ = Conversation.objects.get_or_create(
        inbox=inbox,
        student=student,
        defaults={"last_activity_at": now},
    )
    return conversation


def open_with_phone(
    *,
    inbox: Inbox,
    phone: str,
    now: datetime,
) -> Conversation:
    """With somebody who is not on the roster."""
    conversation, _ = Conversation.objects.get_or_create(
        inbox=inbox,
        student=None,
        phone=phone,
        defaults={"last_activity_at": now},
    )
    return conversation
