"""The rows of Twilio's own log in our words
(https://www.twilio.com/docs/messaging/api/message-resource, read 2026-11).
"""

from datetime import datetime
from typing import Any

import structlog

from quadline.carriers.protocol import InboundText, ReceiptProgress, SentText
from quadline.carriers.twilio_codes import PROGRESS, failure
from quadline.carriers.twilio_shapes import UnreadableAnswer

log = structlog.get_logger(__name__)

WENT_WRONG = (ReceiptProgress.UNDELIVERED, ReceiptProgress.FAILED)


def check_sent(row: Any, *, system_phone: str) -> None:
    """Raises UnreadableAnswer unless the row says who sent what to whom, and when.

    A text that is not found here is sent again: so a row that cannot be read must not
    be passed over.
    """
    is_readable = isinstance(row.to, str) and isinstance(row.date_created, datetime)
    if not is_readable or row.from_ != system_phone:
        raise UnreadableAnswer


def is_own_reply(row: Any, *, system_phone: str) -> bool:
    """Whether Twilio wrote it: we answer no webhook with words, so what its log calls
    outbound-reply is its own.
    """
    check_sent(row, system_phone=system_phone)
    return bool(row.direction == "outbound-reply")


def is_inbound(row: Any) -> bool:
    """Whether a row is a text to us.

    One that does not say whose it is cannot be filed, and keeps back no other.
    """
    if row.direction != "inbound":
        return False
    is_readable = isinstance(row.date_sent or row.date_created, datetime)
    if not (is_readable and row.from_ and row.to):
        log.warning(
            "a row of the carrier's log cannot be read", carrier_message_id=row.sid
        )
        return False
    return True


def sent_text(row: Any) -> SentText:
    progress = PROGRESS.get(str(row.status))
    code = str(row.error_code or "") if progress in WENT_WRONG else ""
    return SentText(
        carrier_message_id=row.sid,
        student_phone=row.to,
        body=row.body or "",
        sent_at=row.date_created,
        progress=progress,
        failure=failure(code) if progress in WENT_WRONG else None,
        carrier_code=code,
    )


def received_text(row: Any) -> InboundText:
    """Dated by when Twilio got it.

    ``date_sent`` of an inbound text is when Twilio called our webhook,
    which may be late.
    """
    return InboundText(
        row.sid,
        row.from_,
        row.to,
        row.body or "",
        sent_at=row.date_created or row.date_sent,
    )
