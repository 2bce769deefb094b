"""One act: a text that may not be sent is closed, with the reason on it."""

from datetime import datetime

from quadline.consent.rules import REASON_WORDS, Verdict
from quadline.conversations.models import Conversation, Message
from quadline.conversations.rules import BEFORE_AN_ATTEMPT, Direction, Status
from quadline.conversations.statuses import climb


def block(message: Message, verdict: Verdict, *, now: datetime) -> bool:
    """Close one text that the law refuses."""
    assert verdict.reason is not None, "a refusal carries its reason"
    return climb(
        message,
        Status.BLOCKED,
        cause=verdict.reason,
        now=now,
        due_at=None,
        reason=verdict.reason,
        detail=REASON_WORDS[verdict.reason],
    )


def block_unsent(*, conversation: Conversation, verdict: Verdict, now: datetime) -> None:
    """The student may no longer be texted: nothing that still waits in this conversation leaves."""
    unsent = conversation.messages.filter(direction=Direction.OUTBOUND, status__in=BEFORE_AN_ATTEMPT)
    for message in unsent.in_order():
        block(message, verdict, now=now)
