"""Messages join their conversations: what students wrote, many at once,
and what an author has just written.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from quadline.conversations.causes import Cause
from quadline.conversations.models import Conversation, Message
from quadline.conversations.rules import Channel, Status
from quadline.conversations.statuses import sql
from quadline.live.notifications import TELL_NEWS

# Messages of a conversation are written one after the other, so that a screen that asks
# "what is new since this position" misses none: positions are drawn (after the sort)
# when all conversations are locked, in the order of their ids. Row locks here and
# elsewhere are NO KEY: a foreign key that is checked at commit asks for the key only,
# and a sender that waited for it would be waited for by the STOP in this transaction.
RECEIVED = sql.state_values(f"'{Status.RECEIVED}'", detail="reply.detail")
RECEIVED_EVENT = sql.event(
    "received",
    cause=Cause.REPLY,
    before="''",
    at="created_at",
)
RECEIVE = f"""
    WITH locked AS MATERIALIZED (
        SELECT id, staff_id FROM conversations_conversation
        WHERE id = ANY(%(conversation_id)s::bigint[]) ORDER BY id
          FOR NO KEY UPDATE {{patience}}
    ),
    received AS (
        INSERT INTO conversations_message (
            id, conversation_id, direction, channel, system_number_id, is_bulk,
            subject, student_phone, body, notice, segments, carrier_code,
            carrier_message_id, created_at, {sql.STATE_COLUMNS}
        )
        SELECT reply.id, locked.id, 'inbound', reply.channel,
               reply.system_number_id, false, reply.subject, reply.student_phone,
               reply.body, '', reply.segments, '',
               reply.carrier_message_id, reply.created_at, {RECEIVED}
        FROM unnest(
            %(id)s::uuid[], %(conversation_id)s::bigint[], %(channel)s::text[],
            %(system_number_id)s::bigint[], %(subject)s::text[],
            %(student_phone)s::text[], %(body)s::text[], %(segments)s::smallint[],
            %(detail)s::text[], %(carrier_message_id)s::text[],
            %(created_at)s::timestamptz[]
        ) WITH ORDINALITY AS reply (
            id, conversation_id, channel, system_number_id, subject, student_phone,
            body, segments, detail, carrier_message_id, created_at, place
        )
        JOIN locked ON locked.id = reply.conversation_id
        ORDER BY reply.place
        ON CONFLICT (id) DO NOTHING
        RETURNING id, conversation_id, position, created_at, status
    ),
    noted AS ({RECEIVED_EVENT}),
    shown AS (
        UPDATE conversations_conversation AS conversation
        SET last_message_id = last.id,
            -- What comes late, with the time it was sent, takes neither back.
            last_activity_at = GREATEST(conversation.last_activity_at, last.newest),
            last_inbound_at = GREATEST(conversation.last_inbound_at, last.newest),
            unread_count = conversation.unread_count + last.how_many,
            needs_reply = last.needs_reply,
            is_done = false
        FROM (SELECT DISTINCT ON (conversation_id) id, conversation_id, created_at,
                     count(*) OVER (PARTITION BY conversation_id) AS how_many,
                     max(created_at) OVER (PARTITION BY conversation_id) AS newest,
                     bool_and(id <> ALL(%(no_answer)s::uuid[]))
                         OVER (PARTITION BY conversation_id) AS needs_reply
              FROM received ORDER BY conversation_id, position DESC) AS last
        WHERE conversation.id = last.conversation_id
    ),
    news AS (
        SELECT locked.staff_id AS user_id, 'conv-' || locked.id AS event
        FROM received JOIN locked ON locked.id = received.conversation_id
    ),
    told AS ({TELL_NEWS})
    SELECT received.id, (SELECT count(*) FROM told) FROM received
"""  # noqa: S608  # no value in it


@dataclass(frozen=True)
class Reply:
    """What a student wrote.

    Its id is made from the carrier's or the email's own: the same twice is one message.
    ``needs_reply``: whether a person should answer it; a request such as STOP needs
    none.
    """

    id: UUID
    conversation_id: int
    channel: Channel
    body: str
    created_at: datetime
    system_number_id: int | None = None
    student_phone: str = ""
    segments: int = 0
    carrier_message_id: str = ""
    subject: str = ""
    detail: str = ""
    needs_reply: bool = True


REPLY_COLUMNS = tuple(
    name for name in Reply.__dataclass_fields__ if name != "needs_reply"
)


def receive(replies: Collection[Reply]) -> set[UUID]:
    """File them, unread, in the order given, in the caller's
    transaction. Returns those that are new.

    Many at once wait for nobody who is at work in one of their conversations:
    OperationalError, and each may come alone.
    """
    values: dict[str, Any] = {
        column: [getattr(reply, column) for reply in replies]
        for column in REPLY_COLUMNS
    }
    values["no_answer"] = [reply.id for reply in replies if not reply.needs_reply]
    with connection.cursor() as cursor:
        cursor.execute(
            RECEIVE.format(patience="NOWAIT" if len(replies) > 1 else ""), values
        )
        return {id for id, _ in cursor.fetchall()}


def show_written(
    message: Message, *, now: datetime, needs_reply: bool = False, **also: Any
) -> None:
    """What its author has just written is the last of its conversation.

    ``also``: other fields of the conversation that it changes.
    """
    Conversation.objects.filter(pk=message.conversation_id).update(
        last_message=message,
        last_activity_at=now,
        is_done=False,
        needs_reply=needs_reply,
        **also,
    )
