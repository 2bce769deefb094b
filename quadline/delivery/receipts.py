"""A delivery receipt lets the status of its text climb; late and repeated ones never climb down.

Failures are applied one by one (here), for much follows from them; the rest many at once (good_news.py).
"""

import uuid
from datetime import datetime

from django.db import transaction

from quadline.carriers.protocol import Failure, Progress, Receipt
from quadline.conversations.models import Message
from quadline.conversations.rules import Status
from quadline.conversations.statuses import climb
from quadline.delivery import activation, failsafe, recording
from quadline.roster import trouble

CLIMBS_TO: dict[Progress, Status] = {
    Progress.SENT: Status.SENT,
    Progress.DELIVERED: Status.DELIVERED,
    Progress.UNDELIVERED: Status.UNDELIVERED,
    Progress.FAILED: Status.FAILED,
}
NO_FAILURE = {"reason": "", "detail": "", "carrier_code": ""}


def apply(receipt: Receipt, *, now: datetime) -> bool:
    """Apply one receipt, in any order and any number of times. False when it is about no text of ours."""
    if activation.is_about_a_probe(receipt):
        activation.read_probe(receipt, now=now)
        return True
    with transaction.atomic():
        message = _text_of(receipt)
        if message is None:
            return False
        recording.wait_if_out(message, receipt.failure)
        if not message.carrier_message_id and _is_nobodys(receipt.carrier_message_id):
            # Quicker than the carrier's own answer, or that answer was lost: this is how the text is found again.
            Message.objects.filter(pk=message.pk, carrier_message_id="").update(
                carrier_message_id=receipt.carrier_message_id, sent_at=now
            )
        _climb(message, receipt, now)
        return True


def _text_of(receipt: Receipt) -> Message | None:
    texts = Message.objects.select_related("conversation", "system_number")
    by_reference = texts.filter(pk=receipt.reference).first() if is_uuid(receipt.reference) else None
    return by_reference or texts.filter(carrier_message_id=receipt.carrier_message_id).exclude(carrier_message_id="").first()


def _is_nobodys(carrier_message_id: str) -> bool:
    """A look-up (reconcile.py) may have given the id to a text of the same words, sent at the same time."""
    return carrier_message_id != "" and not Message.objects.filter(carrier_message_id=carrier_message_id).exists()


def _climb(message: Message, receipt: Receipt, now: datetime) -> None:
    failed = recording.failure_fields(receipt.failure, receipt.carrier_code) if receipt.failure else NO_FAILURE
    climbs = climb(
        message,
        CLIMBS_TO[receipt.progress],
        cause="receipt",
        now=now,
        key=f"{receipt.carrier_message_id}-{receipt.progress}",
        event_code=receipt.carrier_code,
        due_at=None,
        **failed,
    )
    if climbs and receipt.progress is Progress.DELIVERED:
        trouble.clear(message.student_phone)
    elif climbs and receipt.failure:
        # Never handed over again by itself, whatever the reason: the carrier had taken it, and it may yet arrive.
        failsafe.write_email(message, now=now, after=failsafe.hold())
        recording.learn(message, receipt.failure, receipt.carrier_code, now=now)
    elif receipt.failure is Failure.OPTED_OUT:
        recording.learn_opt_out(message, receipt.failure, now=now)


def is_uuid(reference: str) -> bool:
    try:
        uuid.UUID(reference)
    except ValueError:
        return False
    return True
