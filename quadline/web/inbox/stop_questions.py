"""Did the student ask for no more texts? One click answers it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from quadline import clock
from quadline.accounts.rules import May
from quadline.consent.questions import StopAnswer
from quadline.conversations.models import Conversation
from quadline.delivery.opting.requests import answer_question
from quadline.web.inbox.asking import name_of
from quadline.web.inbox.views import fresh_context
from quadline.web.requests import StaffRequest


@require_POST
def answer(request: StaffRequest, conversation_id: int) -> HttpResponseBase:
    own = Conversation.objects.writable_by(request.user).select_related(
        "student", "inbox__owner"
    )
    # Only those who write here may answer: the student means their texts.
    chosen = get_object_or_404(own, pk=conversation_id)
    if not request.user.may[May.TEXT]:
        raise PermissionDenied
    words = "This was answered before. Nothing was changed."
    now = clock.now()
    posted = request.POST.get("answer", "")
    if posted in StopAnswer.values:
        given = StopAnswer(posted)
        is_first = answer_question(
            conversation=chosen,
            actor=request.user,
            answer=given,
            now=now,
        )
        words = _what_follows(chosen, given) if is_first else words
    if not request.htmx:
        messages.info(request, words)
        return redirect("conversation", chosen.pk)
    # What the answer held or released is dated by the moment it was given.
    changed = chosen.messages.filter(events__at=now).distinct().in_order()
    context = fresh_context(request, chosen, list(changed), after=0)
    context |= {"since_url": "", "words": words}
    return render(request, "inbox/_answered.html", context)


def _what_follows(chosen: Conversation, given: StopAnswer) -> str:
    who = name_of(chosen)
    if given is StopAnswer.STOP:
        return (
            f"{who} gets no more texts from you. What still waited goes as an email, if"
            " there is an address."
        )
    return f"You can go on texting {who}. Waiting texts are being sent."
