"""A message that its author has just written joins its conversation; a student's: receiving.py."""

from datetime import datetime
from typing import Any

from quadline.conversations.models import Conversation, Message, MessageEvent


def join_written(message: Message, *, now: datetime, needs_reply: bool = False, **also: Any) -> None:
    """Its first event, and what the conversation shows of it. ``also``: other fields of the conversation that it changes."""
    MessageEvent.objects.create(message=message, at=now, to_status=message.status, cause="written", actor=message.author)
    Conversation.objects.filter(pk=message.conversation_id).update(
        last_message=message, last_activity_at=now, is_done=False, needs_reply=needs_reply, **also
    )
