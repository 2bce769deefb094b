"""Apply what the carrier says: texts and registrations as they come,
receipts (kept by receipt_store.py) in batches.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import DataError, IntegrityError, connection, transaction

from quadline import clock
from quadline.carriers import registry
from quadline.carriers.protocol import Carrier, InboundText, Receipt, Registration
from quadline.college.current import college_settings
from quadline.consent import ledger
from quadline.delivery.inbound.filing import (
    Lookup,
    file_replies,
    lock_without_waiting,
    pair_in,
)
from quadline.delivery.outcomes import receipts
from quadline.delivery.sending import sender
from quadline.jobs import enqueue, job
from quadline.numbers import activation
from quadline.numbers.rules import NumberState
from quadline.setup.inbound_codes import take_codes
from quadline.webhooks.models import CarrierEvent

log = structlog.get_logger(__name__)

# receipts applied at once: the more, the less each costs; their texts are locked for
# less than a second
RECEIPT_BATCH = 10_000
APPLIED, ON_THE_WAY = "applied", "a step on the way"
MAX_KEY = 160  # characters, as the column has
# Of requests that are filed together, for any lock. It also ends the one ring of waits
# that is possible before the database would: a batch that has tried a pair's lock and
# meets the same event in a transaction that waits for that lock
# (docs/adr/0023-many-stops-at-once.md).
PATIENCE_MS = 250
# In the content of an event that no webhook brought.
READ_FROM, LOG = "read_from", "log"
Event = tuple[str, str]  # a carrier and its key
# Only what is new is returned: a carrier repeats a call whose answer it missed.
STORE_FILED = """
    INSERT INTO webhooks_carrierevent
        (carrier, kind, key, content, received_at, applied_at, result)
    SELECT carrier, 'inbound', key, content::jsonb, %(now)s, %(now)s, 'filed'
    FROM unnest(%(carriers)s::text[], %(keys)s::text[], %(contents)s::text[])
        AS heard (carrier, key, content)
    ON CONFLICT (carrier, kind, key) DO NOTHING RETURNING carrier, key
"""
# Skipped, not waited for: several workers apply at once, each what no other has.
OLDEST = """
    SELECT id, carrier, content FROM webhooks_carrierevent
    WHERE applied_at IS NULL AND kind = 'status'
    ORDER BY id LIMIT %s
    FOR NO KEY UPDATE SKIP LOCKED
"""
ALL_APPLIED = (
    "UPDATE webhooks_carrierevent SET applied_at = %s, result = %s WHERE id ="
    " ANY(%s::bigint[])"
)


@dataclass(frozen=True)
class InboundCall:
    """An inbound text: what a carrier said, and what it means."""

    carrier: str
    text: InboundText
    content: Mapping[str, str]

    @property
    def key(self) -> str:
        return self.text.carrier_message_id[:MAX_KEY]

    @property
    def event(self) -> Event:
        return self.carrier, self.key


def file_inbound(
    carrier: Carrier,
    text: InboundText,
    content: Mapping[str, str],
) -> None:
    """Store and file one inbound text in one transaction: when this
    returns, it is in its conversation.
    """
    file_all_inbound([InboundCall(carrier.name, text, content)])


def file_all_inbound(heard: Sequence[InboundCall]) -> None:
    """The same for many at once: all or none, and each once however often it comes."""
    with transaction.atomic():
        _file(heard, now=clock.now())


def file_without_waiting(
    heard: Sequence[InboundCall],
) -> dict[Event, bool]:
    """File together the requests, such as STOP, that wait for nobody: no
    text to their students is on its way.

    All of them or none. Returns those that are filed; to each, whether the order of the
    student's words is in doubt. The others are to be filed alone, by ``file_request``.
    Raises OperationalError when one meets somebody after all.
    """
    now = clock.now()
    with transaction.atomic():
        _wait_no_longer_than(PATIENCE_MS)
        lookup = lock_without_waiting([each.text for each in heard], now=now)
        free = [each for each in heard if each.text in lookup.free]
        _file(free, now=now, lookup=lookup)
        in_doubt = ledger.pairs_of_unknown_order({pair_in(each.text) for each in free})
    return {each.event: pair_in(each.text) in in_doubt for each in free}


def file_request(heard: InboundCall) -> bool:
    """File one that may have to wait for a text on its way. Whether the
    order of the student's words is in doubt.
    """
    file_all_inbound([heard])
    pair = pair_in(heard.text)
    return pair in ledger.pairs_of_unknown_order([pair])


def _wait_no_longer_than(milliseconds: int) -> None:
    """For any lock, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {milliseconds}")


def _file(
    heard: Sequence[InboundCall],
    *,
    now: datetime,
    lookup: Lookup | None = None,
) -> None:
    stored = _store_filed(heard, now) if heard else []
    new = _without_codes(stored, now)
    if not new:
        return
    filed = file_replies([each.text for each in new], now=now, lookup=lookup)
    strangers = [
        each.key for each, message in zip(new, filed, strict=True) if message is None
    ]
    if strangers:
        _note_result(strangers, "to a number that is not ours", now)


def _without_codes(new: list[InboundCall], now: datetime) -> list[InboundCall]:
    """What students wrote: a code by which an administrator tries whether replies come
    in is noted, and is in no conversation.
    """
    from_log = [each for each in new if each.content.get(READ_FROM) == LOG]
    called = [each for each in new if each not in from_log]
    coded = _taken(called, now) | _taken(from_log, now, from_log=True)
    if coded:
        _note_result(sorted(coded), "a code of the setup", now)
    return [each for each in new if each.key not in coded]


def _taken(
    heard: Sequence[InboundCall], now: datetime, *, from_log: bool = False
) -> set[str]:
    """The keys of those that are codes."""
    bodies = [each.text.body for each in heard]
    taken = take_codes(bodies, now=now, from_log=from_log)
    return {each.key for each in heard if each.text.body in taken}


def _note_result(keys: Sequence[str], result: str, now: datetime) -> None:
    events = CarrierEvent.objects.filter(
        kind=CarrierEvent.Kind.INBOUND,
        key__in=keys,
        applied_at=now,
    )
    events.update(result=result)


def _store_filed(
    heard: Sequence[InboundCall],
    now: datetime,
) -> list[InboundCall]:
    """Store them as filed: the caller's transaction files them. Returns
    those that were not there, as they came.

    In the order of their keys, so that two processes that were told the same wait for
    each other in one direction.
    """
    once = {each.event: each for each in heard}
    values: dict[str, Any] = {
        "carriers": [carrier for carrier, _ in sorted(once)],
        "keys": [key for _, key in sorted(once)],
        "contents": [as_json(once[each].content) for each in sorted(once)],
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(STORE_FILED, values)
        new = set(cursor.fetchall())
    return [each for name, each in once.items() if name in new]


def file_registration(
    carrier: Carrier,
    news: Registration,
    content: Mapping[str, Any],
) -> None:
    with transaction.atomic():
        event = _store(
            carrier.name,
            CarrierEvent.Kind.REGISTRATION,
            news.key,
            content,
        )
        if event.applied_at is None:
            number = activation.apply_registration(news, now=clock.now())
            if number is not None and number.state == NumberState.ACTIVE:
                enqueue(sender.send_due_texts)  # what waited for the number
            _applied(
                event,
                "about a number that is not ours" if number is None else "applied",
            )


@job(queue="receipts")
def apply_receipts() -> None:
    """Apply stored receipts, oldest first, until none is left.
    Several of these may run at once.
    """
    while _apply_batch():
        pass


@job(queue="receipts", attempts=3)
def apply_overdue_receipts(timestamp: int) -> None:
    """The timetable's sweep, for receipts whose job was lost."""
    _apply_batch()


@job(queue="receipts", attempts=3)
def drop_old_events(timestamp: int) -> None:
    """Raw events are proof for a while; what they meant is kept with the messages."""
    kept_for = timedelta(days=college_settings().carrier_events_days)
    CarrierEvent.objects.filter(applied_at__lt=clock.now() - kept_for).delete()


def _apply_batch() -> int:
    """The oldest receipts: plain ones all at once, then each other
    one in a transaction of its own.
    """
    with transaction.atomic():
        stored = _oldest()
        results = _apply_at_once(stored)
        _all_applied(results)
    for event_id in stored:
        if event_id not in results:
            _apply_alone(event_id)
    return len(stored)


def _oldest() -> dict[int, Receipt | None]:
    """Receipts that wait, by the id of their event. None is a step on the way."""
    with connection.cursor() as cursor:
        cursor.execute(OLDEST, [RECEIPT_BATCH])
        return {
            id: registry.carrier(name).read_receipt(json.loads(content))
            for id, name, content in cursor.fetchall()
        }


def _apply_at_once(
    stored: Mapping[int, Receipt | None],
) -> dict[int, str]:
    """What became of those that are plain, by event id."""
    plain = {
        id: receipt
        for id, receipt in stored.items()
        if receipt and receipts.needs_no_follow_up(receipt)
    }
    try:
        unknown = receipts.apply_receipts_in_order(
            list(plain.values()), now=clock.now()
        )
        left = {receipt.reference for receipt in unknown}
    except (DataError, IntegrityError):
        # one that cannot be applied must not keep back the others
        log.exception("receipts that could not be applied together")
        plain, left = {}, set()
    on_the_way = {id: ON_THE_WAY for id, receipt in stored.items() if receipt is None}
    return on_the_way | {
        id: APPLIED for id, receipt in plain.items() if receipt.reference not in left
    }


def _apply_alone(event_id: int) -> None:
    """One receipt that cannot be applied must not keep back those behind it."""
    with transaction.atomic():
        waiting = CarrierEvent.objects.select_for_update(
            skip_locked=True, no_key=True
        ).filter(applied_at=None)
        event = waiting.filter(pk=event_id).first()
        if event is None:
            return
        try:
            with transaction.atomic():
                result = _apply(event)
        except (DataError, IntegrityError, ValueError):
            log.exception("receipt that cannot be applied", event_id=event.pk)
            result = "could not be applied"
        _applied(event, result)


def _apply(event: CarrierEvent) -> str:
    receipt = registry.carrier(event.carrier).read_receipt(event.content)
    if receipt is None:
        return ON_THE_WAY
    if not receipts.apply_receipts_in_order([receipt], now=clock.now()):
        return APPLIED
    log.warning("receipt for no text of ours", event_id=event.pk)
    return "about no text of ours"


def _all_applied(results: Mapping[int, str]) -> None:
    ids: dict[str, list[str]] = {}
    for event_id, result in results.items():
        ids.setdefault(result, []).append(str(event_id))
    with connection.cursor() as cursor:
        for result, some in ids.items():
            cursor.execute(ALL_APPLIED, [clock.now(), result, f"{{{','.join(some)}}}"])


def _store(
    carrier: str,
    kind: CarrierEvent.Kind,
    key: str,
    content: Mapping[str, Any],
) -> CarrierEvent:
    """The stored event: a new row, or the one that was there
    when the carrier repeats itself.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO webhooks_carrierevent
                (carrier, kind, key, content, received_at, result)
            VALUES (%s, %s, %s, %s, %s, '')
            ON CONFLICT (carrier, kind, key) DO NOTHING
            """,
            [carrier, kind, key[:MAX_KEY], as_json(content), clock.now()],
        )
    return CarrierEvent.objects.select_for_update(no_key=True).get(
        carrier=carrier,
        kind=kind,
        key=key[:MAX_KEY],
    )


def as_json(content: Mapping[str, Any]) -> str:
    """What PostgreSQL takes as JSON: no NUL and no half of a character."""
    return json.dumps(
        {
            _without_nul(name): _without_nul(value) if isinstance(value, str) else value
            for name, value in content.items()
        }
    )


def _without_nul(text: str) -> str:
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _applied(event: CarrierEvent, result: str) -> None:
    CarrierEvent.objects.filter(pk=event.pk).update(
        applied_at=clock.now(), result=result
    )
