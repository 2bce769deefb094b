"""A conversation's log as the page shows it: days, the unread line, system events and messages with their words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from quadline.conversations.models import Conversation, Message, MessageEvent
from quadline.conversations.rules import BEFORE_AN_ATTEMPT, WORDS, Status, WaitingFor

PAGE = 60
CAN_BE_SENT_AGAIN = frozenset({Status.UNDELIVERED, Status.FAILED, Status.CANCELLED})

CAUSES: dict[str, str] = {
    "written": "Written by {actor}",
    "reply": "Received",
    "handed over": "Handed to the carrier",
    "accepted": "The carrier has it",
    "answer lost": "The carrier's answer was lost; looking it up",
    "refused": "Refused by the carrier",
    "cancelled": "Cancelled by {actor}",
    "opted_out": "Not sent: the student had opted out",
    "no_mobile": "Not sent: no mobile number on file",
    "landline": "Not sent: only a landline on file",
}

NEWS: dict[str, str] = {  # of a delivery receipt
    Status.SENT: "Passed on to the network",
    Status.DELIVERED: "Delivered to the phone",
    Status.UNDELIVERED: "The network could not deliver it",
    Status.FAILED: "Refused by the carrier",
}


@dataclass(frozen=True)
class Moment:
    """One line of a message's timeline."""

    at: datetime
    words: str


@dataclass(frozen=True)
class Bubble:
    """One message as the log shows it."""

    id: str
    direction: str
    body: str
    at: datetime
    status: str
    status_words: str
    status_icon: str
    tone: str
    segments: int
    detail: str
    timeline: tuple[Moment, ...]
    can_retry: bool
    retry_url: str
    can_cancel: bool
    cancel_url: str
    position: int


def page_of(conversation: Conversation, *, before: int | None = None) -> list[Message]:
    """The newest messages, or those before a position, oldest first."""
    messages = conversation.messages.select_related("author")
    if before is not None:
        messages = messages.filter(position__lt=before)
    return list(reversed(messages.order_by("-position")[:PAGE]))


def entries(messages: list[Message], *, may_act: bool, unread: int = 0) -> list[dict[str, Any]]:
    """The log's entries, oldest first, with a heading for each day and a line above what is new."""
    bubbles = bubbles_of(messages, may_act=may_act)
    first_unread = _first_unread(messages, unread)
    shown: list[dict[str, Any]] = []
    day: date | None = None
    for bubble in bubbles:
        if (local := timezone.localtime(bubble.at).date()) != day:
            day = local
            shown.append({"kind": "day", "label": day_label(local, timezone.localdate())})
        if bubble.id == first_unread:
            shown.append({"kind": "unread", "count": unread})
        shown.append({"kind": "message", "message": bubble})
    return shown


def bubbles_of(messages: list[Message], *, may_act: bool) -> list[Bubble]:
    events: dict[str, list[MessageEvent]] = {}
    for event in MessageEvent.objects.filter(message__in=messages).select_related("actor"):
        events.setdefault(str(event.message_id), []).append(event)
    return [_bubble(message, events.get(str(message.pk), []), may_act) for message in messages]


def day_label(day: date, today: date) -> str:
    days_ago = (today - day).days
    if days_ago in (0, 1):
        return "Today" if days_ago == 0 else "Yesterday"
    return date_format(day, "l, F j" if day.year == today.year else "l, F j, Y")


def words_of(message: Message) -> str:
    """The status in the words of the screen."""
    if message.status == Status.WAITING and message.reason == WaitingFor.NUMBER:
        return "Waiting for your number"
    if message.reason == WaitingFor.QUIET_HOURS and message.due_at:
        return f"Held until {date_format(timezone.localtime(message.due_at), 'g:i A')}"
    return WORDS[Status(message.status)][0]


def _bubble(message: Message, events: Iterable[MessageEvent], may_act: bool) -> Bubble:
    status = Status(message.status)
    arguments = {"message_id": message.pk}
    return Bubble(
        id=str(message.pk),
        direction=message.direction,
        body=message.text,
        at=message.created_at,
        status=status,
        status_words=words_of(message),
        status_icon=message.status_icon,
        tone=message.tone,
        segments=message.segments,
        detail=message.detail,
        timeline=tuple(_moment(event) for event in events),
        can_retry=may_act and message.is_outbound and status in CAN_BE_SENT_AGAIN,
        retry_url=reverse("retry_text", kwargs=arguments),
        can_cancel=may_act and message.is_outbound and status in BEFORE_AN_ATTEMPT,
        cancel_url=reverse("cancel_text", kwargs=arguments),
        position=message.position,
    )


def _moment(event: MessageEvent) -> Moment:
    known = NEWS.get(event.to_status) if event.cause == "receipt" else CAUSES.get(event.cause)
    words = known.format(actor=event.actor.name if event.actor else "the system") if known else WORDS[Status(event.to_status)][0]
    code = f" (carrier code {event.carrier_code})" if event.carrier_code else ""
    return Moment(event.at, words + code)


def _first_unread(messages: list[Message], unread: int) -> str:
    inbound = [message for message in messages if not message.is_outbound]
    return str(inbound[-unread].pk) if 0 < unread <= len(inbound) else ""
