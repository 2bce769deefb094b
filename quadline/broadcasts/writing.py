"""Write the messages of many recipients at once, set-based: conversations, texts and
emails, their events and their place.

Everything here runs in the caller's transaction. What a text waits for is what
delivery's outbox would say of it.
"""

import json
import secrets
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

from django.db import connection

from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.planning import PlannedMessage
from quadline.broadcasts.rendering import RenderedWords
from quadline.broadcasts.rules import NoTextReason, PlannedOutcome
from quadline.consent.rules import ALLOWED, Reason, Verdict
from quadline.conversations.causes import Cause
from quadline.conversations.rules import Channel, Pending, Status
from quadline.conversations.statuses import sql
from quadline.delivery.models import OutgoingEmail
from quadline.delivery.permission import opt_out_scope
from quadline.delivery.rules import waits_for
from quadline.emails import tokens
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState as NumberState

# Whose message is to be written: all who get something, or only some of them.
CHOSEN_RECIPIENTS = """
    recipient.broadcast_id = %(broadcast)s AND recipient.outcome <> 'nothing'
    AND (%(only)s::bigint[] IS NULL OR recipient.id = ANY(%(only)s::bigint[]))
"""
# The author's conversation with a recipient. By the student's index, which "+ 0" leaves
# as the only one: a planner that knows nothing of the rows (docs/adr/0020) may go
# through all of the author's.
THEIR_CONVERSATIONS = """
    SELECT conversation.id FROM conversations_conversation AS conversation
    WHERE conversation.student_id = recipient.student_id
      AND conversation.staff_id + 0 = %(author)s
    OFFSET 0
"""
# Time-ordered UUIDs (RFC 9562, version 7): the launch's time, chance, and the
# recipient's own number, in the order in which the messages are written. So the indexes
# of messages, events and attempts grow at one end; by chance alone each row would go to
# another page.
NAME_MESSAGES = f"""
    UPDATE broadcasts_recipient AS recipient
    SET message_id = (
        %(beginning)s || lpad(to_hex(recipient.id & 4294967295), 8, '0')
    )::uuid
    WHERE {CHOSEN_RECIPIENTS} AND recipient.message_id IS NULL
"""  # noqa: S608  # no value in it
# In the order of the students, so that two launches of one author wait for each other
# and never deadlock. A new one shows its message from the start, which is there before
# anyone can look.
CONVERSATIONS = f"""
    INSERT INTO conversations_conversation (
        staff_id, student_id, phone,
        last_message_id, last_activity_at,
        unread_count, needs_reply, is_done, draft
    )
    SELECT
        %(author)s, recipient.student_id, '',
        recipient.message_id, %(now)s,
        0, false, false, ''
    FROM broadcasts_recipient AS recipient
    WHERE {CHOSEN_RECIPIENTS}
    ORDER BY recipient.student_id
    ON CONFLICT (staff_id, student_id) DO NOTHING
"""  # noqa: S608  # no value in it
# Messages of a conversation are written one after the other (see
# delivery/inbound/filing.py): locked in the order of their ids. A broadcast does not
# answer the student: what needed an answer still does, and a draft stays.
LOCK_CONVERSATIONS = f"""
    SELECT locked.id
    FROM (
        SELECT conversation.id, recipient.message_id
        FROM broadcasts_recipient AS recipient
        CROSS JOIN LATERAL ({THEIR_CONVERSATIONS}) AS conversation
        WHERE {CHOSEN_RECIPIENTS}
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
SHOW_CONVERSATIONS = """
    UPDATE conversations_conversation AS conversation
    SET last_activity_at = %(now)s,
        last_message_id = (
            SELECT recipient.message_id FROM broadcasts_recipient AS recipient
            WHERE recipient.broadcast_id = %(broadcast)s
              AND recipient.student_id = conversation.student_id)
    WHERE conversation.id = ANY(%(places)s::bigint[])
"""
# Text by text, in the order of the students: the order in which they leave.
NEW_MESSAGE_STATE = sql.state_values(
    """CASE WHEN %(channel)s = 'email' THEN %(of_email)s
            WHEN recipient.outcome = 'text' THEN %(of_text)s
            ELSE %(of_refused)s END""",
    reason="""CASE WHEN recipient.outcome <> 'text' THEN recipient.reason
                   ELSE COALESCE(held.waits ->> 'reason', %(reason)s) END""",
    detail="COALESCE(%(refusals)s::jsonb ->> recipient.reason, '')",
    due_at="""CASE WHEN recipient.outcome <> 'text' THEN NULL
                   WHEN held.waits IS NULL THEN %(due_at)s
                   ELSE (held.waits ->> 'due_at')::timestamptz END""",
)
WRITTEN_EVENT = sql.event(
    "written", cause=Cause.WRITTEN, before="''", actor="%(actor)s"
)
MESSAGES = f"""
    WITH written AS (
        INSERT INTO conversations_message (
            id, conversation_id, direction, channel,
            author_id, system_number_id, is_bulk, subject,
            student_phone,
            body, notice, segments, carrier_code, carrier_message_id,
            created_at,
            deadline_at,
            {sql.STATE_COLUMNS}
        )
        SELECT
            recipient.message_id, conversation.id, 'outbound', %(channel)s,
            %(author)s, %(number)s, true, recipient.subject,
            CASE WHEN %(channel)s = 'email' THEN ''
                 WHEN recipient.outcome = 'text' THEN recipient.phone
                 ELSE (SELECT mobile FROM roster_student
                       WHERE id = recipient.student_id) END,
            recipient.body, recipient.notice, recipient.segments, '', '',
            %(now)s,
            CASE WHEN recipient.outcome = 'text' THEN %(deadline)s::timestamptz END,
            {NEW_MESSAGE_STATE}
        FROM broadcasts_recipient AS recipient
        CROSS JOIN LATERAL ({THEIR_CONVERSATIONS}) AS conversation
        CROSS JOIN LATERAL (
            SELECT %(held)s::jsonb -> recipient.student_id::text AS waits
            OFFSET 0) AS held
        WHERE {CHOSEN_RECIPIENTS}
        ORDER BY recipient.student_id
        RETURNING id, status
    )
    {WRITTEN_EVENT}
"""  # noqa: S608  # no value in it
EMAIL_ADDRESSES = f"""
    SELECT message.id, message.conversation_id, student.email
    FROM broadcasts_recipient AS recipient
    CROSS JOIN LATERAL (
        SELECT id, conversation_id, position FROM conversations_message
        WHERE id = recipient.message_id OFFSET 0) AS message
    CROSS JOIN LATERAL (
        SELECT email FROM roster_student
        WHERE id = recipient.student_id OFFSET 0) AS student
    WHERE {CHOSEN_RECIPIENTS} AND recipient.outcome = 'email'
    ORDER BY message.position
"""  # noqa: S608  # no value in it
COPY_EMAILS = """
    COPY delivery_outgoingemail (
        message_id, "to", header_id,
        is_failsafe, with_contact_card,
        state, due_at, created_at, tries, detail, provider_id
    )
    FROM STDIN
"""


@dataclass(frozen=True)
class WriteOrder:
    """What is to be written, and when it may leave."""

    broadcast: Broadcast
    # the ids of some recipients; None: all who get something
    only: Sequence[int] | None
    number: SystemNumber | None  # None for emails
    actor_id: int
    held: Mapping[int, datetime]  # student → when quiet hours end for them
    deadline: datetime | None
    now: datetime


def open_conversations(
    broadcast: Broadcast,
    *,
    only: Sequence[int] | None,
    count: int,
    now: datetime,
) -> None:
    """Every recipient's conversation is there afterwards, this transaction's alone to
    write in, and shows what comes.

    The messages have their ids then; ``write_messages`` follows before the commit,
    which asks
    for them.

    ``count``: of those who get something. Where nobody was written to before, all
    conversations are new.
    """
    values: dict[str, Any] = {
        "broadcast": broadcast.pk,
        "author": broadcast.author_id,
        "only": only,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(NAME_MESSAGES, values | {"beginning": _beginning_of_ids(now)})
        cursor.execute(CONVERSATIONS, values)
        if cursor.rowcount < count:
            cursor.execute(LOCK_CONVERSATIONS, values)
            places = [id for (id,) in cursor.fetchall()]
            cursor.execute(SHOW_CONVERSATIONS, {**values, "places": places})


def _beginning_of_ids(now: datetime) -> str:
    """24 of the 32 hexadecimal digits: 48 bits of milliseconds, then chance."""
    milliseconds = int(now.timestamp() * 1000)
    time = f"{milliseconds:012x}"
    chance = secrets.token_hex(5)
    first, rest = chance[:3], chance[3:]
    # RFC 9562 asks for a 7 before these three, and for the bits 10 before the rest.
    variant = secrets.choice("89ab")
    return f"{time}7{first}{variant}{rest}"


def write_messages(order: WriteOrder) -> None:
    """One message each, and the emails of those that go as
    one. Their conversations are open.
    """
    with connection.cursor() as cursor:
        cursor.execute(MESSAGES, _values(order))
        cursor.execute(EMAIL_ADDRESSES, _values(order))
        addresses = cursor.fetchall()
        _write_emails(cursor, order, addresses)


def waits_of(
    verdicts: Mapping[int, Verdict],
    *,
    has_active_number: bool,
    now: datetime,
) -> tuple[Pending, dict[int, Pending]]:
    """What a broadcast's texts wait for: all, but for the students given.

    ``verdicts``: the law's on students that it does not simply allow.
    """
    asked = partial(
        waits_for, now=now, is_bulk=True, has_active_number=has_active_number
    )
    # Asked once for all who are alike: of thousands held, most wait for one morning.
    made = {verdict: asked(verdict) for verdict in set(verdicts.values())}
    held = {student: made[verdict] for student, verdict in verdicts.items()}
    return asked(ALLOWED), held


def _write_emails(
    cursor: Any,
    order: WriteOrder,
    addresses: Iterable[tuple[uuid.UUID, int, str]],
) -> None:
    """Addresses: of a message, its conversation and its student."""
    is_email = order.broadcast.channel == Channel.EMAIL
    with_contact_card = is_email and order.broadcast.with_contact_card
    with cursor.copy(COPY_EMAILS) as copy:
        for message_id, conversation_id, address in addresses:
            header_id = tokens.header_id(message_id, conversation_id)
            copy.write_row(
                (
                    message_id,
                    address,
                    header_id,
                    not is_email,
                    with_contact_card,
                    OutgoingEmail.State.QUEUED.value,
                    order.now,
                    order.now,
                    0,
                    "",
                    "",
                )
            )


def _as_json(held: Mapping[int, Pending]) -> str:
    """Student → what a text to them waits for, for SQL that looks each
    up: an array is gone through for each.
    """
    return json.dumps(
        {
            student: {
                "reason": pending.reason,
                "due_at": pending.due_at and pending.due_at.isoformat(),
            }
            for student, pending in held.items()
        }
    )


def _values(order: WriteOrder) -> dict[str, Any]:
    is_active = order.number is not None and order.number.state == NumberState.ACTIVE
    verdicts = {
        student: Verdict(False, Reason.QUIET_HOURS, until)
        for student, until in order.held.items()
    }
    text, held = waits_of(verdicts, has_active_number=is_active, now=order.now)
    return {
        "author": order.broadcast.author_id,
        "actor": order.actor_id,
        "channel": order.broadcast.channel,
        "broadcast": order.broadcast.pk,
        "only": order.only,
        "number": order.number.pk if order.number else None,
        "of_email": Status.QUEUED.value,
        "of_text": text.status.value,
        "of_refused": Status.BLOCKED.value,
        "reason": text.reason,
        "due_at": text.due_at,
        "held": _as_json(held),
        "refusals": json.dumps(
            {reason: opt_out_scope.reason_words(reason) for reason in Reason}
        ),
        "deadline": order.deadline,
        "now": order.now,
    }


LINES_PER_WRITE = 500  # lines
COPY = """
    COPY broadcasts_recipient (
        student_id, phone, broadcast_id, outcome, reason,
        subject, body, notice, segments
    )
    FROM STDIN
"""
# As the text format of COPY asks.
ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def copy_recipients(broadcast: Broadcast, rows: Iterable[PlannedMessage]) -> None:
    """By COPY, which the database goes through while the next rows are planned.

    A query during a COPY on the same connection would wait forever: whatever a plan
    asks, it asks before its first row.
    """
    lines = _lines(broadcast, rows)
    # Before the COPY begins: this is where the plan asks the database.
    first = next(lines, "")
    if not first:
        return
    with (
        connection.execute_wrapper(_refuse),
        connection.cursor() as cursor,
        cursor.copy(COPY) as copy,
    ):
        copy.write(first)
        while some := "".join(islice(lines, LINES_PER_WRITE)):
            copy.write(some)


def _lines(broadcast: Broadcast, rows: Iterable[PlannedMessage]) -> Iterator[str]:
    endings: dict[tuple[RenderedWords, PlannedOutcome, NoTextReason | None], str] = {}
    for student, outcome, why, words, _ in rows:
        alike = (words, outcome, why)
        ending = endings.get(alike)
        if ending is None:
            ending = _ending(
                broadcast,
                words,
                outcome,
                why,
            )
            endings[alike] = ending
        phone = _escaped(student.mobile) if outcome is PlannedOutcome.TEXT else ""
        yield f"{student.pk}\t{phone}\t{ending}"


def _ending(
    broadcast: Broadcast,
    words: RenderedWords,
    outcome: PlannedOutcome,
    why: NoTextReason | None,
) -> str:
    reason = why.value if why else ""
    texts = (outcome.value, reason, words.subject, words.body, words.notice)
    escaped = map(_escaped, texts)
    return "\t".join([str(broadcast.pk), *escaped, f"{words.segments}\n"])


def _escaped(text: str) -> str:
    # Nearly every phone: looking costs a fraction of translating.
    if text.isprintable() and "\\" not in text:
        return text
    return text.translate(ESCAPES)


def _refuse(*_: object) -> None:
    raise AssertionError("a plan asks nothing after its first row")
