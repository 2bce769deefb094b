"""One act: a text that may not be sent is closed, with the reason on it."""

from collections.abc import Mapping
from datetime import datetime

from quadline.consent.rules import Verdict
from quadline.conversations.causes import Cause
from quadline.conversations.models import Message
from quadline.conversations.rules import BEFORE_AN_ATTEMPT, Channel, Direction
from quadline.delivery import failsafe, scope


def block(message: Message, verdict: Verdict, *, now: datetime) -> bool:
    """Close one text that the law refuses; its email fail-safe is written with it."""
    assert verdict.reason is not None, "a refusal carries its reason"
    words = scope.reason_words(verdict.reason)
    return failsafe.close_unsent(message, cause=Cause(verdict.reason), words=words, now=now)


def block_unsent(times: Mapping[int, datetime], verdict: Verdict) -> None:
    """The students may no longer be texted: no text that still waits in these conversations leaves.

    ``times``: from when on, by the ids of the conversations.
    """
    texts = Message.objects.filter(direction=Direction.OUTBOUND, channel=Channel.TEXT)
    waiting = texts.filter(status__in=BEFORE_AN_ATTEMPT, conversation__in=list(times))
    for message in waiting.in_order():
        block(message, verdict, now=times[message.conversation_id])
