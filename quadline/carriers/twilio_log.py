"""The rows of Twilio's own log in our words (https://www.twilio.com/docs/messaging/api/message-resource, read 2026-11)."""

from typing import Any

from quadline.carriers.protocol import InboundText, Progress, SentText
from quadline.carriers.twilio_codes import PROGRESS, failure

WENT_WRONG = (Progress.UNDELIVERED, Progress.FAILED)


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
    """Dated by when Twilio got it. ``date_sent`` of an inbound text is when Twilio called our webhook, which may be late."""
    return InboundText(row.sid, row.from_, row.to, row.body or "", sent_at=row.date_created or row.date_sent)
