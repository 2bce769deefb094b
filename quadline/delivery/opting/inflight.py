"""Calls under way to a student who stops: waited for by their attempts, too, for a lock
dies with its database session.

The lock of a pair (consent/ledger.py) keeps texts back that are about to leave. This is
for those that have left already.
"""

from collections.abc import Iterable, Mapping
from time import sleep
from typing import Any

from django.db import connection

from quadline import clock
from quadline.consent import ledger
from quadline.consent.ledger import PhonePair
from quadline.delivery.permission import opt_out_scope
from quadline.delivery.rules import CALL_ENDED_AFTER

POLL_INTERVAL_MS = 50
# now() is when the transaction began: all its STOPs together wait no longer than one.
# The index of attempts under way finds the few of the last seconds.
CALLS_IN_FLIGHT = """
    SELECT
        clock_timestamp() < now() + %(patience)s * interval '1 millisecond'
        AND EXISTS (
            SELECT 1
            FROM delivery_attempt AS attempt
            JOIN conversations_message AS message ON message.id = attempt.message_id
            JOIN numbers_systemnumber AS number
              ON number.id = message.system_number_id
            WHERE attempt.outcome = 'under_way'
              AND attempt.started_at > %(since)s
              AND message.student_phone = %(student)s
              AND number.phone = ANY(%(systems)s)
        )
"""
# To whom, and from which number, a call of the last seconds is not known to be over.
PAIRS_IN_FLIGHT = """
    SELECT DISTINCT message.student_phone, number.phone
    FROM (
        SELECT message_id FROM delivery_attempt
        WHERE outcome = 'under_way' AND started_at > %(since)s OFFSET 0
    ) AS attempt
    CROSS JOIN LATERAL (
        SELECT student_phone, system_number_id FROM conversations_message
        WHERE id = attempt.message_id OFFSET 0
    ) AS message
    JOIN numbers_systemnumber AS number ON number.id = message.system_number_id
    WHERE message.student_phone = ANY(%(students)s)
"""


def block_sends(pair: PhonePair) -> None:
    """At the beginning of a transaction that opts a student out, before
    it locks a conversation or a text.
    """
    # What became of a text is written down before its attempt has an outcome: a STOP
    # that waited with the conversation locked, and a text refused just then,
    # would wait for each other.
    ledger.lock_exclusive(pair)
    wait_for_calls(pair)


def try_block_sends(pairs: Mapping[PhonePair, bool]) -> set[PhonePair]:
    """The same for many pairs at once, without waiting: those whose texts are
    kept back until the transaction ends.

    ``pairs``: to each, whether calls under way count, too, as they do when the student
    is opted out.
    """
    locked = ledger.try_lock_exclusive(pairs)
    busy = _with_inflight_calls(pair for pair in locked if pairs[pair])
    return locked - busy


def _with_inflight_calls(pairs: Iterable[PhonePair]) -> set[PhonePair]:
    """Those of the pairs to whom a call is under way from any of
    the numbers that a STOP reaches.
    """
    wanted = set(pairs)
    if not wanted:
        return set()
    since = clock.now() - CALL_ENDED_AFTER
    students = sorted({student for student, _ in wanted})
    with connection.cursor() as cursor:
        cursor.execute(PAIRS_IN_FLIGHT, {"since": since, "students": students})
        calls = cursor.fetchall()
    if not calls:
        return set()
    reach = opt_out_scope.system_phones_by_stop({system for _, system in wanted})
    busy: set[PhonePair] = set()
    for student, system in wanted:
        called_from = {phone for called, phone in calls if called == student}
        if not called_from.isdisjoint(reach[system]):
            busy.add((student, system))
    return busy


def wait_for_calls(pair: PhonePair) -> None:
    """Until no call to this student is under way, within the patience
    that the ledger has for the lock, which the transaction has asked for.
    """
    # A text that was claimed and not yet called finds the lock taken, and ends the
    # wait. Counted, and not timed: the clock may be set meanwhile.
    for _ in range(ledger.LOCK_TIMEOUT_MS // POLL_INTERVAL_MS):
        if not _is_inflight(pair):
            return
        sleep(POLL_INTERVAL_MS / 1000)


def _is_inflight(pair: PhonePair) -> bool:
    """Each question sees what was committed before it."""
    asked: dict[str, Any] = {
        "patience": ledger.LOCK_TIMEOUT_MS,
        "since": clock.now() - CALL_ENDED_AFTER,
        "student": pair[0],
        "systems": opt_out_scope.system_phones_reached(pair[1]),
    }
    with connection.cursor() as cursor:
        cursor.execute(CALLS_IN_FLIGHT, asked)
        return bool(cursor.fetchone()[0])
