"""What became of a message, in the words of the screen: its
status, and each line of its timeline.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format

from quadline import clock
from quadline.conversations.causes import words_of_event
from quadline.conversations.models import Message, MessageEvent
from quadline.conversations.rules import (
    FINAL_STATUSES,
    NOT_DELIVERED,
    STATUS_WORDS,
    Status,
    WaitingFor,
)
from quadline.delivery.models import OutgoingEmail
from quadline.delivery.outbox.wait_explanation import explain_wait, number_words

USED_UP = "Waiting until tomorrow: the college’s texts for today are used up"
HELD_UNTIL = "Held until"
TRYING_AGAIN = "Waiting to try again"
BECOMING_EMAIL = "Being sent as email"
ON_ITS_WAY = frozenset({OutgoingEmail.State.QUEUED, OutgoingEmail.State.SENDING})
WAITING_WORDS = {
    WaitingFor.NUMBER: "Waiting for {number}",
    WaitingFor.TURN: "Waiting for its turn",
    WaitingFor.PAUSED: "Paused",
    WaitingFor.QUESTION: "Held: did they ask to stop?",
    WaitingFor.AUTHOR: "Held",
}
# The fail-safe has ended it; a receipt that comes now is late news.
AFTER_THE_EMAIL = frozenset({Status.EMAILED, Status.UNREACHED})


@dataclass(frozen=True)
class TimelineMoment:
    """One line of a message's timeline."""

    at: datetime
    words: str


def shown_status(
    message: Message,
    email: OutgoingEmail | None = None,
    *,
    is_own: bool = True,
) -> str:
    """The status. ``email`` is the one that goes instead of
    a text, or the message's own.

    ``is_own``: the reader wrote it.
    """
    status = Status(message.status)
    has_email_coming = email and email.is_failsafe and email.state in ON_ITS_WAY
    if has_email_coming and status in NOT_DELIVERED:
        return BECOMING_EMAIL
    wait = explain_wait(message, now=clock.now(), is_own=is_own)
    if wait:
        return wait.status
    if status is Status.SENDING and message.due_at and not message.reason:
        return TRYING_AGAIN  # provably not at the carrier; the detail says why
    may_wait = status not in FINAL_STATUSES
    if may_wait and message.reason == WaitingFor.TOMORROW:
        # Tomorrow has come, and the sender has not reached it yet.
        is_still = message.due_at and message.due_at > clock.now()
        return USED_UP if is_still else WAITING_WORDS[WaitingFor.TURN]
    if may_wait and message.reason in WAITING_WORDS:
        words = WAITING_WORDS[WaitingFor(message.reason)]
        return words.format(number=number_words(is_own))
    if message.reason == WaitingFor.QUIET_HOURS and message.due_at:
        local = timezone.localtime(message.due_at)
        return f"{HELD_UNTIL} {date_format(local, 'g:i A')}"
    return message.status_words


def look_of(message: Message, email: OutgoingEmail | None) -> tuple[str, str]:
    """Icon and tone of the status: a text that is becoming an email has not failed."""
    if shown_status(message, email) == BECOMING_EMAIL:
        return "envelope", "warn"
    wait = explain_wait(message, now=clock.now())
    if wait and wait.reason == "number_failed":
        return "alert", "bad"
    return message.status_icon, message.tone


def detail_of(message: Message, *, is_own: bool = True) -> str:
    """Why it stands where it stands, and what happens next.
    ``is_own``: the reader wrote it.
    """
    wait = explain_wait(message, now=clock.now(), is_own=is_own)
    return wait.detail if wait else message.detail


def moment_of(event: MessageEvent, channel: str) -> TimelineMoment:
    words = _words_of_event(event, channel)
    if event.carrier_code:
        # For anyone who asks the carrier: their own pages explain it.
        words += f" (carrier code {event.carrier_code})"
    return TimelineMoment(event.at, words)


def _words_of_event(event: MessageEvent, channel: str) -> str:
    # Then the student has both. The line says so, rather than contradict the email.
    if event.to_status == Status.DELIVERED and event.from_status in AFTER_THE_EMAIL:
        return (
            "Arrived late: delivered, the network reports, after it had gone as email"
        )
    status = Status(event.to_status)
    known = words_of_event(event.cause, status)
    actor = event.actor.name if event.actor else "the system"
    return known.format(actor=actor) if known else STATUS_WORDS[status][0]
