"""Delivery receipts let the status of their texts climb; late
and repeated ones never climb down.

In any number, in any order and any number of times: one statement writes what they say.
From "on its way" and "arrived" nothing else follows (``needs_no_follow_up``), so these
come in
hundreds; a failure has follow-ups and comes alone.
"""

import re
import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from quadline.carriers.protocol import Failure, Receipt, ReceiptProgress
from quadline.conversations.causes import Cause
from quadline.conversations.models import Message
from quadline.conversations.rules import Status
from quadline.conversations.statuses import sql
from quadline.delivery.failsafe import closing
from quadline.delivery.sending import recording, sender
from quadline.jobs import enqueue
from quadline.live.notifications import TELL_NEWS
from quadline.numbers import probing
from quadline.numbers.rules import NumberState
from quadline.roster import trouble

CLIMBS_TO: dict[ReceiptProgress, Status] = {
    ReceiptProgress.SENT: Status.SENT,
    ReceiptProgress.DELIVERED: Status.DELIVERED,
    ReceiptProgress.UNDELIVERED: Status.UNDELIVERED,
    ReceiptProgress.FAILED: Status.FAILED,
}
RECEIPT_STEPS = sql.steps_to(*CLIMBS_TO.values())
GOOD_NEWS = frozenset({ReceiptProgress.SENT, ReceiptProgress.DELIVERED})
OUR_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

RECEIPT_CLIMB = sql.climbed(
    "asked.following",
    if_="asked.climbs",
    reason="asked.reason",
    detail="asked.detail",
)
RECEIPT_EVENT = sql.event(
    "asked",
    cause=Cause.RECEIPT,
    to="following",
    code="code",
    key="told_id || '-' || following",
)
# Texts are locked in the order of their ids, so that two workers with receipts of the
# same texts wait for each other in one direction. A receipt that is quicker than the
# carrier's own answer, or whose answer was lost, brings the carrier's id with it; a
# look-up (reconciliation.py) may have given that id to a text of the same words. A
# known key
# is no news.
APPLY_RECEIPTS = f"""
    WITH standing AS MATERIALIZED (
        SELECT
            message.id, message.status, message.carrier_message_id,
            message.student_phone, message.conversation_id,
            news.status AS following, news.carrier_message_id AS told_id,
            news.reason, news.detail, news.code,
            message.carrier_message_id = ''
            AND news.carrier_message_id <> ''
            AND NOT EXISTS (
                SELECT 1
                FROM conversations_message AS other
                WHERE other.carrier_message_id = news.carrier_message_id
                  AND other.carrier_message_id <> ''
            ) AS brings_id
        FROM unnest(
            %(ids)s::uuid[], %(carrier_ids)s::text[], %(statuses)s::text[],
            %(reasons)s::text[], %(details)s::text[], %(codes)s::text[]
        ) AS news (id, carrier_message_id, status, reason, detail, code)
        JOIN conversations_message AS message ON message.id = news.id
        ORDER BY message.id
        FOR NO KEY UPDATE OF message
    ),
    asked AS MATERIALIZED (
        SELECT standing.*, {sql.IS_STEP} AS climbs FROM standing
    ),
    climbed AS (
        UPDATE conversations_message AS message
        SET {RECEIPT_CLIMB},
            carrier_code = CASE
                WHEN NOT asked.climbs THEN message.carrier_code
                WHEN asked.reason = '' THEN ''
                ELSE asked.code
            END,
            carrier_message_id = CASE
                WHEN asked.brings_id THEN asked.told_id
                ELSE message.carrier_message_id
            END,
            sent_at = CASE
                WHEN asked.brings_id OR message.carrier_message_id <> ''
                    THEN COALESCE(message.sent_at, %(now)s)
                ELSE message.sent_at
            END
        FROM asked
        WHERE message.id = asked.id AND (asked.climbs OR asked.brings_id)
    ),
    noted AS ({RECEIPT_EVENT}),
    seen AS (
        SELECT
            conversation.staff_id AS user_id,
            'conv-' || asked.conversation_id AS event,
            phone.phone
        FROM asked
        JOIN conversations_conversation AS conversation
          ON conversation.id = asked.conversation_id
        LEFT JOIN roster_phonetrouble AS phone
          ON phone.phone = asked.student_phone
         AND asked.climbs
         AND asked.following = 'delivered'
    ),
    news AS (SELECT DISTINCT user_id, event FROM seen),
    told AS MATERIALIZED ({TELL_NEWS})
    SELECT 'unknown', id::text FROM unnest(%(ids)s::uuid[]) AS given (id)
    WHERE NOT EXISTS (SELECT FROM asked WHERE asked.id = given.id)
    UNION ALL SELECT DISTINCT 'in trouble', phone FROM seen WHERE phone IS NOT NULL
    UNION ALL SELECT 'failed', id::text FROM asked WHERE climbs AND reason <> ''
    UNION ALL SELECT 'notifications', count(*)::text FROM told
"""  # noqa: S608  # no value in it


def needs_no_follow_up(receipt: Receipt) -> bool:
    """Whether nothing follows from it but a status and an
    event, and it names its text.
    """
    return (
        receipt.failure is None
        and receipt.progress in GOOD_NEWS
        and OUR_ID.fullmatch(receipt.reference) is not None
    )


@transaction.atomic
def apply_receipts_in_order(
    receipts: Sequence[Receipt], *, now: datetime
) -> list[Receipt]:
    """Apply them in order. Returns those that are about no text of ours.

    Each is known by our reference; else by the carrier's id.
    """
    named = [
        (receipt, _our_id(receipt))
        for receipt in receipts
        if not _is_read_as_probe(receipt, now)
    ]
    unknown = _apply_all([(receipt, ours) for receipt, ours in named if ours], now)
    unknown += [receipt for receipt, ours in named if not ours]
    if not unknown:
        return []
    by_carrier_id = _texts_of(unknown)
    found = [
        (receipt, by_carrier_id.get(receipt.carrier_message_id, ""))
        for receipt in unknown
    ]
    _apply_all([(receipt, ours) for receipt, ours in found if ours], now)
    return [receipt for receipt, ours in found if not ours]


def _is_read_as_probe(receipt: Receipt, now: datetime) -> bool:
    if not probing.is_about_a_probe(receipt):
        return False
    number = probing.read_probe(receipt, now=now)
    if number is not None and number.state == NumberState.ACTIVE:
        enqueue(sender.send_due_texts)  # what waited for the number
    return True


def _our_id(receipt: Receipt) -> str:
    """Of the text that the receipt names, as the database
    writes ids; "" when it names none.
    """
    if OUR_ID.fullmatch(receipt.reference):
        return receipt.reference
    try:
        return str(uuid.UUID(receipt.reference))
    except ValueError:
        return ""


def _texts_of(receipts: Sequence[Receipt]) -> dict[str, str]:
    """Our ids of texts by the carrier's."""
    ids = {receipt.carrier_message_id for receipt in receipts} - {""}
    texts = Message.objects.filter(carrier_message_id__in=ids)
    return {
        carrier_id: str(id)
        for carrier_id, id in texts.values_list("carrier_message_id", "pk")
    }


ReceiptOfText = tuple[Receipt, str]  # with the id of its text


def _apply_all(named: Sequence[ReceiptOfText], now: datetime) -> list[Receipt]:
    """Returns those of which there is no such text."""
    unknown: list[Receipt] = []
    for some in _rounds(named):
        unknown += _apply_each(some, now)
    return unknown


def _rounds(named: Sequence[ReceiptOfText]) -> list[list[ReceiptOfText]]:
    """In each round a text has one receipt: its first, then its second."""
    texts = {ours for _, ours in named}
    if len(texts) == len(named):
        return [list(named)] if named else []
    times_met: Counter[str] = Counter()
    rounds: defaultdict[int, list[ReceiptOfText]] = defaultdict(list)
    for receipt, ours in named:
        rounds[times_met[ours]].append((receipt, ours))
        times_met[ours] += 1
    return list(rounds.values())


def _apply_each(named: Sequence[ReceiptOfText], now: datetime) -> list[Receipt]:
    """At most one for each text."""
    failures = [(receipt, ours) for receipt, ours in named if receipt.failure]
    recording.wait_if_opted_out(
        (message, receipt.failure) for message, receipt in _with_messages(failures)
    )
    with connection.cursor() as cursor:
        cursor.execute(APPLY_RECEIPTS, _values(named, now))
        rows = cursor.fetchall()
    outcome: defaultdict[str, set[str]] = defaultdict(set)
    for kind, value in rows:
        outcome[kind].add(value)
    if outcome["in trouble"]:
        trouble.clear_all(outcome["in trouble"])
    for message, receipt in _with_messages(failures):
        has_failed = str(message.pk) in outcome["failed"]
        _follow_up(message, receipt, has_failed=has_failed, now=now)
    unknown = outcome["unknown"]
    return [receipt for receipt, ours in named if ours in unknown]


def _with_messages(named: Sequence[ReceiptOfText]) -> list[tuple[Message, Receipt]]:
    if not named:
        return []
    ids = [ours for _, ours in named]
    texts = Message.objects.select_related("conversation", "system_number")
    messages = {str(text.pk): text for text in texts.filter(pk__in=ids)}
    known = [(receipt, ours) for receipt, ours in named if ours in messages]
    return [(messages[ours], receipt) for receipt, ours in known]


def _follow_up(
    message: Message,
    receipt: Receipt,
    *,
    has_failed: bool,
    now: datetime,
) -> None:
    assert receipt.failure is not None, "nothing else follows from good news"
    if has_failed:
        # Never handed over again automatically, whatever the reason: the carrier had
        # taken it, and it may yet arrive.
        closing.write_email(message, now=now, after=closing.receipt_wait())
        recording.learn_from_failure(
            message,
            receipt.failure,
            receipt.carrier_code,
            now=now,
        )
    elif receipt.failure is Failure.OPTED_OUT:
        recording.learn_opt_out(message, receipt.failure, now=now)


def _values(named: Sequence[ReceiptOfText], now: datetime) -> dict[str, Any]:
    receipts = [receipt for receipt, _ in named]
    whys = [_why(receipt) for receipt in receipts]
    return {
        "now": now,
        "ids": _as_array([ours for _, ours in named]),
        "carrier_ids": _as_array([receipt.carrier_message_id for receipt in receipts]),
        "statuses": _as_array(
            [CLIMBS_TO[receipt.progress].value for receipt in receipts]
        ),
        "reasons": _as_array([reason for reason, _ in whys]),
        "details": _as_array([detail for _, detail in whys]),
        "codes": _as_array([receipt.carrier_code for receipt in receipts]),
        **RECEIPT_STEPS,
    }


def _why(receipt: Receipt) -> tuple[str, str]:
    if receipt.failure is None:
        return "", ""
    fields = recording.failure_fields(receipt.failure, receipt.carrier_code)
    return fields["reason"], fields["detail"]


def _as_array(words: Sequence[str]) -> str:
    """As the database reads an array."""
    if not words:
        return "{}"
    # The driver would look at each word in Python, which took a fifth of all the time.
    escaped = [word.replace("\\", "\\\\").replace('"', '\\"') for word in words]
    return '{"' + '","'.join(escaped) + '"}'
