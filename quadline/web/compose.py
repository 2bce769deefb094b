"""Write a text: from the inbox, from +New, from the Message dialog. All three call one verb, accept_text."""

import uuid
from typing import Any

from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from quadline.conversations.models import Conversation, Message
from quadline.delivery.outbox import TextRefused, accept_text, cancel_text
from quadline.roster.models import Student
from quadline.web.composer import composer_for
from quadline.web.inbox import conversation_context, fresh_context
from quadline.web.inbox_list import list_context
from quadline.web.reach import reach_of
from quadline.web.requests import StaffRequest, accept_posted_text, whole_number

CHOICES = 12


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: StaffRequest) -> HttpResponseBase:
    """+New: choose one student, write, send."""
    to_id = whole_number(request.POST.get("to") or request.GET.get("to"))
    to = get_object_or_404(Student.objects.visible_to(request.user), pk=to_id) if to_id is not None else None
    if request.method == "POST" and to:
        try:
            message = accept_posted_text(request, to)
        except TextRefused as refused:
            return render(request, "compose/page.html", _compose_context(request, to, error=str(refused)), status=422)
        return redirect("conversation", message.conversation_id)
    return render(request, "compose/page.html", _compose_context(request, to))


@require_POST
def send(request: StaffRequest, conversation_id: int) -> HttpResponseBase:
    """From the composer of a conversation. Answers with the bubble, or goes back to the page without scripts."""
    mine = Conversation.objects.select_related("student", "staff").filter(staff=request.user)
    conversation = get_object_or_404(mine, pk=conversation_id)
    student = get_object_or_404(Student.objects.visible_to(request.user), pk=conversation.student_id)
    try:
        message = accept_posted_text(request, student)
    except TextRefused as refused:
        return _refused(request, conversation, str(refused))
    if not request.htmx:
        return redirect("conversation", conversation.pk)
    return render(request, "inbox/_fresh.html", _fresh(request, message))


@require_POST
def cancel(request: StaffRequest, message_id: uuid.UUID) -> HttpResponseBase:
    message = _own_message(request, message_id)
    cancel_text(message=message, actor=request.user, now=timezone.now())
    return _back_to_log(request, message)


@require_POST
def retry(request: StaffRequest, message_id: uuid.UUID) -> HttpResponseBase:
    """Send the same words again, as a new text; asking twice is one new text."""
    failed = _own_message(request, message_id)
    student = get_object_or_404(Student.objects.visible_to(request.user), pk=failed.conversation.student_id)
    again = uuid.uuid5(failed.pk, "again")
    try:
        message = accept_text(author=request.user, student=student, message_id=again, body=failed.body, now=timezone.now())
    except TextRefused as refused:
        return _refused(request, failed.conversation, str(refused))
    return _back_to_log(request, message)


def _own_message(request: StaffRequest, message_id: uuid.UUID) -> Message:
    mine = Message.objects.select_related("conversation__student", "conversation__staff").filter(author=request.user)
    return get_object_or_404(mine, pk=message_id)


def _fresh(request: StaffRequest, message: Message) -> dict[str, Any]:
    """The one bubble. Where to ask next stays where it was: other news may lie in between."""
    context = fresh_context(request, message.conversation, [message], after=0)
    return context | {"since_url": ""}


def _back_to_log(request: StaffRequest, message: Message) -> HttpResponseBase:
    if not request.htmx:
        return redirect("conversation", message.conversation_id)
    return render(request, "inbox/_fresh.html", _fresh(request, message))


def _refused(request: StaffRequest, conversation: Conversation, why: str) -> HttpResponse:
    body = request.POST.get("body", "")
    if request.htmx:
        context = fresh_context(request, conversation, [], after=0, error=why) | {"since_url": ""}
        return render(request, "inbox/_fresh.html", context, status=422)
    context = list_context(request, current=conversation) | conversation_context(request, conversation, error=why, draft=body)
    return render(request, "inbox/page.html", context, status=422)


def _compose_context(request: StaffRequest, to: Student | None, *, error: str = "") -> dict[str, Any]:
    query = request.GET.get("q", "").strip()[:200]
    if to:
        conversation = Conversation.objects.filter(staff=request.user, student=to).select_related("student", "staff").first()
        composer = composer_for(
            request.user, to, conversation, post_url=reverse("compose"), draft=request.POST.get("body", ""), error=error
        )
        return {"to": to, "composer": composer}
    return {"to": None, "query": query, "students": choices(request, query)}


def choices(request: StaffRequest, query: str) -> list[Student]:
    """The students to choose from, each with how they can be reached."""
    visible = Student.objects.visible_to(request.user)
    found = list((visible.matching(query) if query else visible.filter(_lately(request))).by_name()[:CHOICES])
    reach = reach_of(found, request.user)
    for student in found:
        student.reach = reach[student.pk]  # type: ignore[attr-defined]  # for the template
    return found


def _lately(request: StaffRequest) -> Q:
    """Before anything is typed: the people this user wrote with last."""
    recent = Conversation.objects.filter(staff=request.user).newest_first().exclude(student=None)[:CHOICES]
    return Q(pk__in=[conversation.student_id for conversation in recent])
