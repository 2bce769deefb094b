"""Why a message changed: every cause of an event, with what the timeline says of it."""

from enum import StrEnum

from quadline.consent.rules import Reason
from quadline.conversations.rules import Status


class Cause(StrEnum):
    """The cause of an event, as it is stored, and its
    words. ``{actor}`` is who did it.
    """

    words: str

    def __new__(
        cls,
        value: str,
        words: str = "",
    ) -> "Cause":
        cause = str.__new__(cls, value)
        cause._value_ = value
        cause.words = words
        return cause

    WRITTEN = "written", "Written by {actor}"
    REPLY = "reply", "Received"
    PICKED_UP = "picked up", "Picked up to be sent"
    HANDED_OVER = "handed over", "Picked up to be sent"  # its name in older rows

    ACCEPTED = "accepted", "The carrier has it"
    RECEIPT = "receipt", ""  # RECEIPT_WORDS: they depend on what the receipt says
    ANSWER_LOST = (
        "answer lost",
        "No answer from the carrier; it may or may not have been taken",
    )
    REFUSED = "refused", "Refused by the carrier"

    CANCELLED = "cancelled", "Canceled by {actor}"
    BROADCAST_STOPPED = "broadcast stopped", "Stopped by {actor} with its broadcast"
    BY_HAND = "by_hand", "Email chosen instead by {actor}"
    DEADLINE = "deadline", "Not sent: it waited too long"
    OUT_OF_REACH = (
        "out of reach",
        "Not sent: its author may not write to this student now",
    )

    # Consent's own reasons. Quiet hours only hold a text.
    OPTED_OUT = Reason.OPTED_OUT.value, "Not sent: the student had opted out"
    NO_MOBILE = Reason.NO_MOBILE.value, "Not sent: no mobile number on file"
    LANDLINE = Reason.LANDLINE.value, "Not sent: only a landline on file"
    WRONG_NUMBER = (
        Reason.WRONG_NUMBER.value,
        "Not sent: this number was reported as wrong",
    )
    NO_CONSENT = (
        Reason.NO_CONSENT.value,
        "Not sent: no consent to texts is on file for this number",
    )
    BAD_NUMBER = (
        Reason.BAD_NUMBER.value,
        "Not sent: texts to this number have failed before",
    )
    ASKED = (
        Reason.ASKED.value,
        "Not sent: the student may have asked for no more texts",
    )

    QUIET_HOURS = (
        "held for quiet hours",
        "Held: it is outside texting hours where the student is",
    )
    QUESTION = (
        "held for an answer",
        "Held: the student may have asked for no more texts",
    )
    ANSWERED = "goes on", "Goes on: the question whether to stop is answered"
    AUTHOR = "held for its author", "Held: its author may not text this student now"
    AUTHOR_AGAIN = (
        "its author may again",
        "Goes on: its author may text this student again",
    )

    AUTHOR_LEFT = "author left", "Goes to the successor: its author left or is on leave"
    AUTHOR_LEFT_CANCELLED = (
        "canceled with its author",
        "Canceled: its author left or is on leave",
    )
    NUMBER_RESTS = "number rests", "Held: the number was put to rest by {actor}"
    NUMBER_GIVEN_UP = (
        "number given up",
        "Goes as an email: the number was given up by {actor}",
    )

    EMAILED = "emailed", "The mail server has the email"
    NO_ADDRESS = "no email address", "No email: there is no address on file"
    EMAIL_FAILED = "email failed", "The mail server did not take the email"
    EMAIL_CAME_BACK = "email came back", "The email came back"


RECEIPT_WORDS: dict[Status, str] = {
    Status.SENT: "Passed on to the network",
    Status.DELIVERED: "Delivered, the network reports",
    Status.UNDELIVERED: "The network could not deliver it",
    Status.FAILED: "Refused by the carrier",
}


def words_of_event(cause: str, to_status: Status) -> str:
    """What the timeline says of an event; "" for a cause that is not known."""
    if cause == Cause.RECEIPT:
        return RECEIPT_WORDS.get(to_status, "")
    return Cause(cause).words if cause in set(Cause) else ""
