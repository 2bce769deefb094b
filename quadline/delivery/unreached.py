"""One act: a text reached the student neither as a text nor as an email. Staff are told where they look anyway."""

from datetime import datetime

from quadline.conversations.models import Conversation, Message
from quadline.conversations.rules import Status
from quadline.conversations.statuses import climb

NO_EMAIL = "There is no email address on file either."


def give_up(message: Message, *, words: str, cause: str, now: datetime) -> bool:
    """Close the text, say why on it, and put its conversation back among those that need somebody."""
    detail = f"{message.detail} {words}".strip()[:300]
    if not climb(message, Status.UNREACHED, cause=cause, now=now, due_at=None, detail=detail):
        return False
    Conversation.objects.filter(pk=message.conversation_id).update(needs_reply=True, is_done=False)
    return True
