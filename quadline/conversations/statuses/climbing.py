"""Messages climb their ladder, each with its event and its news."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from quadline.accounts.models import User
from quadline.conversations.causes import Cause
from quadline.conversations.models import Conversation, Message
from quadline.conversations.rules import Status
from quadline.conversations.statuses import sql
from quadline.live.notifications import TELL_NEWS, notify_each

DETAIL = "left(btrim(COALESCE(%(detail)s, message.detail) || ' ' || %(more)s), 300)"
SETS = sql.climbed(
    "%(status)s", reason="COALESCE(%(reason)s, message.reason)", detail=DETAIL
)
CLIMB_EVENT = sql.event(
    "moved",
    to="%(status)s",
    code="%(event_code)s",
    actor="%(actor)s",
    key="%(key)s",
)
# Locked in the order of their ids, as everywhere. News with a name that comes too late
# to move the status is kept on the timeline all the same.
CLIMB = f"""
    WITH standing AS MATERIALIZED (
        SELECT id, status, conversation_id, status = ANY(%(lower)s::text[]) AS climbs
        FROM conversations_message
        WHERE id = ANY(%(ids)s::uuid[])
        ORDER BY id
        FOR NO KEY UPDATE
    ),
    moved AS MATERIALIZED (
        SELECT * FROM standing
        WHERE CASE WHEN %(key)s = '' THEN climbs ELSE NOT EXISTS (
            SELECT FROM conversations_messageevent AS known
            WHERE known.message_id = standing.id AND known.key = %(key)s
        ) END
    ),
    climbed AS (
        UPDATE conversations_message AS message
        SET {SETS},
            carrier_code = COALESCE(%(carrier_code)s, message.carrier_code),
            sent_at = COALESCE(%(sent_at)s::timestamptz, message.sent_at)
        WHERE message.id = ANY(ARRAY(SELECT id FROM moved WHERE climbs))
    ),
    noted AS ({CLIMB_EVENT}),
    news AS (
        SELECT chat.staff_id AS user_id, 'conv-' || chat.id AS event
        FROM moved
        JOIN conversations_conversation AS chat ON chat.id = moved.conversation_id
    ),
    told AS MATERIALIZED ({TELL_NEWS})
    SELECT id, (SELECT count(*) FROM told) FROM moved WHERE climbs
"""  # noqa: S608  # no value in it


def climb(
    many: Sequence[Message],
    status: Status,
    *,
    cause: Cause,
    now: datetime,
    key: str = "",
    actor: User | None = None,
    reason: str | None = None,
    detail: str | None = None,
    more: str = "",
    event_code: str = "",
    carrier_code: str | None = None,
    sent_at: datetime | None = None,
) -> set[UUID]:
    """Move messages up, each that may (``may_climb``).
    Returns the ids of those that did.

    Nothing is due any more of what climbs: a sender has it, or it is over.
    ``key`` names the news: the same news twice is one event. ``event_code`` is the
    carrier's code for the timeline, ``carrier_code`` for the message. What is None
    stays as it is; ``more`` is added to the detail. The messages given are fresh
    afterwards.
    """
    values: dict[str, Any] = {
        "ids": [message.pk for message in many],
        "status": status.value,
        "lower": sql.lower_than(status),
        "cause": cause.value,
        "now": now,
        "key": key,
        "actor": actor.pk if actor else None,
        "reason": reason,
        "detail": detail,
        "more": more,
        "event_code": event_code,
        "carrier_code": carrier_code,
        "sent_at": sent_at,
    }
    with connection.cursor() as cursor:
        cursor.execute(CLIMB, values)
        climbing = {id for id, _ in cursor.fetchall()}
    _refresh(many)
    return climbing


def give_up(
    many: Sequence[Message],
    *,
    words: str,
    cause: Cause,
    now: datetime,
) -> set[UUID]:
    """Texts reached their students neither as a text nor as an email.

    Each says why, and its conversation is back among those that need somebody.
    """
    ended = climb(
        many,
        Status.UNREACHED,
        cause=cause,
        now=now,
        more=words,
    )
    ids = [message.conversation_id for message in many if message.pk in ended]
    if ids:
        needing = Conversation.objects.filter(pk__in=ids)
        needing.update(needs_reply=True, is_done=False)
    return ended


def announce(message: Message) -> None:
    """Tell the screens on which this message is, or will be, seen."""
    conversation = message.conversation
    notify_each([(conversation.inbox_id, f"conv-{conversation.pk}")])


def _refresh(many: Sequence[Message]) -> None:
    """Bring them up to date, all in one look. What they point at stays loaded."""
    fresh = Message.objects.in_bulk([message.pk for message in many])
    for message in many:
        for field in Message._meta.concrete_fields:
            value = getattr(fresh[message.pk], field.attname)
            setattr(message, field.attname, value)
