"""Find a student, open their profile, message them from it."""

from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from quadline.conversations.models import Conversation, Message
from quadline.conversations.rules import Channel, Status, WaitingFor
from quadline.inboxes.models import inbox_of, may_write_in
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student
from quadline.web.compose.composer import (
    composer_for,
    consent_lines,
    email_fallback_words,
)
from quadline.web.compose.inserts import Inserts
from quadline.web.compose.sending import NotAccepted, accept_posted
from quadline.web.compose.written import with_template, written_in
from quadline.web.requests import StaffRequest, whole_number
from quadline.web.status_words import shown_status
from quadline.web.students.reach import reach_chips
from quadline.web.students.way_back import may_record_stop, opt_outs_of

STUDENTS_PAGE_ROWS = 50


@require_safe
def page(request: StaffRequest) -> HttpResponse:
    query = request.GET.get("q", "").strip()[:200]
    scope = _scope(request)
    found = Student.objects.visible_to(request.user)
    # A search goes beyond the caseload, to every student this user may see.
    if scope == "caseload" and not query:
        found = found.on_caseload_of(request.user)
    found = found.matching(query).by_name()
    offset = whole_number(request.GET.get("from")) or 0
    students = list(found[offset : offset + STUDENTS_PAGE_ROWS + 1])
    # Of this page only: reach asks about the consent and phone of each student.
    shown = with_reach(students[:STUDENTS_PAGE_ROWS], request)
    following = {
        "scope": scope,
        "q": query,
        "from": offset + STUDENTS_PAGE_ROWS,
    }
    context = {
        "query": query,
        "scope": scope,
        "students": shown,
        "total": found.count(),
        "next_url": f"?{urlencode(following)}"
        if len(students) > STUDENTS_PAGE_ROWS
        else "",
        "empty": _empty(query, scope),
    }
    return render(request, "students/page.html", context)


@require_safe
def profile(request: StaffRequest, student_id: int) -> HttpResponse:
    student = _visible(request, student_id)
    with_reach([student], request)
    conversation = (
        Conversation.objects.own(request.user)
        # A conversation in which nothing was written yet would open an empty log.
        .filter(student=student, last_message__isnull=False)
        .first()
    )
    team = student.success_team.select_related("staff").order_by("staff__name")
    context = {
        "student": student,
        "team": [
            {
                "name": entry.staff.name,
                "title": entry.staff.title,
                "relation": entry.relation,
            }
            for entry in team
        ],
        "consent": consent_lines(student, _numbers_seen_by(request)),
        "conversation_url": (
            reverse("conversation", args=[conversation.pk]) if conversation else ""
        ),
        "opt_outs": opt_outs_of(
            student,
            request.user,
            seen_by=Conversation.objects.visible_to(request.user).values("inbox"),
        ),
        "may_record_stop": may_record_stop(request.user, student),
    }
    return render(request, "students/profile.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def message(request: StaffRequest, student_id: int) -> HttpResponseBase:
    """The Message dialog, and the same form as a page of its own without scripts."""
    student = _visible(request, student_id)
    if request.method != "POST":
        return _form(request, student)
    try:
        sent = accept_posted(request, student)
    except NotAccepted as refused:
        return _form(request, student, error=refused)
    url = reverse("conversation", args=[sent.conversation_id])
    # Without scripts there is no dialog to answer in.
    if not request.htmx:
        return redirect(url)
    return render(
        request,
        "students/_sent.html",
        {"words": _what_happens(sent), "conversation_url": url},
    )


def with_reach(students: list[Student], request: StaffRequest) -> list[Student]:
    reach = reach_chips(students, request.user)
    for student in students:
        student.reach = reach[student.pk]  # type: ignore[attr-defined]  # for the template
    return students


def _what_happens(sent: Message) -> str:
    """No more than is known the moment it was accepted."""
    if sent.channel == Channel.EMAIL:
        return "Email accepted."
    if sent.reason == WaitingFor.NUMBER:
        return (
            "Waiting for your number. Your text goes out automatically when it is"
            f" active. {email_fallback_words()}"
        )
    # Accepted is all that is known: the sender takes it up in a moment, and may still
    # hold it.
    if sent.status == Status.QUEUED:
        return "Text accepted."
    return f"{shown_status(sent).rstrip('?')}. {sent.detail}".strip()


def _form(
    request: StaffRequest,
    student: Student,
    *,
    error: NotAccepted | None = None,
) -> HttpResponse:
    """In the dialog the Text Message tab is open, as the guide
    expects, whatever was used last.
    """
    # With it come the draft and whether the opt-out notice was given.
    own = Conversation.objects.own(request.user).filter(student=student)
    conversation = own.select_related("student", "inbox__owner").first()
    written = written_in(request, error=error, is_remembered=False)
    composer = composer_for(
        request.user,
        student,
        conversation,
        post_url=reverse("student-message", args=[student.pk]),
        written=with_template(request, written, Inserts(request.user, student)),
    )
    template = (
        "students/_message_dialog.html" if request.htmx else "students/message.html"
    )
    return render(
        request,
        template,
        {"student": student, "composer": composer},
        status=422 if error else 200,
    )


def _visible(request: StaffRequest, student_id: int) -> Student:
    return get_object_or_404(Student.objects.visible_to(request.user), pk=student_id)


def _numbers_seen_by(request: StaffRequest) -> list[tuple[str, str]]:
    """An advisor sees the consent history with their own number; one who sees
    conversations of others sees theirs, too.
    """
    seen = Conversation.objects.visible_to(request.user).values("inbox")
    mine = Q(inbox=inbox_of(request.user))
    # A number that was only requested has no phone yet, and so no history.
    numbers = SystemNumber.objects.exclude(phone="").filter(mine | Q(inbox__in=seen))
    return [
        (n.phone, _whose(n, request)) for n in numbers.select_related("inbox__owner")
    ]


def _whose(number: SystemNumber, request: StaffRequest) -> str:
    if may_write_in(request.user, number.its_inbox.pk):
        return "your number"
    return f"the number of {number.whose}"


def _scope(request: StaffRequest) -> str:
    return "all" if request.GET.get("scope") == "all" else "caseload"


def _empty(query: str, scope: str) -> dict[str, str]:
    if query:
        return {
            "title": f"No student you may see matches “{query}”.",
            "action_label": "Clear the search",
            "action_url": reverse("students"),
        }
    if scope == "caseload":
        return {
            "title": (
                "No students are on your caseload yet. Your administrator loads the"
                " roster."
            ),
            "action_label": "All students you may see",
            "action_url": f"{reverse('students')}?scope=all",
        }
    return {
        "title": "There are no students yet. Your administrator loads the roster.",
        "action_label": "",
        "action_url": "",
    }
