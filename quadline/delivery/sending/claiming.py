"""Claim due texts: each row by one worker, in the order written within a
conversation, no number above its rate.

Single texts go before a broadcast's, and numbers take turns, so nobody's thousands hold
up another's fifty.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from quadline import clock
from quadline.college.current import college_settings
from quadline.conversations.causes import Cause
from quadline.conversations.models import Message, whole_text
from quadline.conversations.rules import BEFORE_AN_ATTEMPT, WITH_THE_CARRIER, Status
from quadline.conversations.statuses import sql
from quadline.delivery.models import Attempt
from quadline.delivery.permission.recipients import (
    LAST_TEXT_FROM_STUDENT,
    TextRecipient,
)
from quadline.delivery.rules import CATCH_UP, texts_at_once
from quadline.delivery.sending import daily_cap, quiet_hours_deferral
from quadline.live.notifications import TELL_NEWS

# From a number that rests, and from one of somebody whose account was switched off (a
# shared inbox's is nobody's), only the answer that says who follows may leave; that
# overtakes what waits for the successor's number.
MAY_LEAVE = """
    (number.state = 'active' AND number.is_open OR EXISTS (
        SELECT FROM delivery_successoranswer AS answer
        WHERE answer.message_id = message.id AND number.state IN ('active', 'resting')
    ))
"""
# The numbers whose turn it is: those with a single text first, then who has waited
# longest. A number in another worker's hands is passed over.
DUE_NUMBERS = f"""
    SELECT number.id, first.is_bulk
    FROM numbers_systemnumber AS rented
    LEFT JOIN accounts_user AS owner ON owner.id = rented.user_id
    CROSS JOIN LATERAL (SELECT rented.id, rented.state, rented.free_at,
                               owner.is_active IS NOT FALSE AS is_open) AS number
    CROSS JOIN LATERAL (SELECT message.is_bulk FROM conversations_message AS message
                        WHERE message.system_number_id = number.id
                          AND message.due_at <= %(now)s AND {MAY_LEAVE}
                        ORDER BY message.is_bulk LIMIT 1) AS first
    WHERE rented.state IN ('active', 'resting')
      AND (number.free_at IS NULL OR number.free_at <= %(now)s)
      AND number.id <> ALL(%(passed)s)
    ORDER BY first.is_bulk, number.free_at NULLS FIRST, number.id
    LIMIT %(limit)s
    FOR NO KEY UPDATE OF rented SKIP LOCKED
"""  # noqa: S608  # no value in it

# A text is left alone while an earlier one of its conversation has not been handed
# over, though it could be. An unconfirmed one holds the others back only as long as it
# is being looked up. OFFSET 0 has the database look at each conversation by its index:
# else a planner whose statistics are from before a broadcast reads every open text. It
# also would if it were told which statuses are open, for which there is an index: it is
# told which are over. What is over does not leave again, even if it is due by mistake.
DUE_TEXTS = f"""
    SELECT text.id, text.segments, text.is_bulk
    FROM unnest(%(numbers)s::bigint[]) AS chosen (id)
    CROSS JOIN LATERAL (
        SELECT rented.id, rented.state, owner.is_active IS NOT FALSE AS is_open
        FROM numbers_systemnumber AS rented
        LEFT JOIN accounts_user AS owner ON owner.id = rented.user_id
        WHERE rented.id = chosen.id OFFSET 0
    ) AS number
    CROSS JOIN LATERAL (
        SELECT message.id, message.segments, message.is_bulk
        FROM conversations_message AS message
        WHERE message.system_number_id = number.id
          AND message.is_bulk <= %(bulk)s AND message.due_at <= %(now)s
          AND message.status <> ALL(%(over)s) AND {MAY_LEAVE}
          AND NOT EXISTS (
            SELECT 1 FROM conversations_message AS earlier
            WHERE number.state <> 'resting'
              AND earlier.conversation_id = message.conversation_id
              AND earlier.position < message.position
              AND earlier.channel = 'text'
              AND earlier.status IN ('queued', 'sending', 'unconfirmed', 'waiting')
              AND (earlier.status IN ('queued', 'sending')
                      AND (earlier.reason <> 'quiet_hours' OR earlier.due_at <= %(now)s)
                   OR earlier.status = 'waiting' AND earlier.due_at <= %(now)s
                      AND earlier.system_number_id = message.system_number_id
                   OR earlier.status = 'unconfirmed' AND EXISTS (
                      SELECT 1 FROM delivery_attempt AS attempt
                      WHERE attempt.message_id = earlier.id
                        AND attempt.started_at > %(now)s - interval '10 minutes'))
            OFFSET 0)
        ORDER BY message.is_bulk, message.due_at, message.position
        LIMIT %(each)s
        FOR NO KEY UPDATE OF message SKIP LOCKED
    ) AS text
"""  # noqa: S608  # no value in it

# From here the carrier may have them. A text tried before keeps its status: it never
# falls. A text that waited goes to the phone the student has now. Each number is busy
# for as long as its segments take.
CLIMB_TO_SENDING = sql.climbed(
    f"'{Status.SENDING}'", if_="due.climbs", cleared_if="true"
)
PICKED_UP_EVENT = sql.event(
    "(SELECT * FROM due WHERE climbs) AS picked",
    cause=Cause.PICKED_UP,
    to=f"'{Status.SENDING}'",
)
CLAIM_TEXTS = f"""
    WITH due AS MATERIALIZED (
        SELECT message.id, message.status, message.segments,
               message.system_number_id AS number_id,
               message.status = ANY(%(lower)s::text[]) AS climbs
        FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS text (id, place)
        JOIN conversations_message AS message ON message.id = text.id
        ORDER BY text.place
    ),
    paced AS (
        UPDATE numbers_systemnumber AS number
        SET free_at = CASE WHEN number.free_at > %(late)s
                           THEN number.free_at
                           ELSE %(now)s END
                      + sent.segments * %(seconds_each)s * interval '1 second'
        FROM (SELECT number_id, sum(greatest(segments, 1)) AS segments
              FROM due GROUP BY number_id) AS sent
        WHERE number.id = sent.number_id
    ),
    told AS ({PICKED_UP_EVENT}),
    sending AS (
        UPDATE conversations_message AS message
        SET {CLIMB_TO_SENDING},
            student_phone = COALESCE(NULLIF(student.mobile, ''), message.student_phone)
        FROM due, conversations_conversation AS conversation
        LEFT JOIN roster_student AS student ON student.id = conversation.student_id
        WHERE message.id = due.id AND conversation.id = message.conversation_id
        RETURNING message.id, message.is_bulk, message.body, message.notice,
                  message.student_phone, message.conversation_id,
                  message.system_number_id, conversation.staff_id,
                  ({LAST_TEXT_FROM_STUDENT}) AS wrote_at,
                  COALESCE(student.mobile, conversation.phone) AS mobile,
                  student.landline, student.time_zone, conversation.student_id
    ),
    attempted AS (
        INSERT INTO delivery_attempt (message_id, started_at, outcome, why, looks)
        SELECT id, %(now)s, 'under_way', '', 0 FROM due
        RETURNING id, message_id
    ),
    news AS (
        SELECT staff_id AS user_id, 'conv-' || conversation_id AS event FROM sending
    ),
    announced AS ({TELL_NEWS})
    SELECT sending.id, attempted.id, sending.conversation_id, sending.staff_id,
           sending.is_bulk, sending.body, sending.notice,
           sending.student_phone, number.phone, sending.mobile,
           COALESCE(sending.landline, ''),
           COALESCE(sending.time_zone, ''), sending.wrote_at, sending.student_id,
           (SELECT count(*) FROM announced)
    FROM sending
    JOIN attempted ON attempted.message_id = sending.id
    JOIN numbers_systemnumber AS number ON number.id = sending.system_number_id
    ORDER BY sending.is_bulk, attempted.id
"""  # noqa: S608  # no value in it
FINISHED_STATUSES = sorted(set(Status) - BEFORE_AN_ATTEMPT - WITH_THE_CARRIER)
NEXT_FREE_NUMBER = """
    SELECT min(number.free_at)
    FROM numbers_systemnumber AS number
    WHERE number.state = 'active' AND number.free_at > %(now)s
      AND EXISTS (SELECT 1 FROM conversations_message AS message
                  WHERE message.system_number_id = number.id
                    AND message.due_at <= number.free_at)
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """One text that this worker hands over, by a committed attempt; all that the way
    to the carrier and back has to know.

    Values, not rows: hundreds are claimed at once, and almost all of them are accepted.
    """

    message_id: UUID
    attempt_id: int
    started_at: datetime
    since: float  # the same in clock.monotonic_seconds() of this process
    conversation_id: int
    inbox_id: int
    is_bulk: bool
    text: str
    to: TextRecipient

    @property
    def message(self) -> Message:
        """The row as it stands now, for what happens to few texts."""
        return Message.objects.select_related(
            "system_number", "conversation__student", "conversation__inbox__owner"
        ).get(pk=self.message_id)

    @property
    def attempt(self) -> Attempt:
        return Attempt(
            pk=self.attempt_id,
            message_id=self.message_id,
            started_at=self.started_at,
        )


def claim_batch(
    *,
    limit: int,
) -> list[Claim]:
    """Claim at most ``limit`` due texts and commit an attempt
    for each. Single texts come first.
    """
    since, now = clock.monotonic_seconds(), clock.read_database_clock()
    with transaction.atomic(), connection.cursor() as cursor:
        texts = daily_cap.within_daily_cap(_within_daily_cap(cursor, now, limit), now)
        if not texts:
            return []
        found: dict[str, Any] = {
            "now": now,
            "ids": [text[0] for text in texts],
            "lower": sql.lower_than(Status.SENDING),
        }
        cursor.execute(
            CLAIM_TEXTS, {**found, **_pace(college_settings().texts_per_second, now)}
        )
        return [_claim(row, now, since) for row in cursor.fetchall()]


def _within_daily_cap(
    cursor: Any,
    now: datetime,
    limit: int,
) -> list[daily_cap.DueText]:
    """Texts whose turn it is, and for whose students it is no night."""
    while due := _first_due(cursor, now, limit):
        held = quiet_hours_deferral.defer_for_quiet_hours(
            [text[0] for text in due], now=now
        )
        if by_day := [text for text in due if text[0] not in held]:
            return by_day
    return []


def _first_due(
    cursor: Any,
    now: datetime,
    limit: int,
) -> list[daily_cap.DueText]:
    """Texts of the numbers whose turn it is. Numbers whose texts may all
    not leave yet hold up nobody else's.
    """
    passed: list[int] = []
    while True:
        cursor.execute(
            DUE_NUMBERS,
            {
                "now": now,
                "limit": limit,
                "passed": passed,
            },
        )
        found = cursor.fetchall()
        # Single texts alone are claimed in a moment.
        due = _due(
            cursor,
            [number for number, is_bulk in found if not is_bulk],
            now,
            limit=limit,
            bulk=False,
        )
        due = due or _due(
            cursor,
            [number for number, _ in found],
            now,
            limit=limit,
        )
        if due or len(found) < limit:
            return due
        passed += [number for number, _ in found]


def _due(
    cursor: Any,
    numbers: Sequence[int],
    now: datetime,
    *,
    limit: int,
    bulk: bool = True,
) -> list[daily_cap.DueText]:
    """Texts of these numbers that may leave now, as ``DUE_TEXTS`` has them;
    single ones only, if not ``bulk``.
    """
    if not numbers:
        return []
    rate = college_settings().texts_per_second
    each = texts_at_once(rate, share=limit // len(numbers))
    cursor.execute(
        DUE_TEXTS,
        {
            "now": now,
            "numbers": numbers,
            "bulk": bulk,
            "each": each,
            "over": FINISHED_STATUSES,
        },
    )
    return list(cursor.fetchall())


def next_free_number_at(now: datetime) -> datetime | None:
    """When the next of the numbers that keep texts waiting is
    free again; None when none does.
    """
    with connection.cursor() as cursor:
        cursor.execute(NEXT_FREE_NUMBER, {"now": now})
        (at,) = cursor.fetchone()
    return at  # type: ignore[no-any-return]


def _pace(
    rate: float,
    now: datetime,
) -> dict[str, Any]:
    """A number that was a little late to its turn keeps its beat.

    Without a rate it is free again at once, behind those that have waited longer.
    """
    late, seconds_each = (now - CATCH_UP, 1 / rate) if rate else (now, 0.0)
    return {"late": late, "seconds_each": seconds_each}


def _claim(
    row: Sequence[Any],
    now: datetime,
    since: float,
) -> Claim:
    (
        message_id,
        attempt_id,
        conversation_id,
        inbox_id,
        is_bulk,
        body,
        notice,
        student_phone,
        system_phone,
        *known,
        _,
    ) = row
    return Claim(
        message_id,
        attempt_id,
        now,
        since,
        conversation_id,
        inbox_id,
        is_bulk,
        whole_text(body, notice),
        TextRecipient((student_phone, system_phone), *known),
    )
