"""A message is written for the first time, with its first event."""

from datetime import datetime

from quadline.conversations.causes import Cause
from quadline.conversations.models import Message, MessageEvent
from quadline.conversations.rules import Status


def save_new(
    message: Message,
    status: Status,
    *,
    now: datetime,
    reason: str = "",
    detail: str = "",
    due_at: datetime | None = None,
) -> None:
    """Save what its author has just written, where it stands first.

    For ``reason``, ``detail`` and ``due_at`` see the model.
    """
    message.status, message.reason, message.detail = status, reason, detail
    message.due_at = due_at
    message.save(force_insert=True)
    MessageEvent.objects.create(
        message=message,
        at=now,
        to_status=status,
        cause=Cause.WRITTEN,
        actor=message.author,
    )
