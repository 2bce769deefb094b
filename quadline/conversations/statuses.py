"""One act: a message climbs its ladder, with its event and its news. Nothing else changes a status."""

from datetime import datetime
from typing import Any

from django.db import transaction

from quadline.accounts.models import User
from quadline.conversations.models import Message, MessageEvent
from quadline.conversations.rules import Status, may_climb
from quadline.live.telling import tell_each


def climb(
    message: Message,
    status: Status,
    *,
    cause: str,
    now: datetime,
    key: str = "",
    actor: User | None = None,
    event_code: str = "",
    **fields: Any,
) -> bool:
    """Move a message up, setting other fields with it. False when it already stands as high or higher.

    ``key`` names the news: the same news twice is one event. News that comes too late to move the status is
    kept on the timeline all the same. ``event_code`` is the carrier's code, for the timeline.
    """
    with transaction.atomic():
        row = Message.objects.select_for_update(no_key=True).get(pk=message.pk)
        current = Status(row.status)
        is_known = key != "" and MessageEvent.objects.filter(message=row, key=key).exists()
        if is_known or (not may_climb(current, status) and not key):
            return False
        MessageEvent.objects.create(
            message=row,
            at=now,
            from_status=current,
            to_status=status,
            cause=cause,
            carrier_code=event_code,
            actor=actor,
            key=key,
        )
        climbs = may_climb(current, status)
        if climbs:
            Message.objects.filter(pk=row.pk).update(status=status, **fields)
        announce(row)
    message.refresh_from_db()
    return climbs


def announce(message: Message) -> None:
    """Tell the screens on which this message is, or will be, seen."""
    conversation = message.conversation
    tell_each([(conversation.staff_id, f"conv-{conversation.pk}")])
