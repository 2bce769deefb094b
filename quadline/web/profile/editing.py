"""My profile, Edit: photo, name, title, pronouns and signature."""

from dataclasses import asdict

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from quadline.accounts.photos import upload_key
from quadline.accounts.profiles import (
    MAX_SIGNATURE,
    PROFILE_FIELDS,
    Profile,
    ProfileChangedMeanwhile,
    ProfileRefused,
    change_profile,
    profile_of,
)
from quadline.web.requests import StaffRequest


@require_http_methods(["GET", "HEAD", "POST"])
def edit_profile(request: StaffRequest) -> HttpResponseBase:
    if request.method != "POST":
        return edit_shown(request)
    wanted = _posted_profile(request, "")
    seen = _posted_profile(request, "seen_")
    try:
        changed = change_profile(request.user, wanted, seen=seen)
    except ProfileRefused as refused:
        return edit_shown(request, wanted, faults=refused.faults)
    except ProfileChangedMeanwhile as meanwhile:
        return edit_shown(request, wanted, meanwhile=meanwhile.now)
    if changed:
        messages.success(request, "Your profile is saved.")
    return redirect("profile")


def _posted_profile(request: StaffRequest, prefix: str) -> Profile:
    """What the form has; what it has not stays as it is."""
    sent = [name for name in PROFILE_FIELDS if f"{prefix}{name}" in request.POST]
    given = {name: request.POST[f"{prefix}{name}"] for name in sent}
    return Profile(**{**asdict(profile_of(request.user)), **given})


def edit_shown(
    request: StaffRequest,
    profile: Profile | None = None,
    *,
    faults: dict[str, str] | None = None,
    meanwhile: dict[str, str] | None = None,
    photo_problem: str = "",
) -> HttpResponse:
    shown = {
        "profile": profile or profile_of(request.user),
        "seen": asdict(profile_of(request.user)),
        "faults": faults or {},
        "meanwhile": meanwhile or {},
        "photo_problem": photo_problem,
        "upload_key": upload_key(request.user),
        "longest_signature": MAX_SIGNATURE,
    }
    status = 200
    if faults or photo_problem:
        status = 422
    elif meanwhile:
        status = 409
    return render(request, "profile/edit.html", shown, status=status)
