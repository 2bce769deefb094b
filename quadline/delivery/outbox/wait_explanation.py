"""What a text waits for that is not simply its turn, as far as is
known now, and what happens next.

Said on the screens and by the API at once: nobody finds out after a day.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format

from quadline.college.current import college_settings
from quadline.conversations.models import Message
from quadline.conversations.rules import Status, WaitingFor
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberStanding

NOTIFIED = "Your administrator has been notified."
ADMINISTRATORS_NOTIFIED = "Administrators have been notified."
KEEPS_TRYING = "Quadline keeps trying."


@dataclass(frozen=True)
class WaitExplanation:
    """``reason``: one word for programs; ``status``: a line; ``detail``:
    what is known, and what comes next.
    """

    reason: str
    status: str
    detail: str


NUMBER_STATUS_WORDS = {
    NumberStanding.NEEDS_ADMINISTRATOR: "Waiting: there’s a problem with {number}",
    NumberStanding.DELAYED: "Waiting: {number} is delayed",
    NumberStanding.LATE: "Waiting: {number} is late",
}
NUMBER_REASONS = {
    NumberStanding.NEEDS_ADMINISTRATOR: "number_failed",
    NumberStanding.DELAYED: "number_delayed",
    NumberStanding.LATE: "number_late",
}


def explain_wait(
    message: Message,
    *,
    now: datetime,
    is_own: bool = True,
) -> WaitExplanation | None:
    """None for a text whose status says it all. ``is_own``: the reader wrote it."""
    if message.status != Status.WAITING or message.reason != WaitingFor.NUMBER:
        # its number is not looked up: most messages of a page wait for nothing
        return None
    number = message.system_number
    if number is None:
        return None
    standing = number.standing(now)
    if standing not in NUMBER_STATUS_WORDS:
        return None
    trouble = trouble_of(number, now=now, is_own=is_own)
    status = NUMBER_STATUS_WORDS[standing].format(number=number_words(is_own))
    return WaitExplanation(
        NUMBER_REASONS[standing], status, f"{trouble} {_next(message, is_own)}".strip()
    )


def number_words(is_own: bool) -> str:
    """What a number is called to its user, and to somebody else."""
    return "your number" if is_own else "the number"


def trouble_of(
    number: SystemNumber,
    *,
    now: datetime,
    is_own: bool = True,
) -> str:
    """Why a number is not active, and who sees to it; "" while all goes as usual.

    ``is_own``: it is the reader's.
    """
    notified = NOTIFIED if is_own else ADMINISTRATORS_NOTIFIED
    match number.standing(now):
        case NumberStanding.NEEDS_ADMINISTRATOR:
            return f"{number.reason} {notified}".strip()
        case NumberStanding.DELAYED:
            told = f" {notified}" if number.administrator_told_at else ""
            return f"{number.reason} {KEEPS_TRYING}{told}"
        case NumberStanding.LATE:
            return f"It takes longer than a day. {notified}"
    return ""


def _next(message: Message, is_own: bool) -> str:
    if message.deadline_at is None:
        return ""
    student = message.conversation.student
    then = "it goes as an email" if student and student.email else "it is not sent"
    local = message.deadline_at.astimezone(college_settings().zone)
    by = date_format(local, "D, M j, g:i A")
    return f"If {number_words(is_own)} isn’t active by {by}, {then}."
