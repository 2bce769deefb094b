"""A new advisor's first day: caseload, history, number, and an email to introduce
oneself, on one page.
"""

import uuid
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from quadline import clock
from quadline.accounts.models import User
from quadline.accounts.rules import May
from quadline.broadcasts.drafting import draft_broadcast
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.rules import BroadcastRefused, BroadcastState
from quadline.conversations.models import Conversation
from quadline.conversations.rules import Channel
from quadline.handovers.first_day import Inheritance, arrivals_of, new_students_of
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState
from quadline.roster.models import Student
from quadline.web.requests import StaffRequest

INTRODUCTION_NAMESPACE = uuid.UUID("0c4f2a3e-8f0c-4c39-9a53-3d6d7f3f7a11")
INTRODUCTION_SUBJECT = "[Your Name] is your contact at [College]"
AFTER_SOMEBODY = "I am following {name} as your contact at [College]."
ON_MY_OWN = "I am your contact at [College]."
INTRODUCTION_BODY = (
    "Hello [Student Name],\n\n{first} You can answer this email, or text me{number},"
    " and we’ll find a time to talk.\n\nBest wishes,\n[Your Name]"
)
NUMBER = ": [System Number]"


@require_http_methods(["GET", "HEAD", "POST"])
def first_day_page(request: StaffRequest) -> HttpResponseBase:
    """Posted, the email becomes a broadcast's draft: its review comes before anything
    is sent.
    """
    if not request.user.may[May.TEXT]:
        raise PermissionDenied
    arrivals = arrivals_of(request.user)
    if request.method != "POST":
        return _shown(request, arrivals)
    try:
        draft = draft_broadcast(
            author=request.user,
            # One of its own for who came last: so it goes out once.
            broadcast_id=_introduction_id(request.user, arrivals),
            channel=Channel.EMAIL,
            subject=request.POST.get("subject", ""),
            body=request.POST.get("body", ""),
            audience={"to": _to(request)},
            with_contact_card=False,
            is_announcement=False,
            now=clock.now(),
        )
    except BroadcastRefused as refused:
        return _shown(request, arrivals, error=str(refused))
    return redirect("broadcast-review", draft.pk)


def _shown(
    request: StaffRequest,
    arrivals: list[Inheritance],
    *,
    error: str = "",
) -> HttpResponse:
    user = request.user
    # A field that nothing fills would stop the review.
    number = SystemNumber.objects.of(user)
    is_active = number is not None and number.state == NumberState.ACTIVE
    talks = Conversation.objects.own(user)
    subject, body = _words(arrivals, has_number=is_active)
    shown: dict[str, Any] = {
        "arrivals": arrivals,
        "caseload": Student.objects.on_caseload_of(user).count(),
        "new": new_students_of(user).count(),
        "needing_reply": talks.needing_reply().count(),
        "conversations": talks.count(),
        "number": number,
        "is_active": is_active,
        "introduced": _introduced(user, arrivals),
        "subject": request.POST.get("subject", subject),
        "body": request.POST.get("body", body),
        "to": request.POST.get("to", "new"),
        "error": error,
    }
    status = 422 if error else 200
    return render(request, "first_day/page.html", shown, status=status)


def _words(arrivals: list[Inheritance], *, has_number: bool) -> tuple[str, str]:
    """To begin from. Only a number that works is named."""
    first = AFTER_SOMEBODY.format(name=arrivals[0].from_whom) if arrivals else ON_MY_OWN
    return INTRODUCTION_SUBJECT, INTRODUCTION_BODY.format(
        first=first, number=NUMBER if has_number else ""
    )


def _to(request: StaffRequest) -> list[str]:
    """To those who are new, or to the whole caseload."""
    new = new_students_of(request.user).values_list("pk", flat=True)
    if request.POST.get("to") == "new" and new:
        return [f"student:{student_id}" for student_id in new]
    return ["caseload"]


def _introduced(user: User, arrivals: list[Inheritance]) -> Broadcast | None:
    """The email, once it went out."""
    sent = Broadcast.objects.filter(pk=_introduction_id(user, arrivals))
    return sent.exclude(state=BroadcastState.DRAFT).first()


def _introduction_id(user: User, arrivals: list[Inheritance]) -> uuid.UUID:
    last = arrivals[0].departure.pk if arrivals else 0
    return uuid.uuid5(INTRODUCTION_NAMESPACE, f"{user.pk} {last}")
