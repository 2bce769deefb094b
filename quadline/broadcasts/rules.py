"""The law of a broadcast: its states, what each recipient would get,
and when it is done. No database here.
"""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from quadline.consent.quiet_hours import quiet_until
from quadline.consent.rules import QuietHours, Reason

# How finely the finish time is worked out around quiet hours.
FINISH_STEP = timedelta(minutes=5)
MAX_FINISH_STEPS = 4_000  # 14 days of sending; a night is one step


class BroadcastRefused(ValueError):
    """Nothing was sent or changed; the message says why
    and what to do, in plain words.
    """


class BroadcastState(StrEnum):
    DRAFT = "draft"  # written, perhaps reviewed; nothing has left
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"  # by a person; what had left, had left
    FINISHED = "finished"


class PlannedOutcome(StrEnum):
    """What the review says a recipient will get."""

    TEXT = "text"
    # as an email, because a text cannot reach them, or because it is an email that is
    # sent
    EMAIL = "email"
    NOTHING = "nothing"


class NoTextReason(StrEnum):
    """Why a recipient does not get a text. Each goes with one outcome; the
    first seven are consent's own words.
    """

    OPTED_OUT = Reason.OPTED_OUT.value  # email instead
    NO_MOBILE = Reason.NO_MOBILE.value  # email instead
    LANDLINE = Reason.LANDLINE.value  # email instead
    BAD_NUMBER = Reason.BAD_NUMBER.value  # email instead
    WRONG_NUMBER = Reason.WRONG_NUMBER.value  # email instead
    NO_CONSENT = Reason.NO_CONSENT.value  # email instead
    ASKED = Reason.ASKED.value  # nothing, until a person has answered
    # nothing: a text cannot reach them and there is no email address
    NO_ADDRESS = "no_address"
    NO_EMAIL = "no_email"  # nothing: this is an email, and there is no address
    UNFILLED = "unfilled"  # nothing: a merge field is empty for them
    # nothing: another recipient with the same phone or address is likely the same
    # student
    TWIN = "twin"


NO_TEXT_WORDS: dict[NoTextReason, str] = {
    NoTextReason.OPTED_OUT: "Opted out of texts",
    NoTextReason.NO_MOBILE: "No mobile number on file",
    NoTextReason.LANDLINE: "Only a landline on file",
    NoTextReason.BAD_NUMBER: "Texts to this phone have failed before",
    NoTextReason.WRONG_NUMBER: "This number was reported as wrong",
    NoTextReason.NO_CONSENT: "No consent to texts on file for this number",
    NoTextReason.ASKED: "May have asked for no more texts: answer that first",
    NoTextReason.NO_ADDRESS: "A text cannot reach them, and there is no email address",
    NoTextReason.NO_EMAIL: "No email address on file",
    NoTextReason.UNFILLED: "A merge field cannot be filled in",
    NoTextReason.TWIN: "Likely the same student as another recipient, who gets it",
}

EMAIL_INSTEAD = frozenset(
    {
        NoTextReason.OPTED_OUT,
        NoTextReason.NO_MOBILE,
        NoTextReason.LANDLINE,
        NoTextReason.BAD_NUMBER,
        NoTextReason.WRONG_NUMBER,
        NoTextReason.NO_CONSENT,
    }
)


def outcome_of(why: NoTextReason) -> PlannedOutcome:
    """What a student gets who does not get a text, for this reason."""
    return PlannedOutcome.EMAIL if why in EMAIL_INSTEAD else PlannedOutcome.NOTHING


MAY_BECOME: dict[BroadcastState, frozenset[BroadcastState]] = {
    BroadcastState.DRAFT: frozenset({BroadcastState.RUNNING}),
    BroadcastState.RUNNING: frozenset(
        {BroadcastState.PAUSED, BroadcastState.STOPPED, BroadcastState.FINISHED}
    ),
    BroadcastState.PAUSED: frozenset({BroadcastState.RUNNING, BroadcastState.STOPPED}),
    BroadcastState.STOPPED: frozenset(),
    BroadcastState.FINISHED: frozenset(
        {BroadcastState.RUNNING}
    ),  # what failed is sent again
}


def sending_seconds(segments: int, rate: float) -> int:
    """How long a number sends at ``rate`` segments a second; 0: no limit."""
    return math.ceil(segments / rate) if rate else 0


def finish_at(
    segments: Mapping[tuple[str, ...], int],
    *,
    now: datetime,
    rate: float,
    quiet_hours: QuietHours | None,
) -> datetime:
    """When the last of these leaves: segments by the zones their students
    may be in, none of them in quiet hours.

    Segments that go at any hour stand under no zone, ``()``.
    """
    left = {zones: float(count) for zones, count in segments.items() if count > 0}
    moment = now
    for _ in range(MAX_FINISH_STEPS):
        quiet = {
            zones: quiet_until(moment, zones, quiet_hours) if quiet_hours else None
            for zones in left
        }
        if not left:
            break
        ends = [end for end in quiet.values() if end]
        if len(ends) == len(left):
            moment = min(ends)
            continue
        free = [zones for zones in left if not quiet[zones]]
        moment += _send(left, free, rate)
    return moment


def _send(
    left: dict[tuple[str, ...], float],
    free: list[tuple[str, ...]],
    rate: float,
) -> timedelta:
    """Take off what leaves within one step, and return how long that took."""
    # Without a limit all leaves in the first step, which then takes no time.
    room = FINISH_STEP.total_seconds() * rate if rate else math.inf
    used = 0.0
    for zones in free:
        sent = min(left[zones], room - used)
        used += sent
        left[zones] -= sent
        if left[zones] <= 0:
            del left[zones]
    return timedelta(seconds=used / rate) if rate else timedelta()
