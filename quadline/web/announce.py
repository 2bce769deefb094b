"""Tell your students: the email that introduces one's number, to the whole caseload
unless the user chooses otherwise.
"""

import uuid
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from quadline import clock
from quadline.accounts.models import User
from quadline.accounts.rules import May
from quadline.broadcasts.audiences import students_of, suggestions
from quadline.broadcasts.drafting import draft_broadcast
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.rules import BroadcastRefused
from quadline.conversations import merging
from quadline.conversations.models import MessageTemplate
from quadline.conversations.rules import Channel
from quadline.conversations.starters import INTRODUCTION, STARTERS
from quadline.conversations.templating import Whose, whose
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState
from quadline.roster.models import StudentQuerySet
from quadline.sms.merge_fields import MergeError
from quadline.web.compose.inserts import Inserts
from quadline.web.compose.preview import preview_for, student_at
from quadline.web.compose.sending import way_out_for
from quadline.web.requests import NotAccepted, StaffRequest, posted_id, whole_number

CASELOAD_CHOICE = "caseload"  # a token of the To field (broadcasts/choices.py)
BLOCKED = {
    "none": (
        "You have no texting number yet. You get one with your first text; tell your"
        " students when it is active."
    ),
    "pending": (
        "Your number is being set up. Tell your students when it is active: then the"
        " email can name it."
    ),
    "failed": (
        "There’s a problem with your number. Your administrator has been notified. Tell"
        " your students when it is active."
    ),
    "role": "Your role does not write to students.",
}


@require_http_methods(["GET", "HEAD", "POST"])
def announce_page(request: StaffRequest) -> HttpResponseBase:
    """The email to begin from, whom it goes to, and what each of them
    would get. Continue leads to the review.
    """
    is_posted = request.method == "POST"
    if not is_posted or blocked(request.user):
        status = 422 if is_posted else 200
        return render(request, "announce/page.html", _context(request), status=status)
    act = request.POST.get("act", "")
    # Without scripts, walking through the preview posts the whole form.
    if act in ("previous", "next", "preview"):
        return render(request, "announce/page.html", _context(request))
    try:
        draft = _draft(request)
    except (BroadcastRefused, NotAccepted) as refused:
        return render(
            request,
            "announce/page.html",
            _context(request, error=refused),
            status=422,
        )
    if act == "recipients":
        return redirect(f"{reverse('compose')}?draft={draft.pk}")
    return redirect("broadcast-review", draft.pk)


@require_POST
def announce_preview(request: StaffRequest) -> HttpResponse:
    """What the next student would get of the words as they stand in the form."""
    subject, body = _words(request)
    shown = _preview(request, subject, body)
    return render(request, "announce/_preview.html", shown)


def blocked(user: User) -> str:
    """Why this user cannot announce a number, or ""."""
    if not user.may[May.TEXT]:
        return BLOCKED["role"]
    number = SystemNumber.objects.of(user)
    if number is None:
        return BLOCKED["none"]
    if number.state == NumberState.ACTIVE:
        return ""
    return BLOCKED["failed" if number.state == NumberState.FAILED else "pending"]


def last_announcement(user: User) -> Broadcast | None:
    """The newest one that went out for the number the user has now."""
    number = SystemNumber.objects.of(user)
    if number is None or number.active_at is None:
        return None
    # One that went out before introduced another number.
    sent = Broadcast.objects.filter(
        author=user,
        is_announcement=True,
        launched_at__gte=number.active_at,
    )
    return sent.order_by("-launched_at").first()


def _draft(request: StaffRequest) -> Broadcast:
    subject, body = _words(request)
    _refuse_unfilled(request, f"{subject}\n{body}")
    return draft_broadcast(
        author=request.user,
        broadcast_id=posted_id(request),
        channel=Channel.EMAIL,
        subject=subject,
        body=body,
        audience={"to": [_token(request)]},
        with_contact_card=request.POST.get("with_contact_card") == "yes",
        is_announcement=True,
        now=clock.now(),
    )


def _refuse_unfilled(request: StaffRequest, words: str) -> None:
    """A field that nothing fills would stop the review
    anyway; here is the place to fix it.
    """
    student = _audience(request).by_name().first()
    if student is None:
        return
    number = SystemNumber.objects.of(request.user)
    values = merging.values_for(request.user, student, number=number)
    try:
        merging.filled(words, values)
    except MergeError as error:
        raise NotAccepted(merging.refusal(error), way_out_for(error)) from error


def _context(
    request: StaffRequest, *, error: ValueError | None = None
) -> dict[str, Any]:
    why = blocked(request.user)
    if why:
        return {
            "blocked": why,
            "has_number": SystemNumber.objects.of(request.user) is not None,
        }
    subject, body = _words(request)
    groups = [each for each in suggestions("", request.user) if each.student is None]
    is_posted = request.method == "POST"
    return {
        "error": error,
        "way_out": getattr(error, "way_out", None),
        "broadcast_id": request.POST.get("message_id") or uuid.uuid4(),
        "subject": subject,
        "body": body,
        # Ticked to begin with; afterwards as it was posted.
        "with_card": (not is_posted or request.POST.get("with_contact_card") == "yes"),
        "groups": groups,
        "chosen": _token(request),
        "inserts": Inserts(request.user),
        "announced": last_announcement(request.user),
        **_preview(request, subject, body),
    }


def _words(request: StaffRequest) -> tuple[str, str]:
    if request.method != "POST":
        return introduction_for(request.user)
    subject = request.POST.get("subject", "")
    body = request.POST.get("body", "")
    return subject, body


def introduction_for(user: User) -> tuple[str, str]:
    """The user's own "Introduce my number", else the office's, else
    the college's, else the one that was shipped.
    """
    order = list(Whose)  # one's own first
    found = MessageTemplate.objects.visible_to(user).filter(
        name__iexact=INTRODUCTION, channel=Channel.EMAIL
    )
    best = min(found, key=lambda template: order.index(whose(template)), default=None)
    if best:
        return best.subject, best.body
    # A user who archived every one of them still has words to begin from.
    shipped = next(starter for starter in STARTERS if starter["name"] == INTRODUCTION)
    return shipped["subject"], shipped["body"]


def _preview(
    request: StaffRequest,
    subject: str,
    body: str,
) -> dict[str, Any]:
    step = {"previous": -1, "next": 1}.get(request.POST.get("act", ""), 0)
    shown_now = whole_number(request.POST.get("place")) or 0
    student, place, total = student_at(_audience(request), shown_now + step)
    shown = None
    if student:
        shown = preview_for(
            request.user,
            student,
            channel=Channel.EMAIL,
            subject=subject,
            body=body,
        )
    return {"preview": shown, "place": place, "total": total}


def _audience(request: StaffRequest) -> StudentQuerySet:
    audience = {"to": [_token(request)], "except": []}
    return students_of(audience, author=request.user)


def _token(request: StaffRequest) -> str:
    return request.POST.get("to", "") or CASELOAD_CHOICE
