"""Receipts that say "on its way" or "arrived", many at once: nothing follows from them but a status and an event.

The ladder is asked for each, as in conversations/statuses.py; only reading and writing is done for all together.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from quadline.carriers.protocol import Progress, Receipt
from quadline.conversations.models import Message
from quadline.conversations.rules import Status, may_climb
from quadline.delivery import activation
from quadline.delivery.receipts import CLIMBS_TO, is_uuid
from quadline.live.telling import tell_each
from quadline.roster import trouble

# In the order of their ids, so that two workers with receipts of the same texts wait for each other in one direction.
LOCK = """
    SELECT message.id, message.status, message.carrier_message_id, message.student_phone,
           message.conversation_id, conversation.staff_id
    FROM conversations_message AS message
    JOIN conversations_conversation AS conversation ON conversation.id = message.conversation_id
    WHERE message.id = ANY(%s)
    ORDER BY message.id
    FOR NO KEY UPDATE OF message
"""
CLIMB = """
    UPDATE conversations_message AS message
    SET status = news.status, carrier_message_id = news.carrier_message_id, sent_at = COALESCE(message.sent_at, %(now)s),
        due_at = NULL, reason = '', detail = '', carrier_code = ''
    FROM unnest(%(ids)s::uuid[], %(statuses)s::text[], %(carrier_ids)s::text[]) AS news (id, status, carrier_message_id)
    WHERE message.id = news.id
"""
NOTE = """
    INSERT INTO conversations_messageevent (message_id, at, from_status, to_status, cause, carrier_code, key)
    SELECT id, %(now)s, from_status, to_status, 'receipt', '', key
    FROM unnest(%(ids)s::uuid[], %(before)s::text[], %(after)s::text[], %(keys)s::text[])
         AS news (id, from_status, to_status, key)
    ON CONFLICT DO NOTHING
"""


@dataclass
class Standing:
    """A text as it stands while its receipts are read."""

    id: UUID
    status: Status
    carrier_message_id: str
    student_phone: str
    conversation_id: int
    staff_id: int
    events: dict[str, tuple[str, str]] = field(default_factory=dict)  # by key: from, to
    has_climbed: bool = False


def is_good_news(receipt: Receipt) -> bool:
    """Whether it can be applied here: no failure, no probe, and it names its text."""
    is_plain = receipt.failure is None and receipt.progress in (Progress.SENT, Progress.DELIVERED)
    return is_plain and not activation.is_about_a_probe(receipt) and is_uuid(receipt.reference)


@transaction.atomic
def apply_good_news(receipts: Sequence[Receipt], *, now: datetime) -> set[str]:
    """Apply them in order. Returns the references that are about no text of ours, or that need a closer look alone."""
    texts = _locked({UUID(receipt.reference) for receipt in receipts})
    strangers = _carrier_ids_of_others(receipts, texts)
    left = set()
    for receipt in receipts:
        text = texts.get(UUID(receipt.reference))
        if text is None or receipt.reference in left or not _is_plain(receipt, text, strangers):
            left.add(receipt.reference)
        else:
            _read(receipt, text)
    _write(list(texts.values()), now)
    return left


def _is_plain(receipt: Receipt, text: Standing, strangers: set[str]) -> bool:
    is_first = not text.carrier_message_id
    return not is_first or (receipt.carrier_message_id not in strangers and may_climb(text.status, CLIMBS_TO[receipt.progress]))


def _locked(ids: set[UUID]) -> dict[UUID, Standing]:
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [sorted(ids)])
        return {row[0]: Standing(row[0], Status(row[1]), *row[2:]) for row in cursor.fetchall()}


def _carrier_ids_of_others(receipts: Sequence[Receipt], texts: dict[UUID, Standing]) -> set[str]:
    """A look-up (reconcile.py) may have given a carrier's id to a text of the same words, sent at the same time."""
    without = {id for id, text in texts.items() if not text.carrier_message_id}
    found = {receipt.carrier_message_id for receipt in receipts if UUID(receipt.reference) in without}
    if not found:
        return set()
    return set(Message.objects.filter(carrier_message_id__in=found).values_list("carrier_message_id", flat=True))


def _read(receipt: Receipt, text: Standing) -> None:
    following = CLIMBS_TO[receipt.progress]
    text.carrier_message_id = text.carrier_message_id or receipt.carrier_message_id
    key = f"{receipt.carrier_message_id}-{receipt.progress}"
    text.events.setdefault(key, (text.status, following))  # the same news again is no news
    if may_climb(text.status, following):
        text.status, text.has_climbed = following, True


def _write(texts: list[Standing], now: datetime) -> None:
    climbed = [text for text in texts if text.has_climbed]
    events = [(text.id, *steps, key) for text in texts for key, steps in text.events.items()]
    with connection.cursor() as cursor:
        cursor.execute(
            CLIMB,
            {
                "now": now,
                "ids": [text.id for text in climbed],
                "statuses": [text.status for text in climbed],
                "carrier_ids": [text.carrier_message_id for text in climbed],
            },
        )
        ids, before, after, keys = ([list(column) for column in zip(*events, strict=True)]) if events else ([], [], [], [])
        cursor.execute(NOTE, {"now": now, "ids": ids, "before": before, "after": after, "keys": keys})
    trouble.clear_all({text.student_phone for text in climbed if text.status is Status.DELIVERED})
    tell_each((text.staff_id, f"conv-{text.conversation_id}") for text in texts if text.events)
