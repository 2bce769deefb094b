"""A conversation's log as the page shows it: days, the unread line, system
events and messages with their words.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum
from typing import Any

from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from quadline.conversations.models import Conversation, Message, MessageEvent
from quadline.conversations.rules import (
    BEFORE_AN_ATTEMPT,
    NOT_DELIVERED,
    WITH_THE_CARRIER,
    Channel,
    Status,
    WaitingFor,
)
from quadline.delivery.inbound.filing import REACHED_LATE
from quadline.delivery.models import OutgoingEmail
from quadline.web.inbox.emails_shown import (
    NOT_AN_EMAIL,
    AutomaticReply,
    EmailShown,
    automatic_replies,
    emails_shown,
)
from quadline.web.status_words import (
    HELD_UNTIL,
    TimelineMoment,
    detail_of,
    look_of,
    moment_of,
    shown_status,
)

LOG_PAGE_MESSAGES = 60  # messages; older ones are fetched when they are asked for
# What arrived, or may have, is not among them: it would be there twice.
CAN_BE_SENT_AGAIN = frozenset(
    {
        Status.UNDELIVERED,
        Status.FAILED,
        Status.CANCELLED,
        Status.BOUNCED,
        Status.UNREACHED,
    }
)
# Dated by their end, not by when they were written.
ENDED_BY_EMAIL = frozenset({Status.EMAILED, Status.UNREACHED, Status.BOUNCED})


class Acts(Enum):
    """What the reader may do with the messages of a log."""

    NONE = "none"  # of somebody else
    TAKE_BACK = "take_back"  # their student cannot be written to any more
    ALL = "all"


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
    is_held_until: bool  # a time of day: a second one beside it would confuse
    status_icon: str
    tone: str
    segments: int
    detail: str
    timeline: tuple[TimelineMoment, ...]
    can_retry: bool
    retry_url: str
    can_cancel: bool
    cancel_url: str
    can_email: bool
    email_url: str
    email_to: str  # where its email went, or goes
    has_card: bool
    came: EmailShown
    position: int
    is_late: bool
    shows_date: bool = False


def log_page(conversation: Conversation, *, before: int | None = None) -> list[Message]:
    """The newest messages, or those before a position, oldest first."""
    messages = conversation.messages.select_related("author")
    if before is not None:
        messages = messages.filter(position__lt=before)
    newest_first = messages.order_by("-position")[:LOG_PAGE_MESSAGES]
    return list(reversed(newest_first))


def automatic_on(
    conversation: Conversation,
    messages: list[Message],
    *,
    before: int | None = None,
) -> list[AutomaticReply]:
    """The automatic replies that came while this page of messages did."""
    # A page that is not full is the first of all: it has no beginning.
    since = messages[0].created_at if len(messages) == LOG_PAGE_MESSAGES else None
    until = None
    if before is not None:
        later = conversation.messages.filter(position__gte=before).in_order().first()
        until = later.created_at if later else None
    return automatic_replies(conversation, since=since, until=until)


def entries(
    messages: list[Message],
    *,
    acts: Acts,
    unread: int = 0,
    automatic: Sequence[AutomaticReply] = (),
) -> list[dict[str, Any]]:
    """The log's entries, oldest first, with a heading for each day, a line above what
    is new, and automatic replies folded where they came.
    """
    first_unread = _first_unread(messages, unread)
    waiting = list(automatic)
    shown: list[dict[str, Any]] = []
    for bubble in bubbles_of(messages, acts=acts):
        _add_automatic(shown, _taken_before(bubble.at, waiting))
        # It stays in the order of arrival, among newer ones, and so shows its own day.
        if bubble.is_late and shown:
            at = shown[-1]["at"]
            bubble = replace(bubble, shows_date=_day(bubble.at) != _day(at))
        else:
            at = bubble.at
            _add_day(shown, at)
        if bubble.id == first_unread:
            shown.append({"kind": "unread", "count": unread, "at": at})
        shown.append({"kind": "message", "message": bubble, "at": at})
    _add_automatic(shown, waiting)
    return shown


def _taken_before(at: datetime, waiting: list[AutomaticReply]) -> list[AutomaticReply]:
    taken = [reply for reply in waiting if reply.at < at]
    # They are in the order in which they came.
    del waiting[: len(taken)]
    return taken


def _add_automatic(
    shown: list[dict[str, Any]], replies: Sequence[AutomaticReply]
) -> None:
    if not replies:
        return
    at = replies[0].at
    _add_day(shown, at)
    shown.append({"kind": "automatic", "replies": list(replies), "at": at})


def _add_day(shown: list[dict[str, Any]], at: datetime) -> None:
    """A heading, where another day begins."""
    day = _day(at)
    if shown and _day(shown[-1]["at"]) == day:
        return
    label = day_label(day, timezone.localdate())
    shown.append({"kind": "day", "label": label, "at": at})


def _day(at: datetime) -> date:
    return timezone.localtime(at).date()


def bubbles_of(messages: list[Message], *, acts: Acts) -> list[Bubble]:
    # One query for all, not one for each message. The state of a number is needed only
    # for messages that wait for it.
    wait_for_number = [each for each in messages if each.reason == WaitingFor.NUMBER]
    prefetch_related_objects(wait_for_number, "system_number")
    events: dict[str, list[MessageEvent]] = {}
    theirs = MessageEvent.objects.filter(message__in=messages)
    for event in theirs.select_related("actor"):
        events.setdefault(str(event.message_id), []).append(event)
    sent = OutgoingEmail.objects.filter(message__in=messages)
    emails = {email.message_id: email for email in sent}
    came = emails_shown(_that_came_by_email(messages))
    return [
        _bubble(
            message,
            events.get(str(message.pk), []),
            emails.get(message.pk),
            came.get(message.pk, NOT_AN_EMAIL),
            acts=acts,
        )
        for message in messages
    ]


def _that_came_by_email(messages: Iterable[Message]) -> list[Message]:
    inbound = [message for message in messages if not message.is_outbound]
    return [message for message in inbound if message.channel == Channel.EMAIL]


def day_label(day: date, today: date) -> str:
    days_ago = (today - day).days
    if days_ago == 0:
        return "Today"
    if days_ago == 1:
        return "Yesterday"
    is_this_year = day.year == today.year
    return date_format(day, "l, F j" if is_this_year else "l, F j, Y")


def _bubble(
    message: Message,
    events: Iterable[MessageEvent],
    email: OutgoingEmail | None,
    came: EmailShown,
    *,
    acts: Acts,
) -> Bubble:
    status = Status(message.status)
    is_own = acts is not Acts.NONE
    may_take_back = is_own and message.is_outbound
    may_send = acts is Acts.ALL and message.is_outbound
    icon, tone = look_of(message, email)
    # While its email is on the way, to send it again would reach the student twice.
    becomes_email = email is not None and icon == "envelope"
    can_be_sent_again = status in CAN_BE_SENT_AGAIN and not becomes_email
    status_words = shown_status(message, email, is_own=is_own)
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
        status_words=status_words,
        is_held_until=status_words.startswith(HELD_UNTIL),
        status_icon=icon,
        tone=tone,
        segments=message.segments,
        detail=detail_of(message, is_own=is_own),
        timeline=tuple(moment_of(event, message.channel) for event in events),
        can_retry=may_send and can_be_sent_again,
        retry_url=reverse("retry_text", kwargs=arguments),
        can_cancel=may_take_back and status in BEFORE_AN_ATTEMPT,
        cancel_url=reverse("cancel_text", kwargs=arguments),
        can_email=may_send and email is None and _may_go_as_email(message),
        email_url=reverse("message_as_email", kwargs=arguments),
        email_to=email.to if email else "",
        has_card=email is not None and email.with_contact_card,
        came=came,
        position=message.position,
        is_late=REACHED_LATE in message.detail and not message.is_outbound,
    )


def _may_go_as_email(message: Message) -> bool:
    """A text that waits, that nobody knows the end of, or that did
    not arrive; and there is an address.
    """
    student = message.conversation.student
    if message.channel != Channel.TEXT or student is None or not student.email:
        return False
    # Its author may not write to this student any more, in any way.
    if message.reason == WaitingFor.AUTHOR:
        return False
    status = Status(message.status)
    if status in NOT_DELIVERED or status in (Status.WAITING, Status.UNCONFIRMED):
        return True
    is_tried_again = message.due_at is not None
    return status in WITH_THE_CARRIER and is_tried_again


def _status_at(message: Message, events: Iterable[MessageEvent]) -> datetime:
    if message.status not in ENDED_BY_EMAIL:
        return message.created_at
    at = message.created_at
    for event in events:
        if event.to_status == message.status:
            at = event.at
    return at


def _first_unread(messages: list[Message], unread: int) -> str:
    """The id of the message above which the line is drawn; "" for none."""
    inbound = [message for message in messages if not message.is_outbound]
    # More unread than this page shows: all of it is new, and needs no line.
    if not 0 < unread <= len(inbound):
        return ""
    return str(inbound[-unread].pk)
