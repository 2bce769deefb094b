"""My profile, Signed-in devices: where I am signed in, and signing out there."""

from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from quadline.accounts.device_words import device_words
from quadline.accounts.sessions import (
    UNKNOWN_ADDRESS,
    end_session,
    sessions_of,
    sign_out_everywhere,
)
from quadline.web.requests import StaffRequest


@dataclass(frozen=True)
class Device:
    """One session, as its owner knows it."""

    id: int
    name: str
    address: str  # "" when the connection told none
    signed_in_at: datetime
    last_seen_at: datetime
    is_here: bool


@require_safe
def sessions_page(request: StaffRequest) -> HttpResponse:
    here = request.session.session_key
    devices = [_device(session, here) for session in sessions_of(request.user)]
    # This one first, however long ago it was noted.
    devices.sort(key=lambda device: not device.is_here)
    return render(request, "profile/sessions.html", {"devices": devices})


def _device(session: UserSession, here: str | None) -> Device:
    return Device(
        id=session.pk,
        name=device_words(session.user_agent),
        address="" if session.ip == UNKNOWN_ADDRESS else session.ip,
        signed_in_at=session.created_at,
        last_seen_at=session.last_seen_at,
        is_here=session.session_key == here,
    )


@require_POST
def sign_out_device(
    request: StaffRequest,
    session_id: int,
) -> HttpResponseBase:
    # Somebody else's looks as if it were not there.
    mine = UserSession.objects.filter(user=request.user)
    session = get_object_or_404(mine, pk=session_id)
    name = device_words(session.user_agent)
    is_here = session.session_key == request.session.session_key
    end_session(session, actor=request.user)
    # Without a session there is nothing that could bring a message to the next page.
    if is_here:
        logout(request)
        return redirect("account_login")
    messages.success(request, f"Signed out: {name}.")
    return redirect("profile-sessions")


@require_POST
def sign_out_all(request: StaffRequest) -> HttpResponseBase:
    sign_out_everywhere(request.user, actor=request.user)
    # Else the session of this request would be written once more.
    logout(request)
    return redirect("account_login")
