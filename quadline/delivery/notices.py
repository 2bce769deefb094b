"""The opt-out notice that a first text carries: who inherits it when that text does not go out as one."""

from quadline.conversations.models import Message
from quadline.conversations.rules import BEFORE_AN_ATTEMPT, Channel, Direction
from quadline.sms import segments


def over(body: str, notice: str) -> int:
    """By how many characters a text with the notice is too long."""
    return segments.utf16_units(f"{body}\n\n{notice}") - segments.MAX_CHARACTERS


def pass_on(ended: Message) -> None:
    """The text that carried the notice does not go out: the next one that waits carries it."""
    if not ended.notice:
        return
    following = ended.conversation.messages.filter(
        direction=Direction.OUTBOUND, channel=Channel.TEXT, status__in=BEFORE_AN_ATTEMPT, system_number=ended.system_number
    )
    waiting = following.select_for_update(no_key=True).in_order()
    # A text that the notice would make too long for the carrier leaves without it.
    heir = next((text for text in waiting if text.notice or over(text.body, ended.notice) <= 0), None)
    if heir and not heir.notice:
        heir.notice = ended.notice
        heir.segments = segments.count(heir.text).segments
        heir.save(update_fields=["notice", "segments"])
