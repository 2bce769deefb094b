"""Manage › Settings, the logo; and the picture itself, which every page shows."""

from django.contrib.auth.decorators import login_not_required
from django.contrib.messages import error, success
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from quadline.college.logo import LogoRefused, change_logo, remove_logo
from quadline.college.models import CollegeLogo
from quadline.web.manage.college_place import college_place
from quadline.web.manage.numbers import require_manager
from quadline.web.requests import StaffRequest

FOR_GOOD = "public, max-age=31536000, immutable"  # another picture, another address


@require_POST
def change(request: StaffRequest) -> HttpResponseBase:
    """An upload, or none: the logo is taken away."""
    require_manager(request)
    if request.POST.get("act") == "remove":
        remove_logo(actor=request.user)
        success(request, "The logo is removed.")
        return redirect(college_place(request))
    # Its name and what it says it is mean nothing: only what can be drawn counts.
    upload = request.FILES.get("logo")
    try:
        if upload is None:
            raise LogoRefused("Choose a picture first.")
        change_logo(upload.read(), actor=request.user)
    except LogoRefused as refused:
        error(request, f"The logo was not changed. {refused}")
    else:
        success(request, "The logo is saved. Every page shows it.")
    return redirect(college_place(request))


@login_not_required
@require_safe
def picture(request: HttpRequest, digest: str) -> HttpResponse:
    """For everybody: the page to sign in shows it, too."""
    logo = get_object_or_404(CollegeLogo, pk=digest[:32])
    response = HttpResponse(bytes(logo.content), content_type="image/png")
    response["Cache-Control"] = FOR_GOOD
    return response
