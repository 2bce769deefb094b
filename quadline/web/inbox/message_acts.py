"""What its author does with a message in the log: take it back,
send it again, send it as an email.
"""

import uuid
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from quadline import clock
from quadline.accounts.rules import May
from quadline.conversations.models import Conversation, Message
from quadline.delivery.failsafe.closing import send_as_email
from quadline.delivery.outbox.accepting import cancel_text
from quadline.delivery.outbox.email_outbox import ROLE_WRITES_NO_EMAILS
from quadline.roster.models import Student
from quadline.web.compose.composer import has_left
from quadline.web.compose.sending import NotAccepted, accept_again
from quadline.web.inbox.listing import list_context
from quadline.web.inbox.views import conversation_context, fresh_context
from quadline.web.requests import StaffRequest

# What an answer answers: each has a place of its own for a refusal.
COMPOSER, ACT = "composer", "act"
TOO_LATE = (
    "This text is on its way or has become an email already. Nothing was sent again."
)


@require_POST
def cancel(request: StaffRequest, message_id: uuid.UUID) -> HttpResponseBase:
    message = _own_message(request, message_id)
    # It may be too late. What became of it is on the bubble that comes back.
    cancel_text(message=message, actor=request.user, now=clock.now())
    return back_to_log(request, message, answers=ACT)


@require_POST
def retry(request: StaffRequest, message_id: uuid.UUID) -> HttpResponseBase:
    """Send the same words again, as a new message; asking twice is one new message."""
    failed = _own_message(request, message_id)
    try:
        message = accept_again(request.user, _student_of(request, failed), failed)
    except NotAccepted as refused:
        return refused_in_log(request, failed.conversation, refused, answers=ACT)
    return back_to_log(request, message, answers=ACT)


@require_POST
def as_email(request: StaffRequest, message_id: uuid.UUID) -> HttpResponseBase:
    """Do not wait for the text any longer: the words go to
    the institutional account, once.
    """
    message = _own_message(request, message_id)
    try:
        _student_of(request, message)
        if not request.user.may[May.TEXT]:
            raise NotAccepted(ROLE_WRITES_NO_EMAILS)
        if not send_as_email(message=message, actor=request.user, now=clock.now()):
            raise NotAccepted(TOO_LATE)
    except NotAccepted as refused:
        return refused_in_log(
            request,
            message.conversation,
            refused,
            answers=ACT,
            shown=[message],
        )
    return back_to_log(request, message, answers=ACT)


def back_to_log(
    request: StaffRequest,
    message: Message,
    *,
    answers: str,
) -> HttpResponseBase:
    """The one bubble. Where to ask next stays where it was:
    other news may lie in between.
    """
    if not request.htmx:
        return redirect("conversation", message.conversation_id)
    # The act has changed the row, not this object.
    message.refresh_from_db()
    context = fresh_context(request, message.conversation, [message], after=0)
    context |= {"since_url": "", "answers": answers}
    return render(request, "inbox/_fresh.html", context)


def refused_in_log(
    request: StaffRequest,
    conversation: Conversation,
    why: NotAccepted,
    *,
    answers: str,
    shown: list[Message] | None = None,
) -> HttpResponse:
    """Say why beside the composer; without scripts on the page of the conversation."""
    error = why if answers == COMPOSER else None
    told: dict[str, Any] = {} if error else {"act_error": why}
    if request.htmx:
        context = fresh_context(
            request,
            conversation,
            shown or [],
            after=0,
            error=error,
        )
        told |= {"since_url": "", "answers": answers}
        return render(request, "inbox/_fresh.html", context | told, status=422)
    panes = conversation_context(request, conversation, error=error)
    context = list_context(request, current=conversation) | panes | told
    return render(request, "inbox/page.html", context, status=422)


def _student_of(request: StaffRequest, message: Message) -> Student:
    """Whom it goes to. Raises NotAccepted for one who has left the caseload: the
    message is still the author's.
    """
    student = message.conversation.student
    # A stranger who texted a System number has a conversation without a student.
    if student is None:
        raise NotAccepted("This phone is not on the roster. Nothing was sent.")
    if not Student.objects.visible_to(request.user).filter(pk=student.pk).exists():
        raise NotAccepted(has_left(student))
    return student


def _own_message(request: StaffRequest, message_id: uuid.UUID) -> Message:
    mine = Message.objects.select_related(
        "conversation__student", "conversation__inbox__owner"
    ).filter(author=request.user)
    return get_object_or_404(mine, pk=message_id)
