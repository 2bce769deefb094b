"""A broadcast in plain words: its state, how long it
still takes, when it will be done.
"""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format

from quadline import clock as database_clock
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.results import BroadcastProgress
from quadline.broadcasts.reviews import Review
from quadline.broadcasts.rules import BroadcastState
from quadline.conversations.rules import Channel, WaitingFor
from quadline.delivery.outbox.wait_explanation import trouble_of
from quadline.numbers.models import SystemNumber
from quadline.web.compose.composer import email_fallback_words

# As a chip: words, tone, icon.
STATE_CHIPS: dict[BroadcastState, tuple[str, str, str]] = {
    BroadcastState.DRAFT: ("Not sent yet", "", "file"),
    BroadcastState.RUNNING: ("Sending", "", "send"),
    BroadcastState.PAUSED: ("Paused", "warn", "waiting"),
    BroadcastState.STOPPED: ("Stopped", "bad", "ban"),
    BroadcastState.FINISHED: ("Finished", "ok", "tick"),
}

# These waits end by a person or the college's next day, not by a rate or a clock.
HELD_WORDS = {
    WaitingFor.QUESTION: (
        "The rest is on hold until this is answered: did the student ask to stop texts?"
    ),
    WaitingFor.AUTHOR: (
        "The rest is held: its author may not text these students any more."
    ),
    WaitingFor.TOMORROW: (
        "The college’s texts for today are used up. The rest is sent automatically"
        " tomorrow."
    ),
}


def state_chip(
    broadcast: Broadcast, progress: BroadcastProgress | None = None
) -> dict[str, str]:
    """The state, and what a running one waits for."""
    label, tone, icon = STATE_CHIPS[BroadcastState(broadcast.state)]
    if broadcast.state == BroadcastState.RUNNING and progress:
        if progress.waits_for_number and _trouble(broadcast):
            label, tone, icon = "Problem with the number", "bad", "alert"
        elif progress.waits_for_number:
            label, tone, icon = "Waiting for the number", "warn", "waiting"
        elif progress.held_until:
            label = f"Held until {clock(progress.held_until)}"
            tone, icon = "warn", "waiting"
        elif progress.held_by:
            label, tone, icon = "Held", "warn", "waiting"
    return {"label": label, "tone": tone, "icon": icon}


def progress_words(
    broadcast: Broadcast,
    progress: BroadcastProgress,
    *,
    is_own: bool = True,
) -> str:
    """212 of 380 sent; about 4 minutes left. ``is_own``: the reader wrote it."""
    done = f"{progress.sent:,} of {progress.total:,} sent"
    if broadcast.state == BroadcastState.PAUSED:
        return (
            f"{done}; paused. The other {progress.waiting:,} wait until it is resumed."
        )
    if broadcast.state == BroadcastState.STOPPED:
        return f"{done}; the rest was stopped."
    if broadcast.state == BroadcastState.FINISHED:
        return f"{done}."
    if progress.waits_for_number:
        why = _for_the_number(broadcast, is_own=is_own)
        return f"{done}. {why} {email_fallback_words()}"
    if progress.held_by:
        return f"{done}. {_held(progress)}"
    if progress.held_until:
        return (
            f"{done}. The rest waits for texting hours and goes on automatically"
            f" {time_words(progress.held_until)}."
        )
    if progress.seconds_left is None:
        return f"{done}."
    return f"{done}; about {lasting(progress.seconds_left)} left."


def _for_the_number(broadcast: Broadcast, *, is_own: bool) -> str:
    trouble = _trouble(broadcast, is_own=is_own)
    if trouble:
        return f"There’s a problem with the number. {trouble} The texts wait."
    return "The texts wait for the number and go out automatically when it is active."


def _trouble(broadcast: Broadcast, *, is_own: bool = True) -> str:
    number = SystemNumber.objects.of(broadcast.author)
    if number is None:
        return ""
    return trouble_of(number, now=database_clock.now(), is_own=is_own)


def _held(progress: BroadcastProgress) -> str:
    """Why all that is left is held; it may be for more than one reason."""
    # One sentence with two reasons would not say how many each holds.
    if len(progress.held_by) > 1:
        return "The rest is held; each text says why."
    return HELD_WORDS[WaitingFor(next(iter(progress.held_by)))]


def lasting(seconds: int) -> str:
    """How long, as people say it."""
    if seconds < 60:
        return "a minute" if seconds > 30 else "half a minute"
    minutes = round(seconds / 60)
    if minutes < 90:
        return "1 minute" if minutes == 1 else f"{minutes} minutes"
    # By half hours: the estimate is no better than that.
    hours = round(minutes / 30) / 2
    return f"{hours:g} hours"


def clock(moment: datetime) -> str:
    """8:00 AM, with the day when it is not today."""
    local = timezone.localtime(moment)
    if local.date() == timezone.localdate():
        return date_format(local, "g:i A")
    return date_format(local, "l, g:i A")


def time_words(moment: datetime) -> str:
    """at 8:00 AM; on Monday, 8:00 AM."""
    local = timezone.localtime(moment)
    if local.date() == timezone.localdate():
        return f"at {clock(moment)}"
    return f"on {clock(moment)}"


def when_done(review: Review, channel: str) -> str:
    """When it will be done, as far as anyone knows, for the review page."""
    if channel == Channel.EMAIL or not review.texts:
        return "Emails leave within a few minutes."
    if review.finish_at is None:
        waits = (
            "The texts wait for your number and go out automatically when it is active."
        )
        return f"Nobody can say when it will be done. {waits} {email_fallback_words()}"
    done = f"Done about {clock(review.finish_at)}"
    takes = lasting(review.takes_seconds)
    return f"{done}; sending takes {takes} at your number’s rate."
