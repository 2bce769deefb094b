"""Texts that wait for a phone which may no longer be texted become emails, each by the
fail-safe.
"""

from datetime import datetime

from quadline.consent.rules import Reason
from quadline.conversations.models import Conversation
from quadline.conversations.rules import BEFORE_AN_ATTEMPT, Status
from quadline.delivery.failsafe.closing import block
from quadline.delivery.outbox.holding import texts_that_wait
from quadline.delivery.permission.recipients import verdict_on
from quadline.roster.models import Student

KEPT_BY_THE_PHONE = (Reason.WRONG_NUMBER, Reason.NO_CONSENT)


def close_texts_to(phone: str, *, now: datetime) -> int:
    """Close what may not go to this phone any more, whoever has it; how many. In the
    caller's transaction.
    """
    owners = Student.objects.filter(mobile=phone).exclude(mobile="")
    talks = Conversation.objects.filter(student__in=owners)
    ids = list(talks.values_list("pk", flat=True))
    closed = 0
    for message in texts_that_wait(conversations=ids, students=[phone]):
        # What is under way is looked at once more by the sender, or has left.
        if Status(message.status) not in BEFORE_AN_ATTEMPT:
            continue
        number = message.system_number
        verdict = verdict_on(
            message.conversation,
            system_phone=number.phone if number else "",
            is_bulk=message.is_bulk,
            now=now,
        )
        if verdict.reason in KEPT_BY_THE_PHONE:
            closed += block(message, verdict, now=now)
    return closed
