"""The ladder a message climbs: its statuses, their rank, and what
a person reads. No database here.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Channel(StrEnum):
    TEXT = "text"
    EMAIL = "email"


class Status(StrEnum):
    RECEIVED = "received"  # inbound: filed in its conversation
    WAITING = "waiting"  # may not leave yet: its reason says why
    QUEUED = "queued"  # due; the sender takes it next
    SENDING = "sending"  # picked up: an attempt is committed; the carrier may have it
    # the outcome of an attempt is unknown and is being looked up
    UNCONFIRMED = "unconfirmed"
    SENT = "sent"  # the carrier has it; some networks never say more
    DELIVERED = "delivered"  # the phone has it
    UNDELIVERED = "undelivered"  # the network gave up
    FAILED = "failed"  # the carrier, or an email's mail server, refused it
    BLOCKED = "blocked"  # never taken by the carrier; its reason says why
    CANCELLED = "cancelled"  # taken back by its author while it waited
    BOUNCED = "bounced"  # an email that came back
    EMAILED = "emailed"  # a text that went as an email instead
    UNREACHED = "unreached"  # a text that arrived neither as a text nor as an email


RANK: dict[Status, int] = {
    Status.WAITING: 0,
    Status.QUEUED: 1,
    Status.SENDING: 2,
    Status.UNCONFIRMED: 3,
    Status.SENT: 4,
    Status.DELIVERED: 6,
    Status.UNDELIVERED: 5,
    Status.FAILED: 5,
    Status.BLOCKED: 5,
    Status.CANCELLED: 5,
    Status.BOUNCED: 7,
    Status.EMAILED: 7,
    Status.UNREACHED: 8,
}
FINAL_STATUSES = frozenset(status for status, rank in RANK.items() if rank >= 5)
BEFORE_AN_ATTEMPT = frozenset({Status.WAITING, Status.QUEUED})
WITH_THE_CARRIER = frozenset({Status.SENDING, Status.UNCONFIRMED})
NOT_DELIVERED = frozenset({Status.UNDELIVERED, Status.FAILED, Status.BLOCKED})
# as a text
NEVER_REACHED_THE_STUDENT = NOT_DELIVERED | {
    Status.CANCELLED,
    Status.EMAILED,
    Status.UNREACHED,
}
# What the carrier has can be neither taken back nor blocked any more.
ONLY_FROM: dict[Status, frozenset[Status]] = {
    Status.CANCELLED: BEFORE_AN_ATTEMPT,
    Status.BLOCKED: BEFORE_AN_ATTEMPT | WITH_THE_CARRIER,
    Status.EMAILED: NOT_DELIVERED,
    Status.UNREACHED: NOT_DELIVERED | {Status.EMAILED},
    Status.BOUNCED: frozenset({Status.SENT}),  # an email; its failures are "failed"
}


def may_climb(current: Status, following: Status) -> bool:
    """Whether a message may go from one status to another."""
    if current in (Status.RECEIVED, Status.CANCELLED):
        return False
    if following in ONLY_FROM and current not in ONLY_FROM[following]:
        return False
    ends_blocked = following in (Status.EMAILED, Status.UNREACHED)
    if current is Status.BLOCKED and not ends_blocked:
        return False
    # Rank only rises. "Delivered" outranks the failures: receipts come in any order,
    # and a phone that has the text has it.
    return RANK[following] > RANK[current]


STATUS_WORDS: dict[Status, tuple[str, str, str]] = {  # words, icon, tone
    Status.RECEIVED: ("Received", "", ""),
    Status.WAITING: ("Waiting", "clock", "warn"),
    Status.QUEUED: ("Sending", "clock", ""),
    Status.SENDING: ("Sending", "clock", ""),
    Status.UNCONFIRMED: ("Unconfirmed", "question", "warn"),
    Status.SENT: ("Sent", "tick", ""),
    Status.DELIVERED: ("Delivered", "ticks", "ok"),
    Status.UNDELIVERED: ("Not delivered", "alert", "bad"),
    Status.FAILED: ("Not delivered", "alert", "bad"),
    Status.BLOCKED: ("Not sent", "alert", "bad"),
    Status.CANCELLED: ("Canceled", "x", ""),
    Status.BOUNCED: ("Bounced", "alert", "bad"),
    Status.EMAILED: ("Sent as email instead", "envelope", "warn"),
    Status.UNREACHED: ("Not delivered, by text or email", "alert", "bad"),
}


def words_of_status(status: Status, reason: str = "") -> tuple[str, str, str]:
    """Words, icon and tone of a status. What is held, whatever its
    status, is waiting and not being sent.
    """
    is_held = status in (Status.QUEUED, Status.SENDING) and reason in set(WaitingFor)
    return STATUS_WORDS[Status.WAITING if is_held else status]


class WaitingFor(StrEnum):
    NUMBER = "number"  # the number is not active yet
    QUIET_HOURS = "quiet_hours"  # too early or too late where the student may be
    TURN = "turn"  # in a broadcast, behind the texts before it
    PAUSED = "paused"  # its broadcast is paused
    TOMORROW = "tomorrow"  # the college's texts for today are used up
    # the student may have asked for no more texts; a person decides
    QUESTION = "question"
    AUTHOR = "author"  # its author may not text this student any more


@dataclass(frozen=True, slots=True)
class Pending:
    """What a message waits for, and until when.

    ``reason`` is a WaitingFor, or empty for a text that only waits for the sender.
    ``due_at``: when the sender may take it; None until somebody acts. ``deadline_at``:
    it is given until then at least, before it goes as an email; None: as long as
    before.
    """

    reason: str = ""
    due_at: datetime | None = None
    deadline_at: datetime | None = None
    detail: str = ""

    @property
    def status(self) -> Status:
        """Where a message stands that waits so from the start."""
        return Status.WAITING if self.reason else Status.QUEUED
