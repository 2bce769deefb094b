"""What its author does with a broadcast: pause, resume, stop the
rest, try again, throw a draft away.
"""

import uuid
from collections.abc import Callable
from typing import TypeVar

from django.contrib.messages import error, success
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from quadline import clock
from quadline.broadcasts import pausing, results
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.pausing import discard_draft
from quadline.broadcasts.rules import BroadcastRefused, BroadcastState
from quadline.web.broadcasts.views import own, visible_broadcast
from quadline.web.requests import StaffRequest

Done = TypeVar("Done")
NO_RECALL = "Sent messages can’t be recalled."


@require_POST
def pause(request: StaffRequest, broadcast_id: uuid.UUID) -> HttpResponseBase:
    chosen = steered(request, broadcast_id)
    is_paused = _done(
        request,
        lambda: pausing.pause_sending(chosen, actor=request.user, now=clock.now()),
    )
    # Two clicks: what is paused already is not said again.
    words = "Paused. Waiting texts stay until you resume." if is_paused else ""
    return _back(request, chosen, words)


@require_POST
def resume(request: StaffRequest, broadcast_id: uuid.UUID) -> HttpResponseBase:
    chosen = steered(request, broadcast_id)
    is_resumed = _done(
        request,
        lambda: pausing.resume_sending(chosen, actor=request.user, now=clock.now()),
    )
    return _back(request, chosen, "Sending again." if is_resumed else "")


@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: StaffRequest, broadcast_id: uuid.UUID) -> HttpResponseBase:
    """Asked again first: what is stopped cannot be resumed."""
    chosen = steered(request, broadcast_id)
    if request.method == "POST":
        stopped = _done(
            request,
            lambda: pausing.stop_rest(chosen, actor=request.user, now=clock.now()),
        )
        words = "" if stopped is None else _stopped(stopped)
        return _back(request, chosen, words)
    waiting = results.progress_of(chosen, clock.now()).waiting
    unsent = _messages(waiting, "unsent ")
    context = {
        "title": "Cancel remaining?",
        "words": f"{unsent} will be canceled. {NO_RECALL}",
        "button": f"Cancel {_messages(waiting)}",
        "keep": "Keep sending",
        "post_url": request.path,
        "back_url": reverse("broadcast", args=[chosen.pk]),
    }
    return _asked(request, context)


def _stopped(count: int) -> str:
    verb = "wasn’t" if count == 1 else "weren’t"
    return f"Stopped. {_messages(count)} {verb} sent."


def _messages(count: int, kind: str = "") -> str:
    things = "message" if count == 1 else "messages"
    return f"{count:,} {kind}{things}"


@require_POST
def retry(request: StaffRequest, broadcast_id: uuid.UUID) -> HttpResponseBase:
    chosen = steered(request, broadcast_id)
    again = _done(
        request,
        lambda: results.retry_failed(chosen, actor=request.user, now=clock.now()),
    )
    words = ""
    if again is not None:
        plural = "" if again == 1 else "s"
        words = f"{again:,} text{plural} will be sent once more."
    return _back(request, chosen, words)


@require_http_methods(["GET", "HEAD", "POST"])
def discard(request: StaffRequest, broadcast_id: uuid.UUID) -> HttpResponseBase:
    chosen = own(request, broadcast_id)
    if chosen.state != BroadcastState.DRAFT:
        return redirect("broadcast", chosen.pk)
    if request.method == "POST":
        try:
            discard_draft(chosen, actor=request.user)
        except BroadcastRefused as refused:
            # Sent from another tab meanwhile.
            error(request, str(refused))
            return redirect("broadcast", chosen.pk)
        success(request, "Draft discarded. Nothing was sent.")
        return redirect("broadcasts")
    context = {
        "title": "Discard this draft?",
        "words": (
            "What you wrote and whom you chose are deleted. Nothing has been sent."
        ),
        "button": "Discard",
        "keep": "Keep draft",
        "post_url": request.path,
        "back_url": reverse("broadcast-review", args=[chosen.pk]),
    }
    return _asked(request, context)


def steered(request: StaffRequest, broadcast_id: uuid.UUID) -> Broadcast:
    """One that this user may act on; for everybody else it is not there."""
    chosen = visible_broadcast(request, broadcast_id)
    # A user who may only look at it has no button that leads here.
    if not pausing.may_steer(chosen, request.user):
        raise Http404
    return chosen


def _done(request: StaffRequest, act: Callable[[], Done]) -> Done | None:
    try:
        return act()
    except BroadcastRefused as refused:
        # The next page shows it; None adds nothing more.
        error(request, str(refused))
        return None


def _back(
    request: StaffRequest,
    chosen: Broadcast,
    words: str,
) -> HttpResponseBase:
    if words:
        success(request, words)
    return redirect("broadcast", chosen.pk)


def _asked(request: StaffRequest, context: dict[str, str]) -> HttpResponse:
    template = "broadcasts/confirm.html"
    if request.htmx:
        template = "broadcasts/_confirm_dialog.html"
    return render(request, template, context)
