"""Settle attempts whose outcome is unknown: read the carrier's
log before anything is sent again.

In bulk, for after an outage thousands are in doubt: one reading of a number's log
serves all of its texts.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from quadline import clock
from quadline.carriers.protocol import Unknown
from quadline.conversations.models import Message
from quadline.conversations.statuses import sql
from quadline.delivery.models import Attempt
from quadline.delivery.outcomes.carrier_log import LogQuery, LogReadings, read_log
from quadline.delivery.outcomes.log_matching import UnknownAttempt, match_log
from quadline.delivery.rules import (
    ATTEMPT_LOST_AFTER,
    FIRST_LOOK_AFTER,
    MAX_ATTEMPTS,
    look_back_for,
    next_look_after,
)
from quadline.delivery.sending import daily_cap, recording
from quadline.delivery.sending.sender import send_due_texts
from quadline.jobs import enqueue, job

ATTEMPTS_PER_LOOK = 2000  # attempts
# then another worker looks them up: the one that began is dead
READING_VALID_FOR = timedelta(minutes=2)
TRY_AGAIN_AFTER = timedelta(seconds=10)
SHORTLY = timedelta(seconds=1)
A_PERSON_DECIDES = (
    "We could not learn whether this text went out. Ask the student, or write again."
)
SENDING_AGAIN = "The carrier does not have it. Sending it again."

# Number by number, so that a log is read once for all of its texts, and those that have
# waited longest first.
TAKE_UNKNOWN_ATTEMPTS = """
    WITH due AS (
        SELECT attempt.id, message.system_number_id AS number_id, attempt.next_look_at
        FROM delivery_attempt AS attempt
        JOIN conversations_message AS message ON message.id = attempt.message_id
        WHERE attempt.outcome = 'unknown' AND attempt.next_look_at <= %(now)s
    ),
    longest AS (
        SELECT number_id, min(next_look_at) AS since FROM due GROUP BY number_id
    ),
    chosen AS (
        SELECT attempt.id, longest.since
        FROM due
        JOIN longest USING (number_id)
        JOIN delivery_attempt AS attempt USING (id)
        WHERE attempt.outcome = 'unknown' AND attempt.next_look_at <= %(now)s
        ORDER BY longest.since, number_id, attempt.id
        LIMIT %(limit)s
        FOR NO KEY UPDATE OF attempt SKIP LOCKED
    )
    UPDATE delivery_attempt AS attempt SET next_look_at = %(until)s
    FROM chosen WHERE attempt.id = chosen.id
    RETURNING attempt.id, chosen.since
"""
# Each only as it was when the log was read: a reading that was overtaken by another
# decides nothing.
ABSENT_ONCE = """
    UPDATE delivery_attempt AS attempt
    SET looks = attempt.looks + 1,
        next_look_at = GREATEST(
            %(soonest)s, attempt.started_at + seen.wait * interval '1 second'
        )
    FROM unnest(%(ids)s::bigint[], %(looks)s::int[], %(waits)s::float8[])
         AS seen (id, looks, wait)
    WHERE attempt.id = seen.id
      AND attempt.looks = seen.looks
      AND attempt.outcome = 'unknown'
"""
ABSENT_FOR_GOOD = f"""
    WITH absent AS (
        UPDATE delivery_attempt AS attempt
        SET outcome = 'nothing_found',
            looks = attempt.looks + 1,
            why = '',
            next_look_at = NULL
        FROM unnest(%(ids)s::bigint[], %(looks)s::int[]) AS seen (id, looks)
        WHERE attempt.id = seen.id
          AND attempt.looks = seen.looks
          AND attempt.outcome = 'unknown'
        RETURNING attempt.id, attempt.message_id
    ),
    tried AS (
        SELECT absent.message_id, 1 + count(before.id) AS times
        FROM absent
        LEFT JOIN delivery_attempt AS before
          ON before.message_id = absent.message_id
         AND before.outcome = 'nothing_found'
        GROUP BY absent.message_id
    ),
    waits AS (
        SELECT message_id AS id, '' AS reason, NULL::timestamptz AS deadline_at,
               CASE WHEN times < %(most)s THEN %(again)s ELSE %(person)s END AS detail,
               CASE WHEN times < %(most)s THEN %(now)s::timestamptz END AS due_at
        FROM tried
    ),
    next AS (
        UPDATE conversations_message AS message SET {sql.held()}
        FROM waits WHERE message.id = waits.id AND message.status = 'unconfirmed'
        RETURNING message.id, message.due_at
    )
    SELECT absent.id, next.due_at
    FROM absent
    LEFT JOIN next ON next.id = absent.message_id
"""  # noqa: S608  # no value in it
POSTPONE_LOOK = (
    "UPDATE delivery_attempt SET next_look_at = %(at)s WHERE id = ANY(%(ids)s)"
    " AND outcome = 'unknown'"
)


@job(queue="texts", attempts=3)
def settle_unknown_attempts(timestamp: int) -> None:
    """The timetable's sweep: dead workers' attempts, then a look at
    the carrier for all unknown outcomes.
    """
    now = clock.now()
    lost = Attempt.objects.filter(
        outcome=Attempt.Outcome.UNDER_WAY, started_at__lt=now - ATTEMPT_LOST_AFTER
    )
    for attempt in lost.select_related("message"):
        recording.record_unknown(
            attempt.message,
            attempt,
            Unknown("the worker stopped"),
            now=now,
        )
    while attempts := _take(now):
        settle_attempts(attempts, now=now)


def settle_attempts(attempts: Sequence[Attempt], *, now: datetime) -> None:
    """Look once for these texts. Found: adopted. Twice not there: the carrier does not
    have them, and they are due again.
    """
    # a receipt has brought it meanwhile
    known = [attempt for attempt in attempts if attempt.message.carrier_message_id]
    _adopt([(attempt, attempt.message.carrier_message_id) for attempt in known], now)
    sought = [
        _sought(attempt)
        for attempt in attempts
        if not attempt.message.carrier_message_id
    ]
    reading = read_log(_wanted(sought))
    _put_back(sought, reading, now)
    looked_for = [each for each in sought if each.system_phone in reading.texts]
    taken = _of_other_rows(looked_for, reading)
    found = match_log(looked_for, reading.texts, taken=taken)
    by_id = {attempt.pk: attempt for attempt in attempts}
    _adopt([(by_id[each.attempt_id], each.carrier_message_id) for each in found], now)
    adopted = {each.attempt_id for each in found}
    absent = [each for each in looked_for if each.attempt_id not in adopted]
    _note_absence([by_id[each.attempt_id] for each in absent], now=now)


def _take(now: datetime) -> list[Attempt]:
    """Of the numbers that have waited longest first: those that were not reached last
    time, before those whose log could not be read.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            TAKE_UNKNOWN_ATTEMPTS,
            {
                "now": now,
                "until": now + READING_VALID_FOR,
                "limit": ATTEMPTS_PER_LOOK,
            },
        )
        since: dict[int, datetime] = dict(cursor.fetchall())
    related = Attempt.objects.select_related(
        "message__conversation", "message__system_number"
    )
    attempts = related.filter(pk__in=list(since)).order_by("started_at", "pk")
    return sorted(attempts, key=lambda attempt: since[attempt.pk])


def _sought(attempt: Attempt) -> UnknownAttempt:
    message = attempt.message
    assert message.system_number is not None, "an attempted text has a number"
    return UnknownAttempt(
        attempt_id=attempt.pk,
        system_phone=message.system_number.phone,
        student_phone=message.student_phone,
        body=message.text,
        since=attempt.started_at - look_back_for(attempt.looks),
    )


def _wanted(sought: Sequence[UnknownAttempt]) -> dict[str, LogQuery]:
    since: dict[str, datetime] = {}
    for each in sought:
        phone = each.system_phone
        earliest = since.get(phone, each.since)
        since[phone] = min(each.since, earliest)
    return {phone: LogQuery(earliest) for phone, earliest in since.items()}


def _of_other_rows(sought: Sequence[UnknownAttempt], reading: LogReadings) -> set[str]:
    """The carrier's ids, of texts that might be one of
    these, that a row has already.
    """
    alike = {(each.student_phone, each.body) for each in sought}
    ids = [
        text.carrier_message_id
        for texts in reading.texts.values()
        for text in texts
        if (text.student_phone, text.body) in alike
    ]
    return set(
        Message.objects.filter(carrier_message_id__in=ids).values_list(
            "carrier_message_id", flat=True
        )
    )


def _adopt(found: Sequence[tuple[Attempt, str]], now: datetime) -> None:
    taken = [
        recording.AcceptedText(attempt.message_id, attempt.pk, carrier_id)
        for attempt, carrier_id in found
    ]
    recording.record_accepted(taken, now=now)


def _put_back(
    sought: Sequence[UnknownAttempt],
    reading: LogReadings,
    now: datetime,
) -> None:
    """What was not read decides nothing. Numbers nobody came to are
    asked for before those that failed.
    """
    wait = timedelta(seconds=reading.wait)
    failed: list[int] = []
    unasked: list[int] = []
    for each in sought:
        if each.system_phone in reading.failed:
            failed.append(each.attempt_id)
        elif each.system_phone not in reading.texts:
            unasked.append(each.attempt_id)
    _look_again(failed, at=now + TRY_AGAIN_AFTER + wait)
    _look_again(unasked, at=now + SHORTLY + wait)


def _look_again(attempt_ids: list[int], *, at: datetime) -> None:
    if not attempt_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(POSTPONE_LOOK, {"at": at, "ids": attempt_ids})


def _note_absence(attempts: Sequence[Attempt], *, now: datetime) -> None:
    """Each as it was when the log was read."""
    again: list[Attempt] = []
    seconds: list[float] = []
    over: list[Attempt] = []
    for attempt in attempts:
        wait = next_look_after(attempt.looks + 1)
        if wait is None:
            over.append(attempt)
        else:
            again.append(attempt)
            seconds.append(wait.total_seconds())
    with transaction.atomic():
        if again:
            soonest = now + FIRST_LOOK_AFTER
            with connection.cursor() as cursor:
                cursor.execute(
                    ABSENT_ONCE,
                    {"soonest": soonest, "waits": seconds, **_as_seen(again)},
                )
        if over:
            _end_looking(over, now)


def _end_looking(attempts: Sequence[Attempt], now: datetime) -> None:
    """Provably not at the carrier: each is due again, or a person decides."""
    with connection.cursor() as cursor:
        cursor.execute(
            ABSENT_FOR_GOOD,
            {
                "now": now,
                "most": MAX_ATTEMPTS,
                "again": SENDING_AGAIN,
                "person": A_PERSON_DECIDES,
                **_as_seen(attempts),
            },
        )
        decided = dict(cursor.fetchall())
    if any(decided.values()):
        enqueue(send_due_texts)
    for attempt in attempts:
        if attempt.pk in decided:  # not by another reading meanwhile
            daily_cap.return_segments(
                attempt.message.segments, claimed_at=attempt.started_at
            )


def _as_seen(attempts: Sequence[Attempt]) -> dict[str, list[int]]:
    return {
        "ids": [attempt.pk for attempt in attempts],
        "looks": [attempt.looks for attempt in attempts],
    }
