"""Receipts that say "on its way" or "arrived", many at once: nothing follows from them but a status and an event.

Which status may follow which is asked of the ladder (conversations/rules.py), as in conversations/statuses.py; only
reading and writing is done for all together.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from quadline.carriers.protocol import Progress, Receipt
from quadline.conversations.rules import Status, may_climb
from quadline.delivery.receipts import CLIMBS_TO
from quadline.live.telling import TELL_NEWS
from quadline.roster import trouble

# Texts are locked in the order of their ids, so that two workers with receipts of the same texts wait for each other in
# one direction. A first receipt brings the carrier's id with it; one that is late, or whose id a look-up (reconcile.py)
# has given to a text of the same words, is left to a closer look. A known key is no news.
APPLY = f"""
    WITH standing AS MATERIALIZED (
        SELECT message.id, message.status, message.carrier_message_id, message.student_phone, message.conversation_id,
               news.status AS following, news.carrier_message_id AS told_id
        FROM unnest(%(ids)s::uuid[], %(carrier_ids)s::text[], %(statuses)s::text[]) AS news (id, carrier_message_id, status)
        JOIN conversations_message AS message ON message.id = news.id
        ORDER BY message.id
        FOR NO KEY UPDATE OF message
    ),
    asked AS (
        SELECT standing.*, (status, following) IN (SELECT * FROM unnest(%(lower)s::text[], %(higher)s::text[])) AS climbs
        FROM standing
    ),
    plain AS MATERIALIZED (
        SELECT * FROM asked
        WHERE carrier_message_id <> '' OR climbs AND told_id <> '' AND NOT EXISTS (
              SELECT 1 FROM conversations_message AS other
              WHERE other.carrier_message_id = asked.told_id AND other.carrier_message_id <> '')
    ),
    climbed AS (
        UPDATE conversations_message AS message
        SET status = plain.following, sent_at = COALESCE(message.sent_at, %(now)s),
            carrier_message_id = CASE WHEN plain.carrier_message_id = '' THEN plain.told_id ELSE plain.carrier_message_id END,
            due_at = NULL, reason = '', detail = '', carrier_code = ''
        FROM plain WHERE message.id = plain.id AND plain.climbs
    ),
    noted AS (
        INSERT INTO conversations_messageevent (message_id, at, from_status, to_status, cause, carrier_code, key)
        SELECT id, %(now)s, status, following, 'receipt', '', told_id || '-' || following FROM plain
        ON CONFLICT DO NOTHING
    ),
    seen AS (
        SELECT conversation.staff_id AS user_id, 'conv-' || plain.conversation_id AS event, phone.phone
        FROM plain
        JOIN conversations_conversation AS conversation ON conversation.id = plain.conversation_id
        LEFT JOIN roster_phonetrouble AS phone
               ON phone.phone = plain.student_phone AND plain.climbs AND plain.following = 'delivered'
    ),
    news AS (SELECT DISTINCT user_id, event FROM seen),
    told AS MATERIALIZED ({TELL_NEWS})
    SELECT 'left', id::text FROM unnest(%(ids)s::uuid[]) AS given (id)
    WHERE NOT EXISTS (SELECT FROM plain WHERE plain.id = given.id)
    UNION ALL SELECT DISTINCT 'in trouble', phone FROM seen WHERE phone IS NOT NULL
    UNION ALL SELECT 'notifications', count(*)::text FROM told
"""  # noqa: S608  # no value in it
GOOD = frozenset({Progress.SENT, Progress.DELIVERED})
STEPS = [(lower, CLIMBS_TO[news]) for lower in Status for news in sorted(GOOD) if may_climb(lower, CLIMBS_TO[news])]
OUR_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def is_good_news(receipt: Receipt) -> bool:
    """Whether it can be applied here: no failure, and it names its text."""
    return receipt.failure is None and receipt.progress in GOOD and OUR_ID.fullmatch(receipt.reference) is not None


@transaction.atomic
def apply_good_news(receipts: Sequence[Receipt], *, now: datetime) -> set[str]:
    """Apply them in order. Returns the references that are about no text of ours, or that need a closer look alone."""
    left: set[str] = set()
    for some in _rounds(receipts):
        left |= _apply([receipt for receipt in some if receipt.reference not in left], now)
    return left


def _rounds(receipts: Sequence[Receipt]) -> list[list[Receipt]]:
    """In each round a text has one receipt: its first, then its second."""
    if len({receipt.reference for receipt in receipts}) == len(receipts):
        return [list(receipts)]
    rounds: list[list[Receipt]] = []
    met: Counter[str] = Counter()
    for receipt in receipts:
        if met[receipt.reference] == len(rounds):
            rounds.append([])
        rounds[met[receipt.reference]].append(receipt)
        met[receipt.reference] += 1
    return rounds


def _apply(receipts: Sequence[Receipt], now: datetime) -> set[str]:
    """At most one for each text. Returns the references of those that were left."""
    values: dict[str, Any] = {
        "now": now,
        "ids": _as_array([receipt.reference for receipt in receipts]),
        "carrier_ids": _as_array([receipt.carrier_message_id for receipt in receipts]),
        "statuses": _as_array([CLIMBS_TO[receipt.progress].value for receipt in receipts]),
        "lower": [lower.value for lower, _ in STEPS],
        "higher": [higher.value for _, higher in STEPS],
    }
    with connection.cursor() as cursor:
        cursor.execute(APPLY, values)
        came_of_it = cursor.fetchall()
    if in_trouble := {phone for what, phone in came_of_it if what == "in trouble"}:
        trouble.clear_all(in_trouble)
    return {reference for what, reference in came_of_it if what == "left"}


def _as_array(words: Sequence[str]) -> str:
    """As the database reads an array. The driver would look at each word in Python, which took a fifth of all the time."""
    escaped = [word.replace("\\", "\\\\").replace('"', '\\"') for word in words]
    return '{"' + '","'.join(escaped) + '"}' if escaped else "{}"
