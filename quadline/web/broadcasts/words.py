"""A broadcast in plain words: its state, how long it still takes, when it will be done."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format

from quadline import clock as database_clock
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.results import Progress
from quadline.broadcasts.reviews import Review
from quadline.broadcasts.rules import State
from quadline.conversations.rules import Channel, WaitingFor
from quadline.delivery.outbox.waiting import trouble_of
from quadline.numbers.models import SystemNumber
from quadline.web.compose.composer import else_an_email

STATES: dict[State, tuple[str, str, str]] = {  # words, tone, icon: as a chip
    State.DRAFT: ("Not sent yet", "", "file"),
    State.RUNNING: ("Sending", "", "send"),
    State.PAUSED: ("Paused", "warn", "waiting"),
    State.STOPPED: ("Stopped", "bad", "ban"),
    State.FINISHED: ("Finished", "ok", "tick"),
}

HELD = {
    WaitingFor.QUESTION: "The rest is on hold until this is answered: did the student ask to stop texts?",
    WaitingFor.AUTHOR: "The rest is held: its author may not text these students any more.",
    WaitingFor.TOMORROW: "The college’s texts for today are used up. The rest is sent automatically tomorrow.",
}


def state_chip(broadcast: Broadcast, progress: Progress | None = None) -> dict[str, str]:
    """The state, and what a running one waits for."""
    label, tone, icon = STATES[State(broadcast.state)]
    if broadcast.state == State.RUNNING and progress:
        if progress.waits_for_number and _trouble(broadcast):
            label, tone, icon = "Problem with the number", "bad", "alert"
        elif progress.waits_for_number:
            label, tone, icon = "Waiting for the number", "warn", "waiting"
        elif progress.held_until:
            label, tone, icon = f"Held until {clock(progress.held_until)}", "warn", "waiting"
        elif progress.held_by:
            label, tone, icon = "Held", "warn", "waiting"
    return {"label": label, "tone": tone, "icon": icon}


def progress_words(broadcast: Broadcast, progress: Progress, *, is_own: bool = True) -> str:
    """212 of 380 sent; about 4 minutes left. ``is_own``: the reader wrote it."""
    done = f"{progress.sent:,} of {progress.total:,} sent"
    if broadcast.state == State.PAUSED:
        return f"{done}; paused. The other {progress.waiting:,} wait until it is resumed."
    if broadcast.state == State.STOPPED:
        return f"{done}; the rest was stopped."
    if broadcast.state == State.FINISHED:
        return f"{done}."
    if progress.waits_for_number and (trouble := _trouble(broadcast, is_own=is_own)):
        return f"{done}. There’s a problem with the number. {trouble} The texts wait. {else_an_email()}"
    if progress.waits_for_number:
        return f"{done}. The texts wait for the number and go out automatically when it is active. {else_an_email()}"
    if progress.held_by:
        return f"{done}. {_held(progress)}"
    if progress.held_until:
        return f"{done}. The rest waits for texting hours and goes on automatically {at(progress.held_until)}."
    if progress.seconds_left is None:
        return f"{done}."
    return f"{done}; about {lasting(progress.seconds_left)} left."


def _trouble(broadcast: Broadcast, *, is_own: bool = True) -> str:
    number = SystemNumber.objects.of(broadcast.author)
    if number is None:
        return ""
    return trouble_of(number, now=database_clock.now(), is_own=is_own)


def _held(progress: Progress) -> str:
    """Why all that is left is held; it may be for more than one reason."""
    if len(progress.held_by) > 1:
        return "The rest is held; each text says why."
    return HELD[WaitingFor(next(iter(progress.held_by)))]


def lasting(seconds: int) -> str:
    """How long, as people say it."""
    if seconds < 60:
        return "a minute" if seconds > 30 else "half a minute"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    hours = round(minutes / 30) / 2
    return f"{hours:g} hours"


def clock(moment: datetime) -> str:
    """8:00 AM, with the day when it is not today."""
    local = timezone.localtime(moment)
    day = "" if local.date() == timezone.localdate() else date_format(local, "l, ")
    return f"{day}{date_format(local, 'g:i A')}"


def at(moment: datetime) -> str:
    return f"on {clock(moment)}" if timezone.localtime(moment).date() != timezone.localdate() else f"at {clock(moment)}"


def when_done(review: Review, channel: str) -> str:
    """The honest end of it, for the review page."""
    if channel == Channel.EMAIL or not review.texts:
        return "Emails leave within a few minutes."
    if review.finish_at is None:
        waits = "The texts wait for your number and go out automatically when it is active."
        return f"Nobody can say when it will be done. {waits} {else_an_email()}"
    return f"Done about {clock(review.finish_at)}; sending takes {lasting(review.takes_seconds)} at your number’s rate."
