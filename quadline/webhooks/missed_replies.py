"""Replies that never reached us (we were down, the call was lost) are read from the
carrier's log and filed.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import DataError, IntegrityError

from quadline import clock
from quadline.carriers import registry
from quadline.carriers.protocol import Carrier, InboundText, NumberProblem
from quadline.consent.rules import Keyword, keyword_in
from quadline.delivery.inbound import stop_start_order
from quadline.delivery.inbound.filing import asks_something, pair_in
from quadline.jobs import job, single_instance
from quadline.webhooks.events import LOG, READ_FROM, file_inbound
from quadline.webhooks.models import CarrierEvent, LogReading

log = structlog.get_logger(__name__)

# The carrier retries a webhook for a few seconds only. A longer look back costs one
# more page of its log.
LOG_OVERLAP = timedelta(minutes=15)
MAX_REPLY_GAP = timedelta(days=7)
MAX_WHY = 200  # characters, as the column has


@job(queue="receipts", attempts=3)
def fetch_missed_replies(timestamp: int) -> None:
    """The timetable's sweep.

    After a long gap one reading takes longer than until the next.
    """
    with single_instance("fetch_missed_replies") as is_alone:
        if is_alone:
            _fetch()


def _fetch() -> None:
    """File what the log has and we do not: STOPs first,
    the rest in the order it was sent.
    """
    carrier, now = registry.current_carrier(), clock.now()
    try:
        received = carrier.received_texts(since=_since(carrier.name, now))
    except NumberProblem as problem:
        log.warning("the carrier's log could not be read", why=problem.words)
        _note_failure(carrier.name, problem.words, now)
        return
    missed = _missed(carrier.name, list(received))
    asking = {pair_in(text) for text in missed if asks_something(text.body)}
    # First: an opt-out that comes late would close texts that wait, though it is older
    # than a START.
    for pair in asking:
        stop_start_order.date_starts(pair)
    for text in _stops_first(missed):
        _file(carrier, text)
    for pair in asking:
        stop_start_order.settle_if_in_doubt(pair)
    read_until = _read_until(received, now)
    LogReading.objects.update_or_create(
        carrier=carrier.name, defaults={"read_until": read_until, "read_at": now}
    )
    if missed:
        log.warning("replies were filed from the carrier's log", count=len(missed))


def _note_failure(carrier: str, why: str, now: datetime) -> None:
    """That the log is read every minute shows, on the quietest night, too, whether the
    carrier can be reached (health/looking.py).
    """
    failed = {"failed_at": now, "why": why[:MAX_WHY]}
    LogReading.objects.update_or_create(
        carrier=carrier,
        defaults=failed,
        create_defaults={**failed, "read_until": now - MAX_REPLY_GAP},
    )


def _stops_first(texts: list[InboundText]) -> list[InboundText]:
    """Otherwise in the order they came: sorting keeps it."""
    return sorted(texts, key=lambda text: not _is_stop(text))


def _file(carrier: Carrier, text: InboundText) -> None:
    """One reply that cannot be filed must not keep back those behind it."""
    content = {"MessageSid": text.carrier_message_id, READ_FROM: LOG}
    try:
        file_inbound(carrier, text, content)
    except (DataError, IntegrityError, ValueError):
        log.exception(
            "a reply in the carrier's log could not be filed",
            carrier_message_id=text.carrier_message_id,
        )


def _since(carrier: str, now: datetime) -> datetime:
    """From a little before the log was last read, so that a gap of any length up to a
    week is covered.

    A reading that is still to come was noted by a clock that was wrong: nobody knows
    when it was.
    """
    last = LogReading.objects.filter(carrier=carrier, read_until__lte=now).first()
    earliest = now - MAX_REPLY_GAP
    if last is None:
        return earliest
    return max(earliest, last.read_until - LOG_OVERLAP)


def _read_until(received: Sequence[InboundText], now: datetime) -> datetime:
    """The date of the newest text in the log, by the carrier's clock: ours may be an
    hour ahead of it.

    Nothing newer than our own clock is believed. Without any text the last week is
    read, which is no work then.
    """
    dates = [text.sent_at for text in received if text.sent_at]
    return min(max(dates, default=now - MAX_REPLY_GAP), now)


def _missed(carrier: str, received: list[InboundText]) -> list[InboundText]:
    keys = [text.carrier_message_id for text in received]
    known = CarrierEvent.objects.filter(
        carrier=carrier,
        kind=CarrierEvent.Kind.INBOUND,
        key__in=keys,
    )
    seen = set(known.values_list("key", flat=True))
    return [text for text in received if text.carrier_message_id not in seen]


def _is_stop(text: InboundText) -> bool:
    found = keyword_in(text.body, opted_out=False)
    if found is None:
        return False
    keyword = found[0]
    return keyword is Keyword.STOP
