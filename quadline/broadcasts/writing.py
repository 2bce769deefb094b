"""Write the messages of many recipients at once, set-based: conversations, texts and emails, their events and their place.

Everything here runs in the caller's transaction. What a text waits for is what delivery's outbox would say of it.
"""

import json
import secrets
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from quadline.broadcasts.models import Broadcast
from quadline.consent.rules import Reason
from quadline.conversations.rules import Channel
from quadline.delivery import scope
from quadline.delivery.models import OutgoingEmail
from quadline.emails import tokens
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import State as NumberState

# Whose message is to be written: all who get something, or only some of them.
CHOSEN = """
    recipient.broadcast_id = %(broadcast)s AND recipient.outcome <> 'nothing'
    AND (%(only)s::bigint[] IS NULL OR recipient.id = ANY(%(only)s::bigint[]))
"""
# The author's conversation with a recipient. By the student's index, which "+ 0" leaves as the only
# one: a planner that knows nothing of the rows (docs/adr/0020) may go through all of the author's.
THEIRS = """
    SELECT conversation.id FROM conversations_conversation AS conversation
    WHERE conversation.student_id = recipient.student_id
      AND conversation.staff_id + 0 = %(author)s
    OFFSET 0
"""
# Time-ordered UUIDs (RFC 9562, version 7): the launch's time, chance, and the recipient's own
# number, in the order in which the messages are written. So the indexes of messages, events and
# attempts grow at one end; by chance alone each row would go to another page.
NAME = f"""
    UPDATE broadcasts_recipient AS recipient
    SET message_id = (%(beginning)s || lpad(to_hex(recipient.id & 4294967295), 8, '0'))::uuid
    WHERE {CHOSEN} AND recipient.message_id IS NULL
"""  # noqa: S608  # no value in it
# In the order of the students, so that two launches of one author wait for each other and never in a ring. A new one
# shows its message from the start, which is there before anyone can look.
CONVERSATIONS = f"""
    INSERT INTO conversations_conversation
        (staff_id, student_id, phone, last_message_id, last_activity_at, unread_count, needs_reply, is_done, draft)
    SELECT %(author)s, recipient.student_id, '', recipient.message_id, %(now)s, 0, false, false, ''
    FROM broadcasts_recipient AS recipient WHERE {CHOSEN} ORDER BY recipient.student_id
    ON CONFLICT (staff_id, student_id) DO NOTHING
"""  # noqa: S608  # no value in it
# Messages of a conversation are written one after the other (see delivery/inbound.py): locked in the order of their ids. A
# broadcast is no answer to the student: what needed one still does, and a draft stays.
PLACE = f"""
    SELECT locked.id
    FROM (
        SELECT conversation.id, recipient.message_id
        FROM broadcasts_recipient AS recipient
        CROSS JOIN LATERAL ({THEIRS}) AS conversation
        WHERE {CHOSEN}
        ORDER BY conversation.id
        OFFSET 0
    ) AS place
    CROSS JOIN LATERAL (
        SELECT conversation.id FROM conversations_conversation AS conversation
        WHERE conversation.id = place.id
          AND conversation.last_message_id IS DISTINCT FROM place.message_id
        OFFSET 0 FOR NO KEY UPDATE
    ) AS locked
"""  # noqa: S608  # no value in it
SHOW = """
    UPDATE conversations_conversation AS conversation
    SET last_activity_at = %(now)s,
        last_message_id = (
            SELECT recipient.message_id FROM broadcasts_recipient AS recipient
            WHERE recipient.broadcast_id = %(broadcast)s
              AND recipient.student_id = conversation.student_id)
    WHERE conversation.id = ANY(%(places)s::bigint[])
"""
# Text by text, in the order of the students: the order in which they leave.
MESSAGES = f"""
    WITH written AS (
        INSERT INTO conversations_message (id, conversation_id, direction, channel, author_id, system_number_id, is_bulk,
            subject, student_phone, body, notice, segments, status, reason, detail, carrier_code, carrier_message_id,
            created_at, due_at, deadline_at)
        SELECT recipient.message_id, conversation.id, 'outbound', %(channel)s, %(author)s, %(number)s, true, recipient.subject,
            CASE WHEN %(channel)s = 'email' THEN '' WHEN recipient.outcome = 'text' THEN recipient.phone
                 ELSE (SELECT mobile FROM roster_student WHERE id = recipient.student_id) END,
            recipient.body, recipient.notice, recipient.segments,
            CASE WHEN %(channel)s = 'email' THEN 'queued' WHEN recipient.outcome = 'text' THEN 'waiting' ELSE 'blocked' END,
            CASE WHEN recipient.outcome <> 'text' THEN recipient.reason WHEN NOT %(is_active)s THEN 'number'
                 WHEN held.until IS NOT NULL THEN 'quiet_hours' ELSE 'turn' END,
            COALESCE(%(refusals)s::jsonb ->> recipient.reason, ''), '', '', %(now)s,
            CASE WHEN recipient.outcome <> 'text' THEN NULL WHEN %(is_active)s THEN COALESCE(held.until, %(now)s)
                 ELSE %(now)s END,
            CASE WHEN recipient.outcome = 'text' THEN %(deadline)s::timestamptz END
        FROM broadcasts_recipient AS recipient
        CROSS JOIN LATERAL ({THEIRS}) AS conversation
        CROSS JOIN LATERAL (
            SELECT (%(held)s::jsonb ->> recipient.student_id::text)::timestamptz AS until OFFSET 0) AS held
        WHERE {CHOSEN}
        ORDER BY recipient.student_id
        RETURNING id, status
    )
    INSERT INTO conversations_messageevent (message_id, at, from_status, to_status, cause, carrier_code, actor_id, key)
    SELECT id, %(now)s, '', status, 'written', '', %(actor)s, '' FROM written
"""  # noqa: S608  # no value in it
ADDRESSES = f"""
    SELECT message.id, message.conversation_id, student.email
    FROM broadcasts_recipient AS recipient
    CROSS JOIN LATERAL (
        SELECT id, conversation_id, position FROM conversations_message
        WHERE id = recipient.message_id OFFSET 0) AS message
    CROSS JOIN LATERAL (
        SELECT email FROM roster_student WHERE id = recipient.student_id OFFSET 0) AS student
    WHERE {CHOSEN} AND recipient.outcome = 'email'
    ORDER BY message.position
"""  # noqa: S608  # no value in it
EMAILS = """
    COPY delivery_outgoingemail (message_id, "to", header_id, is_failsafe, with_contact_card, state, due_at, created_at, tries,
        detail, provider_id)
    FROM STDIN
"""


@dataclass(frozen=True)
class Order:
    """What is to be written, and when it may leave."""

    broadcast: Broadcast
    only: Sequence[int] | None  # the ids of some recipients; None: all who get something
    number: SystemNumber | None  # None for emails
    actor_id: int
    held: Mapping[int, datetime]  # student → when quiet hours end for them
    deadline: datetime | None
    now: datetime


def open_conversations(broadcast: Broadcast, *, only: Sequence[int] | None, count: int, now: datetime) -> None:
    """Every recipient's conversation is there afterwards, this transaction's alone to write in, and shows what comes.

    The messages have their ids then; ``write`` follows before the commit, which asks for them.

    ``count``: of those who get something. Where nobody was written to before, all conversations are new.
    """
    values: dict[str, Any] = {"broadcast": broadcast.pk, "author": broadcast.author_id, "only": only, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(NAME, values | {"beginning": _beginning_of_ids(now)})
        cursor.execute(CONVERSATIONS, values)
        if cursor.rowcount < count:
            cursor.execute(PLACE, values)
            places = [id for (id,) in cursor.fetchall()]
            cursor.execute(SHOW, {**values, "places": places})


def _beginning_of_ids(now: datetime) -> str:
    """24 of the 32 hexadecimal digits: 48 bits of milliseconds, then chance."""
    time = f"{int(now.timestamp() * 1000):012x}"
    chance = secrets.token_hex(5)
    variant = "89ab"[secrets.randbelow(4)]
    return f"{time}7{chance[:3]}{variant}{chance[3:]}"


def write(order: Order) -> None:
    """One message each, and the emails of those that go as one. Their conversations are open."""
    with connection.cursor() as cursor:
        cursor.execute(MESSAGES, _values(order))
        cursor.execute(ADDRESSES, _values(order))
        addresses = cursor.fetchall()
        _write_emails(cursor, order, addresses)


def _write_emails(cursor: Any, order: Order, addresses: Iterable[tuple[uuid.UUID, int, str]]) -> None:
    """Addresses: of a message, its conversation and its student."""
    is_email = order.broadcast.channel == Channel.EMAIL
    kind = not is_email, is_email and order.broadcast.with_contact_card
    with cursor.copy(EMAILS) as copy:
        for message_id, conversation_id, address in addresses:
            header_id = tokens.header_id(message_id, conversation_id)
            copy.write_row(
                (message_id, address, header_id, *kind, OutgoingEmail.State.QUEUED.value, order.now, order.now, 0, "", "")
            )


def as_json(held: Mapping[int, datetime]) -> str:
    """Student → when quiet hours end for them, for SQL that looks each up: an array is gone through for each."""
    return json.dumps({student: until.isoformat() for student, until in held.items()})


def _values(order: Order) -> dict[str, Any]:
    return {
        "author": order.broadcast.author_id,
        "actor": order.actor_id,
        "channel": order.broadcast.channel,
        "broadcast": order.broadcast.pk,
        "only": order.only,
        "number": order.number.pk if order.number else None,
        "is_active": order.number is not None and order.number.state == NumberState.ACTIVE,
        "held": as_json(order.held),
        "refusals": json.dumps({reason: scope.reason_words(reason) for reason in Reason}),
        "deadline": order.deadline,
        "now": order.now,
    }
