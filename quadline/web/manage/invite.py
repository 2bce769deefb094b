"""Manage, Staff, Invite: one person by a form, or many by lines."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from quadline import clock
from quadline.accounts.inviting import (
    MAX_INVITED_AT_ONCE,
    InvitationFault,
    NotInvited,
    invitation_faults,
    invite_staff,
)
from quadline.accounts.models import Office, User
from quadline.accounts.rules import office_key
from quadline.accounts.staff_details import DETAIL_FIELDS, StaffDetails, tidy
from quadline.emails.outgoing import UNSENT_BACKEND
from quadline.roster.decoding import NotText, decode_file
from quadline.web.manage.invitation_lines import (
    LinesRefused,
    NumberedPerson,
    read_people,
)
from quadline.web.manage.numbers import require_manager
from quadline.web.manage.staff import ROLE_NAMES
from quadline.web.requests import StaffRequest

MAIL_IS_OFF = (
    "Email is not connected, so nobody gets an invitation yet. Connect it, then send"
    " each invitation again."
)
TOO_MANY_CELLS = (
    "“{extra}” stands after the last column. Quote a cell with a comma in it."
)


@dataclass(frozen=True)
class CheckedLine:
    """One person of many, the line they stand on, and what is wrong with it."""

    line: int
    person: StaffDetails
    role: str
    faults: list[InvitationFault]
    is_new_office: bool


@require_http_methods(["GET", "HEAD", "POST"])
def invite_page(request: StaffRequest) -> HttpResponseBase:
    """One person: name, email, role, office, title, office line."""
    require_manager(request)
    if request.method != "POST":
        return _one_shown(request, StaffDetails())
    given = {name: request.POST.get(name, "") for name in DETAIL_FIELDS}
    person = StaffDetails(**given)
    try:
        made = invite_staff([person], actor=request.user, now=clock.now())
    except NotInvited as refused:
        return _one_shown(request, person, refused.faults)
    _say_invited(request, made)
    return redirect("manage_staff_user", made[0].pk)


def _one_shown(
    request: StaffRequest,
    person: StaffDetails,
    faults: list[InvitationFault] | None = None,
) -> HttpResponse:
    accounts = [fault.account for fault in faults or () if fault.account]
    shown = {
        "details": person,
        "faults": {fault.field: fault.words for fault in faults or ()},
        "account": accounts[0] if accounts else None,
        "roles": ROLE_NAMES,
        "offices": Office.objects.all(),
        "with_email": True,
    }
    status = 422 if faults else 200
    return render(request, "manage/invite.html", shown, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def invite_many(request: StaffRequest) -> HttpResponseBase:
    """Many people, by lines that are pasted or come in a file. Checked first, then
    invited; all of them, or nobody.
    """
    require_manager(request)
    if request.method != "POST":
        return _many_shown(request, "")
    try:
        lines = _posted_lines(request)
    except NotText as refused:
        problem = f"This file {refused} Nobody was invited."
        return _many_shown(request, request.POST.get("lines", ""), problem=problem)
    try:
        people = read_people(lines, most=MAX_INVITED_AT_ONCE)
    except LinesRefused as refused:
        return _many_shown(request, lines, problem=str(refused))
    # Checked each time: what was right a minute ago may be somebody's address now.
    tidied = [tidy(each.person) for each in people]
    faults = invitation_faults(tidied) + _extra_cells(people)
    if faults or request.POST.get("act") != "invite":
        return _many_shown(request, lines, checked=_checked(people, faults))
    try:
        made = invite_staff(tidied, actor=request.user, now=clock.now())
    except NotInvited as refused:
        return _many_shown(request, lines, checked=_checked(people, refused.faults))
    _say_invited(request, made)
    return redirect("manage_staff")


def _posted_lines(request: StaffRequest) -> str:
    """The file's words where one was chosen: from then on they stand in the field.
    Raises NotText.
    """
    file = request.FILES.get("file")
    if file is None:
        return request.POST.get("lines", "")
    return decode_file(file.read()).text


def _extra_cells(people: list[NumberedPerson]) -> list[InvitationFault]:
    return [
        InvitationFault(place, "", TOO_MANY_CELLS.format(extra=each.extra))
        for place, each in enumerate(people, start=1)
        if each.extra
    ]


def _checked(
    people: list[NumberedPerson], faults: list[InvitationFault]
) -> list[CheckedLine]:
    # A misspelled office would be made as a new one: it is said before.
    known = {office.key for office in Office.objects.all()}
    checked = []
    for place, each in enumerate(people, start=1):
        person = tidy(each.person)
        key = office_key(person.office)
        line = CheckedLine(
            line=each.line,
            person=person,
            role=ROLE_NAMES.get(person.role, person.role),
            faults=[fault for fault in faults if fault.line == place],
            is_new_office=bool(key) and key not in known,
        )
        checked.append(line)
    return checked


def _many_shown(
    request: StaffRequest,
    lines: str,
    *,
    problem: str = "",
    checked: list[CheckedLine] | None = None,
) -> HttpResponse:
    faulty = [line for line in checked or () if line.faults]
    shown: dict[str, Any] = {
        "lines": lines,
        "problem": problem,
        "checked": checked,
        "faulty": faulty,
        "may_invite": bool(checked) and not faulty,
        "most": MAX_INVITED_AT_ONCE,
    }
    status = 422 if problem or faulty else 200
    return render(request, "manage/invite_many.html", shown, status=status)


def _say_invited(request: StaffRequest, made: list[User]) -> None:
    if len(made) == 1:
        words = f"{made[0].name} is invited. The email with a link is on its way."
    else:
        words = f"{len(made)} people are invited. Their emails are on the way."
    messages.success(request, words)
    # The job fails silently where there is no mail server; here somebody reads it.
    if settings.EMAIL_BACKEND == UNSENT_BACKEND:
        messages.warning(request, MAIL_IS_OFF)
