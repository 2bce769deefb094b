"""Write a message: from the inbox, and from +New. A text goes through one verb,
accept_text, wherever it was written.
"""

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from quadline.broadcasts.rules import BroadcastRefused
from quadline.conversations.models import Conversation
from quadline.roster.models import Student
from quadline.web.compose.composer import has_left
from quadline.web.compose.new_message import (
    audience_context,
    drafted,
    new_message_page,
    opened,
    posted,
    step_taken,
)
from quadline.web.compose.recipients_field import choice_chips, offered, read_pasted
from quadline.web.compose.sending import NotAccepted, accept_posted
from quadline.web.inbox.message_acts import COMPOSER, back_to_log, refused_in_log
from quadline.web.requests import StaffRequest


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: StaffRequest) -> HttpResponseBase:
    """+New: To, the words, Send. One student gets it at once; more, after a review."""
    if request.method != "POST":
        return new_message_page(request, opened(request))
    if "step" in request.POST or "remove" in request.POST:
        return new_message_page(request, step_taken(request))
    form = posted(request)
    try:
        if form.chosen.only_student is None:
            # Many see a review before anything leaves; one student is an ordinary
            # message.
            return redirect("broadcast-review", drafted(request, form.chosen).pk)
        to = get_object_or_404(
            Student.objects.visible_to(request.user), pk=form.chosen.only_student
        )
        return redirect("conversation", accept_posted(request, to).conversation_id)
    except (NotAccepted, BroadcastRefused) as refused:
        return new_message_page(request, form, error=refused, status=422)


@require_safe
def recipient_suggestions(request: StaffRequest) -> HttpResponse:
    """What a field of recipients offers for what was typed."""
    query = request.GET.get("q", "").strip()[:200]
    field_name = "except" if request.GET.get("field") == "except" else "to"
    context = {
        "options": offered(field_name, query, request.user),
        "query": query,
        "field_name": field_name,
    }
    return render(request, "compose/_options.html", context)


@require_POST
def audience(request: StaffRequest) -> HttpResponse:
    """How many students the chips stand for now."""
    context = audience_context(request, posted(request))
    return render(request, "compose/_audience.html", context)


@require_POST
def pasted(request: StaffRequest) -> HttpResponse:
    """Whom a pasted list names."""
    tokens, report = read_pasted(request.POST.get("pasted", ""), request.user)
    return render(
        request,
        "compose/_pasted.html",
        {"report": report, "report_chips": choice_chips(tokens, request.user)},
    )


@require_POST
def send_from_composer(request: StaffRequest, conversation_id: int) -> HttpResponseBase:
    """From the composer of a conversation. Answers with the bubble, or
    goes back to the page without scripts.
    """
    mine = Conversation.objects.writable_by(request.user).select_related(
        "student", "inbox__owner"
    )
    conversation = get_object_or_404(mine, pk=conversation_id)
    student = get_object_or_404(Student, pk=conversation.student_id)
    try:
        # Not 404: the conversation stays the author's, who is told why it is closed.
        if not Student.objects.visible_to(request.user).filter(pk=student.pk).exists():
            raise NotAccepted(has_left(student))
        message = accept_posted(request, student, inbox=conversation.inbox)
    except NotAccepted as refused:
        return refused_in_log(request, conversation, refused, answers=COMPOSER)
    return back_to_log(request, message, answers=COMPOSER)
