"""Manage, Staff, one of them: who they are, what they may do, and whether they may come
in.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from quadline import clock
from quadline.accounts.administering import (
    CHANGED_FIELDS,
    ChangedByOthers,
    LastAdministrator,
    NoLongerAdministrator,
    NotChanged,
    change_staff,
    deactivate_staff,
    details_of,
    reactivate_staff,
)
from quadline.accounts.inviting import AlreadySignedIn, invite_again
from quadline.accounts.models import Office, User
from quadline.accounts.sessions import sessions_of
from quadline.accounts.staff_details import StaffDetails
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.rules import BroadcastState
from quadline.conversations.models import Message
from quadline.conversations.rules import BEFORE_AN_ATTEMPT, Channel, Direction
from quadline.delivery.outbox.out_of_reach import hold_texts_out_of_reach_job
from quadline.jobs import enqueue
from quadline.roster.models import CaseloadEntry
from quadline.web.manage.numbers import require_manager
from quadline.web.manage.staff import ROLE_NAMES, account_chip, rows_of
from quadline.web.requests import StaffRequest

LAST_ADMINISTRATOR = (
    "Not changed: {name} is the only administrator who can sign in. Make somebody else"
    " an administrator first."
)
FIELD_NAMES = {
    "name": "name",
    "role": "role",
    "office": "office",
    "title": "title",
    "office_phone": "office line",
}


@dataclass(frozen=True)
class EndOfAccess:
    """What deactivating an account means, in counts."""

    waiting_texts: int
    broadcasts: int
    students: int
    tokens: int
    sessions: int


@require_http_methods(["GET", "HEAD", "POST"])
def staff_user_page(request: StaffRequest, user_id: int) -> HttpResponseBase:
    require_manager(request)
    user = _one(user_id)
    if request.method != "POST":
        return _shown(request, user, details_of(user))
    wanted = replace(details_of(user), **_posted(request, ""))
    try:
        changed = change_staff(
            user, wanted, seen=_posted(request, "seen_"), actor=request.user
        )
    except NotChanged as refused:
        return _shown(request, user, wanted, faults=refused.faults, status=422)
    except ChangedByOthers as others:
        return _shown(request, user, wanted, others=others.now, status=409)
    except LastAdministrator:
        words = {"role": LAST_ADMINISTRATOR.format(name=user.name)}
        return _shown(request, user, wanted, faults=words, status=422)
    except NoLongerAdministrator as error:
        raise PermissionDenied from error
    look_at_waiting_texts()
    _say_changed(request, wanted.name, changed)
    # They may just have taken the role from themselves.
    still_manages = User.objects.get(pk=request.user.pk).may["manage"]
    return redirect("manage_staff_user", user_id) if still_manages else redirect("home")


def _one(user_id: int) -> User:
    return get_object_or_404(User.objects.select_related("office"), pk=user_id)


def _posted(request: StaffRequest, prefix: str) -> dict[str, str]:
    # A field that did not arrive is not an empty one: it stays as it is.
    names = [name for name in CHANGED_FIELDS if f"{prefix}{name}" in request.POST]
    return {name: request.POST[f"{prefix}{name}"] for name in names}


def _say_changed(request: StaffRequest, name: str, changed: list[str]) -> None:
    if not changed:
        messages.info(request, "Nothing to save: nothing was changed.")
        return
    fields = ", ".join(FIELD_NAMES[field] for field in changed)
    messages.success(request, f"Saved for {name}: {fields}.")


def _shown(
    request: StaffRequest,
    user: User,
    details: StaffDetails,
    *,
    faults: dict[str, str] | None = None,
    others: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    others = others or {}
    shown: dict[str, Any] = {
        "row": rows_of([user.pk])[0],
        "chip": account_chip(user),
        "students": CaseloadEntry.objects.filter(staff=user).count(),
        "details": details,
        # What another administrator saved is what this form now begins from.
        "seen": asdict(details_of(user)),
        "faults": faults or {},
        "others": {FIELD_NAMES[name]: now or "(empty)" for name, now in others.items()},
        "roles": ROLE_NAMES,
        "offices": Office.objects.all(),
    }
    return render(request, "manage/staff_user.html", shown, status=status)


def look_at_waiting_texts() -> None:
    """Texts whose author may not send them any more are held, and others go on, as soon
    as a worker is free: the timetable would look within a minute.
    """
    enqueue(hold_texts_out_of_reach_job, timestamp=int(clock.now().timestamp()))


@require_POST
def invite_staff_again(request: StaffRequest, user_id: int) -> HttpResponseBase:
    require_manager(request)
    user = _one(user_id)
    try:
        invite_again(user, actor=request.user, now=clock.now())
    except AlreadySignedIn:
        messages.info(request, f"{user.name} needs no invitation any more.")
    else:
        messages.success(request, f"A new link is on its way to {user.email}.")
    return redirect("manage_staff_user", user_id)


@require_http_methods(["GET", "HEAD", "POST"])
def deactivate_page(request: StaffRequest, user_id: int) -> HttpResponseBase:
    """What it means is said first; the act comes from there."""
    require_manager(request)
    user = _one(user_id)
    if request.method != "POST":
        return _before_deactivating(request, user)
    try:
        deactivate_staff(user, actor=request.user)
    except LastAdministrator:
        problem = LAST_ADMINISTRATOR.format(name=user.name)
        return _before_deactivating(request, user, problem=problem)
    except NoLongerAdministrator as error:
        raise PermissionDenied from error
    look_at_waiting_texts()
    # The session that asked has ended, too.
    if user.pk == request.user.pk:
        logout(request)
        return redirect("account_login")
    messages.success(request, f"{user.name}’s account is deactivated.")
    return redirect("manage_staff_user", user_id)


def _before_deactivating(
    request: StaffRequest, user: User, *, problem: str = ""
) -> HttpResponse:
    shown = {
        "staff_user": user,
        "means": end_of_access(user),
        "number": rows_of([user.pk])[0].number,
        "problem": problem,
    }
    status = 422 if problem else 200
    return render(request, "manage/deactivate.html", shown, status=status)


def end_of_access(user: User) -> EndOfAccess:
    texts = Message.objects.filter(
        author=user, direction=Direction.OUTBOUND, channel=Channel.TEXT
    )
    # Those that still have texts to send, which are held like others.
    under_way = (BroadcastState.RUNNING, BroadcastState.PAUSED)
    return EndOfAccess(
        waiting_texts=texts.filter(status__in=BEFORE_AN_ATTEMPT).count(),
        broadcasts=Broadcast.objects.filter(author=user, state__in=under_way).count(),
        students=CaseloadEntry.objects.filter(staff=user).count(),
        tokens=user.api_tokens.filter(revoked_at=None).count(),
        sessions=len(sessions_of(user)),
    )


@require_POST
def reactivate(request: StaffRequest, user_id: int) -> HttpResponseBase:
    require_manager(request)
    user = _one(user_id)
    try:
        reactivate_staff(user, actor=request.user)
    except NoLongerAdministrator as error:
        raise PermissionDenied from error
    look_at_waiting_texts()
    messages.success(request, f"{user.name} can sign in again.")
    return redirect("manage_staff_user", user_id)
