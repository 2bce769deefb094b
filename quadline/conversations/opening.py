"""Open the one conversation there is between a staff user and
a student, or an unknown phone.
"""

from datetime import datetime

from quadline.accounts.models import User
from quadline.conversations.models import Conversation
from quadline.roster.models import Student


def open_conversation(*, staff: User, student: Student, now: datetime) -> Conversation:
    conversation, _ = Conversation.objects.get_or_create(
        staff=staff,
        student=student,
        defaults={"last_activity_at": now},
    )
    return conversation


def open_with_phone(*, staff: User, phone: str, now: datetime) -> Conversation:
    """With somebody who is not on the roster."""
    conversation, _ = Conversation.objects.get_or_create(
        staff=staff,
        student=None,
        phone=phone,
        defaults={"last_activity_at": now},
    )
    return conversation
