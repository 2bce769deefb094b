"""Broadcasts: write to many, see what became of it by status,
pause it, resume it, stop the rest.
"""

import uuid
from collections.abc import Callable
from typing import Annotated, Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from ninja import Router
from pydantic import Field

from quadline import clock
from quadline.accounts.rules import May
from quadline.api.answers import answers, leads_to
from quadline.api.audiences import Audience, tokens_of
from quadline.api.broadcast_answers import BroadcastAnswer, broadcast_answer
from quadline.api.fields import ApiRequest, ApiText, ApiWords, Given
from quadline.api.idempotency import DESCRIBED, once
from quadline.api.messages import ApiChannel
from quadline.api.problems import ApiRefusal
from quadline.broadcasts import pausing, preflight
from quadline.broadcasts.drafting import draft_broadcast
from quadline.broadcasts.launching import ReviewChanged, launch_broadcast
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.rules import BroadcastRefused, BroadcastState
from quadline.delivery.outbox.email_outbox import MAX_SUBJECT, ROLE_WRITES_NO_EMAILS

TRIES = 3  # somebody's consent may change between the look and the launch
router = Router(tags=["Broadcasts"])
GOES_ON = ("get_broadcast", "pause_broadcast", "resume_broadcast", "stop_broadcast")
STEERED = answers(200, BroadcastAnswer, 404, 409, 413, 415, 422)


class NewBroadcast(Given):
    channel: ApiChannel = "text"
    subject: Annotated[ApiText, Field(max_length=MAX_SUBJECT)] = ""  # of an email
    body: ApiWords  # with merge fields, such as [Student Name]
    audience: Audience
    with_contact_card: bool = False  # of an email
    # nothing leaves: a draft that can be sent or discarded on the screen
    review_only: bool = False


@router.post(
    "",
    response=answers(
        201,
        BroadcastAnswer,
        403,
        409,
        422,
        with_body=True,
    ),
    summary="Write to many, each in a conversation of their own",
    openapi_extra=DESCRIBED
    | leads_to(201, **dict.fromkeys(GOES_ON, ("broadcast_id", "id"))),
)
@once(201)
def send_broadcast(request: ApiRequest, new: NewBroadcast) -> BroadcastAnswer:
    """Reviewed and sent in one: the answer's ``review`` says who gets what and why.
    With ``review_only`` nothing leaves.
    """
    if not request.auth.may[May.TEXT]:
        raise ApiRefusal(403, ROLE_WRITES_NO_EMAILS)
    try:
        # Under way or over, it is answered as it stands: nothing is sent again.
        broadcast = _known(request) or _drafted(request, new)
        if broadcast.state == BroadcastState.DRAFT:
            _sent(broadcast, request, review_only=new.review_only)
    except BroadcastRefused as refused:
        raise ApiRefusal(422, str(refused)) from refused
    return broadcast_answer(broadcast)


@router.get(
    "/{uuid:broadcast_id}",
    response=answers(
        200,
        BroadcastAnswer,
        404,
        422,
    ),
    summary="A broadcast, counted by status",
)
def get_broadcast(request: ApiRequest, broadcast_id: uuid.UUID) -> BroadcastAnswer:
    chosen = _seen(request, broadcast_id)
    return broadcast_answer(chosen)


@router.post(
    "/{uuid:broadcast_id}/pause",
    response=STEERED,
    summary="Keep what has not left",
    openapi_extra=DESCRIBED,
)
@once(200)
def pause_broadcast(request: ApiRequest, broadcast_id: uuid.UUID) -> BroadcastAnswer:
    """One that is paused already stays so."""
    return _turned(
        request,
        broadcast_id,
        pausing.pause_sending,
        BroadcastState.PAUSED,
    )


@router.post(
    "/{uuid:broadcast_id}/resume",
    response=STEERED,
    summary="Let it go on",
    openapi_extra=DESCRIBED,
)
@once(200)
def resume_broadcast(request: ApiRequest, broadcast_id: uuid.UUID) -> BroadcastAnswer:
    """One that runs already goes on running."""
    return _turned(
        request,
        broadcast_id,
        pausing.resume_sending,
        BroadcastState.RUNNING,
    )


@router.post(
    "/{uuid:broadcast_id}/stop",
    response=STEERED,
    summary="Cancel what has not left",
    openapi_extra=DESCRIBED,
)
@once(200)
def stop_broadcast(request: ApiRequest, broadcast_id: uuid.UUID) -> BroadcastAnswer:
    """What has left, has left. One that was stopped cannot be resumed."""
    return _turned(
        request,
        broadcast_id,
        pausing.stop_rest,
        BroadcastState.STOPPED,
    )


def _known(request: ApiRequest) -> Broadcast | None:
    """The one that this very request made before: its kept answer was
    dropped long ago, the broadcast was not.
    """
    return Broadcast.objects.filter(pk=request.act_id, author=request.auth).first()


def _drafted(request: ApiRequest, new: NewBroadcast) -> Broadcast:
    return draft_broadcast(
        author=request.auth,
        broadcast_id=request.act_id,
        channel=new.channel,
        subject=new.subject,
        body=new.body,
        audience={"to": tokens_of(new.audience, request.auth)},
        with_contact_card=new.with_contact_card,
        is_announcement=False,
        now=clock.now(),
    )


def _sent(
    broadcast: Broadcast,
    request: ApiRequest,
    *,
    review_only: bool,
) -> None:
    """Nobody looks between review and launch: where the first look is
    out of date, the next one counts.
    """
    preflight.review(broadcast, now=clock.now())
    if review_only:
        return
    for _ in range(TRIES):
        try:
            launch_broadcast(
                broadcast,
                actor=request.auth,
                fingerprint=broadcast.fingerprint,
                now=clock.now(),
            )
            return
        except ReviewChanged:
            # The new review is stored, and its fingerprint with the broadcast.
            continue
    raise ApiRefusal(
        409,
        "The recipients change faster than they can be reviewed. Nothing was sent:"
        " try again.",
        retry_after=5,
    )


def _seen(request: ApiRequest, broadcast_id: uuid.UUID) -> Broadcast:
    return get_object_or_404(
        Broadcast.objects.shown_to(request.auth).select_related("author"),
        pk=broadcast_id,
    )


def _turned(
    request: ApiRequest,
    broadcast_id: uuid.UUID,
    turn: Callable[..., Any],
    wanted: BroadcastState,
) -> BroadcastAnswer:
    chosen = _seen(request, broadcast_id)
    # As for one that is not there: what a token may not do, it need not know of.
    if not pausing.may_steer(chosen, request.auth):
        raise Http404
    try:
        turn(chosen, actor=request.auth, now=clock.now())
    except BroadcastRefused as refused:
        raise ApiRefusal(409, str(refused)) from refused
    chosen.refresh_from_db()
    # By what it is now, not by whether this call did it: asked twice is no fault.
    if chosen.state != wanted:
        raise ApiRefusal(
            409,
            f"This broadcast is {chosen.state}: it cannot become {wanted} now. Nothing"
            " was changed.",
        )
    return broadcast_answer(chosen)
