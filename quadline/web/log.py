"""A conversation's log as the page shows it: days, the unread line, system events and messages with their words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from quadline.conversations.models import Conversation, Message, MessageEvent
from quadline.conversations.rules import BEFORE_AN_ATTEMPT, IN_DOUBT, NOT_DELIVERED, Channel, Status, WaitingFor
from quadline.delivery.models import OutgoingEmail
from quadline.web.status_words import Moment, detail_of, look_of, moment_of, words_of

PAGE = 60
CAN_BE_SENT_AGAIN = frozenset({Status.UNDELIVERED, Status.FAILED, Status.CANCELLED, Status.BOUNCED, Status.UNREACHED})
ENDED_BY_EMAIL = frozenset(
    {Status.EMAILED, Status.UNREACHED, Status.BOUNCED}
)  # dated by their end, not by when they were written


@dataclass(frozen=True)
class Bubble:
    """One message as the log shows it."""

    id: str
    direction: str
    is_email: bool
    subject: str
    body: str
    at: datetime
    status: str
    status_at: datetime
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
    can_email: bool
    email_url: str
    email_to: str  # where its email went, or goes
    has_card: bool
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
    prefetch_related_objects([message for message in messages if message.reason == WaitingFor.NUMBER], "system_number")
    events: dict[str, list[MessageEvent]] = {}
    for event in MessageEvent.objects.filter(message__in=messages).select_related("actor"):
        events.setdefault(str(event.message_id), []).append(event)
    emails = {email.message_id: email for email in OutgoingEmail.objects.filter(message__in=messages)}
    return [_bubble(message, events.get(str(message.pk), []), emails.get(message.pk), may_act) for message in messages]


def day_label(day: date, today: date) -> str:
    days_ago = (today - day).days
    if days_ago in (0, 1):
        return "Today" if days_ago == 0 else "Yesterday"
    return date_format(day, "l, F j" if day.year == today.year else "l, F j, Y")


def _bubble(message: Message, events: Iterable[MessageEvent], email: OutgoingEmail | None, may_act: bool) -> Bubble:
    status = Status(message.status)
    may_act = may_act and message.is_outbound
    icon, tone = look_of(message, email)
    arguments = {"message_id": message.pk}
    return Bubble(
        id=str(message.pk),
        direction=message.direction,
        is_email=message.channel == Channel.EMAIL,
        subject=message.subject,
        body=message.text,
        at=message.created_at,
        status=status,
        status_at=_status_at(message, events),
        status_words=words_of(message, email),
        status_icon=icon,
        tone=tone,
        segments=message.segments,
        detail=detail_of(message),
        timeline=tuple(moment_of(event, message.channel) for event in events),
        can_retry=may_act and status in CAN_BE_SENT_AGAIN and not (email and look_of(message, email)[0] == "envelope"),
        retry_url=reverse("retry_text", kwargs=arguments),
        can_cancel=may_act and status in BEFORE_AN_ATTEMPT,
        cancel_url=reverse("cancel_text", kwargs=arguments),
        can_email=may_act and email is None and _may_go_as_email(message),
        email_url=reverse("message_as_email", kwargs=arguments),
        email_to=email.to if email else "",
        has_card=email is not None and email.with_contact_card,
        position=message.position,
    )


def _may_go_as_email(message: Message) -> bool:
    """A text that waits, that nobody knows the end of, or that did not arrive; and there is an address."""
    student = message.conversation.student
    if message.channel != Channel.TEXT or student is None or not student.email or message.reason == WaitingFor.AUTHOR:
        return False
    status = Status(message.status)
    is_tried_again = status in IN_DOUBT and message.due_at is not None
    return is_tried_again or status in NOT_DELIVERED or status in (Status.WAITING, Status.UNCONFIRMED)


def _status_at(message: Message, events: Iterable[MessageEvent]) -> datetime:
    ends = [event.at for event in events if event.to_status == message.status and message.status in ENDED_BY_EMAIL]
    return ends[-1] if ends else message.created_at


def _first_unread(messages: list[Message], unread: int) -> str:
    inbound = [message for message in messages if not message.is_outbound]
    return str(inbound[-unread].pk) if 0 < unread <= len(inbound) else ""
