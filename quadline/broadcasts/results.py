"""How a broadcast goes and what came of it; every count equals the rows it links to."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from quadline.broadcasts.models import Broadcast, Recipient
from quadline.broadcasts.retrying import may_be_retried as may_be_retried
from quadline.broadcasts.retrying import retry_failed as retry_failed
from quadline.broadcasts.rules import NO_TEXT_WORDS, BroadcastState, NoTextReason
from quadline.college.current import college_settings
from quadline.consent.requests_in_sql import is_request
from quadline.conversations.rules import RANK, STATUS_WORDS, Status, WaitingFor
from quadline.roster.models import Student, StudentQuerySet

NOTHING = "nothing"
REPLIED_FILTER, OPTED_OUT_FILTER = "replied", "opted_out"
NOTHING_WORDS = "Not sent"

# A reply is the first thing a student wrote after it went out, by text or email. A
# keyword is not one. An opt-out is because of it within a day of its text, when no
# later text lies in between.
CAME_OF_IT = f"""
    SELECT
        recipient.id,
        COALESCE(message.status, 'nothing') AS stands,
        reply.at AS replied_at,
        stop.at AS opted_out_at,
        student.id AS student_id,
        student.last_name,
        student.first_name
    FROM broadcasts_recipient AS recipient
    CROSS JOIN LATERAL (
        SELECT id, last_name, first_name FROM roster_student
        WHERE id = recipient.student_id OFFSET 0
    ) AS student
    LEFT JOIN LATERAL (
        SELECT * FROM conversations_message
        WHERE id = recipient.message_id OFFSET 0
    ) AS message ON true
    LEFT JOIN LATERAL (
        SELECT last_inbound_at FROM conversations_conversation
        WHERE id = message.conversation_id OFFSET 0
    ) AS conversation ON true
    LEFT JOIN LATERAL (
        SELECT phone FROM numbers_systemnumber
        WHERE id = message.system_number_id OFFSET 0
    ) AS number ON true
    LEFT JOIN LATERAL (
        SELECT min(inbound.created_at) AS at
        FROM (
            SELECT * FROM conversations_message
            WHERE conversation_id = message.conversation_id OFFSET 0
        ) AS inbound
        WHERE conversation.last_inbound_at >= message.created_at
          AND inbound.position > message.position
          AND inbound.direction = 'inbound'
          AND inbound.created_at >= COALESCE(message.sent_at, message.created_at)
          AND message.status NOT IN ('waiting', 'queued', 'cancelled')
          AND NOT {is_request("inbound")}
    ) AS reply ON true
    LEFT JOIN LATERAL (
        SELECT min(entry.occurred_at) AS at
        FROM (
            SELECT * FROM consent_consententry
            WHERE student_phone = message.student_phone
              AND system_phone = number.phone OFFSET 0
        ) AS entry
        WHERE message.channel = 'text'
          AND entry.change = 'opt_out'
          AND entry.source = 'reply'
          AND entry.occurred_at >= message.sent_at
          AND entry.occurred_at < message.sent_at + interval '24 hours'
          AND NOT EXISTS (
              SELECT FROM (
                  SELECT * FROM conversations_message
                  WHERE conversation_id = message.conversation_id OFFSET 0
              ) AS later
              WHERE later.position > message.position
                AND later.direction = 'outbound'
                AND later.channel = 'text'
                AND later.sent_at < entry.occurred_at
          )
    ) AS stop ON true
    WHERE recipient.broadcast_id = %(broadcast)s
"""  # noqa: S608  # no value in it
RESULT_FILTERS = {
    "": "",
    REPLIED_FILTER: "WHERE replied_at IS NOT NULL",
    OPTED_OUT_FILTER: "WHERE opted_out_at IS NOT NULL",
}
STANDS = "WHERE stands = %(status)s"
COUNTS = f"""
    SELECT count(replied_at), count(opted_out_at) FROM ({CAME_OF_IT}) AS came
"""  # noqa: S608  # no value in it
LIST_RESULTS = """
    SELECT id, stands, replied_at, opted_out_at FROM ({came}) AS came
    {where}
    ORDER BY last_name, first_name, student_id
    LIMIT %(limit)s OFFSET %(offset)s
"""
QUIET = f"""
    SELECT student_id FROM ({CAME_OF_IT}) AS came
    WHERE replied_at IS NULL
      AND opted_out_at IS NULL
      AND stands NOT IN ('nothing', 'waiting', 'queued', 'cancelled')
"""  # noqa: S608  # no value in it
# What stands where, and what of it has not left: texts before an attempt, and emails
# instead of a text that never left.
COUNT_STATUSES = """
    SELECT
        COALESCE(message.status, 'nothing'),
        count(*),
        count(*) FILTER (WHERE waits),
        COALESCE(sum(message.segments) FILTER (WHERE waits AND channel = 'text'), 0),
        bool_or(waits AND message.reason = 'number'),
        count(*) FILTER (WHERE waits AND message.due_at > %(now)s),
        max(message.due_at) FILTER (WHERE waits),
        COALESCE(array_agg(DISTINCT message.reason) FILTER (WHERE waits), '{}'),
        count(*) FILTER (
            WHERE message.status = 'cancelled'
            OR message.status = 'blocked' AND email.state = 'dropped'
        )
    FROM broadcasts_recipient AS recipient
    LEFT JOIN LATERAL (
        SELECT id, status, channel, segments, reason, due_at FROM conversations_message
        WHERE id = recipient.message_id OFFSET 0
    ) AS message ON true
    LEFT JOIN LATERAL (
        SELECT state FROM delivery_outgoingemail
        WHERE message_id = message.id OFFSET 0
    ) AS email ON true
    CROSS JOIN LATERAL (
        SELECT message.status IN ('waiting', 'queued')
            OR message.status = 'blocked' AND email.state = 'queued' AS waits
    ) AS asked
    WHERE recipient.broadcast_id = %(broadcast)s
    GROUP BY 1
"""
# No rate and no night says when it goes on.
HELD_BY = frozenset({WaitingFor.QUESTION, WaitingFor.AUTHOR, WaitingFor.TOMORROW})
# The carrier or the mail server has said that it has them.
TAKEN_STATUSES = frozenset(
    {Status.SENT, Status.DELIVERED, Status.UNDELIVERED, Status.BOUNCED, Status.EMAILED}
)
EMAILS_A_SECOND = 5.0  # a careful guess, for how long is left
AFTER_ALL_RANKS = 99  # of the ladder of statuses


@dataclass(frozen=True)
class StatusCount:
    """One status and how many recipients are at it;
    ``status`` is the filter of rows().
    """

    status: str
    words: str
    tone: str  # as conversations.rules.STATUS_WORDS
    count: int


@dataclass(frozen=True)
class BroadcastProgress:
    # those that are not zero, in the order of the ladder; "nothing" last
    counts: list[StatusCount]
    # texts and emails that no longer wait, however they ended; not what was cancelled
    # or stopped before
    done: int
    sent: int  # those of them that the carrier or the mail server has taken
    total: int  # texts and emails
    waiting: int  # what Stop would cancel
    # None while it is paused, waits for a number, a person or tomorrow, or nothing is
    # left
    seconds_left: int | None
    held_until: datetime | None  # when quiet hours keep all that is left waiting
    waits_for_number: bool
    # why all that is left is held, where it waits for a person or for tomorrow
    held_by: frozenset[str]
    replied: int
    opted_out: int  # because of it

    @property
    def percent(self) -> int:
        if not self.total:
            return 100
        return 100 * self.done // self.total


@dataclass(frozen=True)
class RecipientResult:
    """One recipient and what came of it."""

    recipient: Recipient  # with student and message
    status: str  # a message status, or "nothing"
    words: str
    detail: str  # why, in plain words
    emailed: bool
    replied_at: datetime | None
    opted_out_at: datetime | None  # because of it


@dataclass(frozen=True)
class _Standing:
    """One line of STANDING."""

    status: str
    count: int
    waiting: int
    segments: int
    waits_for_number: bool | None
    held: int
    last_due_at: datetime | None
    reasons: list[str]
    stopped: int


def progress_of(broadcast: Broadcast, now: datetime) -> BroadcastProgress:
    lines = [_Standing(*row) for row in _asked(COUNT_STATUSES, broadcast, now=now)]
    replied, opted_out = _asked(COUNTS, broadcast)[0]
    sent = [line for line in lines if line.status != NOTHING]
    taken = [line for line in sent if line.status in TAKEN_STATUSES]
    total = sum(line.count for line in sent)
    waiting = sum(line.waiting for line in sent)
    stopped = sum(line.stopped for line in sent)
    counts = [_count(line.status, line.count) for line in lines]
    waits_for_number = any(line.waits_for_number for line in sent)
    held_by = _held_by(sent)
    all_held = waiting > 0 and waiting == sum(line.held for line in sent)
    is_running = broadcast.state == BroadcastState.RUNNING
    is_moving = is_running and not waits_for_number and not held_by
    return BroadcastProgress(
        counts=sorted(counts, key=_place),
        done=total - waiting - stopped,
        sent=sum(line.count for line in taken),
        total=total,
        waiting=waiting,
        seconds_left=_seconds_left(sent, now) if is_moving and waiting else None,
        held_until=_last_due(sent) if all_held else None,
        waits_for_number=waits_for_number,
        held_by=held_by,
        replied=replied,
        opted_out=opted_out,
    )


def _held_by(lines: list[_Standing]) -> frozenset[str]:
    """Why all that is left is held; empty when some of it moves."""
    reasons = frozenset(reason for line in lines for reason in line.reasons)
    is_held = bool(reasons & HELD_BY)
    # Quiet hours may stand beside these. Alone, they say when they end (held_until).
    moving = reasons - HELD_BY - {WaitingFor.QUIET_HOURS}
    return reasons if is_held and not moving else frozenset()


def recipient_results(
    broadcast: Broadcast,
    status: str = "",
    *,
    offset: int = 0,
    limit: int | None = None,
) -> Iterator[RecipientResult]:
    """Recipients by name. ``status``: one of BroadcastProgress.counts, or
    "replied", "opted_out"; "" for all.
    """
    statement = LIST_RESULTS.format(
        came=CAME_OF_IT, where=RESULT_FILTERS.get(status, STANDS)
    )
    came = _asked(statement, broadcast, status=status, offset=offset, limit=limit)
    ids = [line[0] for line in came]
    found = Recipient.objects.prefetch_related("student", "message")
    recipients = found.in_bulk(ids)
    for recipient_id, stands, replied_at, opted_out_at in came:
        yield _row(recipients[recipient_id], stands, replied_at, opted_out_at)


def not_replied(broadcast: Broadcast) -> StudentQuerySet:
    """Everyone who was written to, has not written back since, and
    has not opted out because of it.
    """
    return Student.objects.filter(pk__in=[line[0] for line in _asked(QUIET, broadcast)])


def _row(
    recipient: Recipient,
    stands: str,
    replied_at: datetime | None,
    opted_out_at: datetime | None,
) -> RecipientResult:
    if recipient.message:
        detail = recipient.message.detail
    elif recipient.reason:
        detail = NO_TEXT_WORDS[NoTextReason(recipient.reason)]
    else:
        detail = ""
    return RecipientResult(
        recipient=recipient,
        status=stands,
        words=_count(stands, 1).words,
        detail=detail,
        emailed=stands == Status.EMAILED,
        replied_at=replied_at,
        opted_out_at=opted_out_at,
    )


def _count(status: str, count: int) -> StatusCount:
    if status == NOTHING:
        return StatusCount(status, NOTHING_WORDS, "", count)
    words, _, tone = STATUS_WORDS[Status(status)]
    return StatusCount(status, words, tone, count)


def _place(count: StatusCount) -> tuple[int, str]:
    if count.status == NOTHING:
        return (AFTER_ALL_RANKS, "")
    return (RANK[Status(count.status)], count.status)


def _seconds_left(lines: list[_Standing], now: datetime) -> int:
    """At the number's rate; what quiet hours hold leaves after them."""
    segments = sum(line.segments for line in lines)
    emails = sum(line.waiting for line in lines if not line.segments)
    rate = college_settings().texts_per_second  # 0: no limit
    for_texts = segments / rate if rate else 0.0
    for_emails = emails / EMAILS_A_SECOND
    last_due_at = _last_due(lines) or now
    held = (last_due_at - now).total_seconds()
    # Texts and emails leave side by side.
    return math.ceil(max(for_texts, for_emails, held))


def _last_due(lines: list[_Standing]) -> datetime | None:
    times = [line.last_due_at for line in lines if line.last_due_at]
    return max(times, default=None)


def _asked(
    statement: str, broadcast: Broadcast, **values: Any
) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"broadcast": broadcast.pk, **values})
        return list(cursor.fetchall())
