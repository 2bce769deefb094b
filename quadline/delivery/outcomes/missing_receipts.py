"""Receipts that never came: a text that stays "sent" is looked up in the carrier's
log, and what that says is its receipt.

The same law follows as from a callback (receipts.py). Nothing is ever sent from here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import connection

from quadline import clock
from quadline.carriers.protocol import Receipt, ReceiptProgress, SentText
from quadline.delivery.models import NewsLook
from quadline.delivery.outcomes import receipts
from quadline.delivery.outcomes.carrier_log import LogQuery, LogReadings, read_log
from quadline.delivery.rules import CLOCKS_DIFFER_AT_MOST_BY, RECEIPT_LOOKS
from quadline.jobs import job, single_instance

log = structlog.get_logger(__name__)

RECEIPTS_PER_LOOK = 2000  # texts
# since the sweep last ran; what is older than that is left as it is
MAX_LOOK_GAP = timedelta(days=7)

# To the last of a moment: a broadcast's texts are recorded many at once and share it.
WITHOUT_RECEIPT = """
    SELECT message.id, message.carrier_message_id, number.phone, message.sent_at
    FROM conversations_message AS message
    JOIN numbers_systemnumber AS number ON number.id = message.system_number_id
    WHERE message.status = 'sent'
      AND message.channel = 'text'
      AND message.carrier_message_id <> ''
      AND message.sent_at > %(since)s
      AND message.sent_at <= %(until)s
    ORDER BY message.sent_at
    FETCH FIRST %(limit)s ROWS WITH TIES
"""


@dataclass(frozen=True)
class TextWithoutReceipt:
    """A text that the carrier took and has said no more of."""

    message_id: UUID
    carrier_message_id: str
    system_phone: str
    sent_at: datetime


@job(queue="receipts", attempts=3)
def look_up_missing_receipts(timestamp: int) -> None:
    """The timetable's sweep."""
    with single_instance("ask_for_lost_news") as is_alone:
        if not is_alone:
            return
        for after, every in RECEIPT_LOOKS.items():
            _look(after, every, now=clock.now())


def _look(
    after: timedelta,
    every: timedelta,
    *,
    now: datetime,
) -> None:
    """Whatever was sent ``after`` ago, and was not looked up at that age yet."""
    since, until = _looked_until(after, now), now - after
    if until - since < every:
        return
    while True:
        silent = _without_receipt(since, until)
        reading = read_log(_wanted(silent))
        _apply(silent, reading, now)
        unread = [
            each.sent_at for each in silent if each.system_phone not in reading.texts
        ]
        since = silent[-1].sent_at if len(silent) >= RECEIPTS_PER_LOOK else until
        if unread:
            # Tried again: a carrier that is away, until the next look comes anyway; one
            # number's log, for a while only, so that it does not keep the others from
            # being read.
            earliest = now - _next_after(after) if reading.is_over else until - after
            since = max(min(unread) - timedelta(microseconds=1), earliest)
        NewsLook.objects.update_or_create(after=after, defaults={"sent_until": since})
        if unread or since == until:
            return


def _next_after(after: timedelta) -> timedelta:
    later = [each for each in RECEIPT_LOOKS if each > after]
    return min(later, default=MAX_LOOK_GAP)


def _looked_until(after: timedelta, now: datetime) -> datetime:
    """A look that is still to come was noted by a clock that was
    wrong: nobody knows what it saw.
    """
    last = NewsLook.objects.filter(after=after, sent_until__lte=now - after).first()
    earliest = now - after - MAX_LOOK_GAP
    return max(earliest, last.sent_until) if last else earliest


def _without_receipt(since: datetime, until: datetime) -> list[TextWithoutReceipt]:
    with connection.cursor() as cursor:
        cursor.execute(
            WITHOUT_RECEIPT,
            {
                "since": since,
                "until": until,
                "limit": RECEIPTS_PER_LOOK,
            },
        )
        return [TextWithoutReceipt(*row) for row in cursor.fetchall()]


def _wanted(silent: Sequence[TextWithoutReceipt]) -> dict[str, LogQuery]:
    """Each number's log as far back as its oldest silent text;
    newest first, so it ends with that one.
    """
    oldest: dict[str, datetime] = {}
    ids: dict[str, set[str]] = {}
    for each in silent:
        oldest.setdefault(each.system_phone, each.sent_at)
        ids.setdefault(each.system_phone, set()).add(each.carrier_message_id)
    return {
        phone: LogQuery(oldest[phone] - CLOCKS_DIFFER_AT_MOST_BY, frozenset(ids[phone]))
        for phone in oldest
    }


def _apply(
    silent: Sequence[TextWithoutReceipt],
    reading: LogReadings,
    now: datetime,
) -> None:
    standing = {
        text.carrier_message_id: text
        for texts in reading.texts.values()
        for text in texts
    }
    news = [
        receipt
        for each in silent
        if (receipt := _receipt(each, standing.get(each.carrier_message_id)))
    ]
    receipts.apply_receipts_in_order(
        [receipt for receipt in news if receipts.needs_no_follow_up(receipt)], now=now
    )
    for receipt in news:
        if not receipts.needs_no_follow_up(receipt):
            receipts.apply_receipts_in_order([receipt], now=now)
    if news:
        log.warning("news of texts was read from the carrier's log", count=len(news))


def _receipt(silent: TextWithoutReceipt, text: SentText | None) -> Receipt | None:
    if text is None or text.progress is None or text.progress is ReceiptProgress.SENT:
        return None
    return Receipt(
        silent.carrier_message_id,
        str(silent.message_id),
        text.progress,
        text.failure,
        text.carrier_code,
    )
