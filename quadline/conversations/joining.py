"""A message joins its conversation: its first event, and what the conversation shows of it. In the caller's transaction."""

from datetime import datetime
from typing import Any

from django.db.models import F

from quadline.conversations.models import Conversation, Message, MessageEvent
from quadline.conversations.rules import Status


def join_written(message: Message, *, now: datetime, needs_reply: bool = False, **also: Any) -> None:
    """One that its author has just written. ``also``: other fields of the conversation that it changes."""
    MessageEvent.objects.create(message=message, at=now, to_status=message.status, cause="written", actor=message.author)
    _show(message, now, needs_reply=needs_reply, **also)


def join_reply(message: Message, *, now: datetime) -> None:
    """One that the student wrote: unread, and to be answered."""
    MessageEvent.objects.create(message=message, at=now, to_status=Status.RECEIVED, cause="reply")
    _show(message, now, needs_reply=True, last_inbound_at=now, unread_count=F("unread_count") + 1)


def _show(message: Message, now: datetime, **fields: Any) -> None:
    Conversation.objects.filter(pk=message.conversation_id).update(
        last_message=message, last_activity_at=now, is_done=False, **fields
    )
