"""My profile: the photo, directly under it the System number, and the office line."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from quadline.audit.models import record
from quadline.sms import phones
from quadline.web.requests import StaffRequest
from quadline.web.shell import number_view


@require_safe
def page(request: StaffRequest) -> HttpResponse:
    return render(request, "profile/page.html")


@require_safe
def number(request: StaffRequest) -> HttpResponse:
    return render(request, "profile/_number.html", {"number": number_view(request.user)})


@require_POST
def office_phone(request: StaffRequest) -> HttpResponseBase:
    """Calls to the System number ring here."""
    written = request.POST.get("office_phone", "").strip()
    try:
        phone = phones.normalise(written) if written else ""
    except phones.PhoneError as error:
        context = {"office_phone_error": f"{error} Your office line was not changed.", "office_phone": written}
        return render(request, "profile/page.html", context, status=422)
    request.user.office_phone = phone
    request.user.save(update_fields=["office_phone"])
    record("office line changed", subject=request.user, actor=request.user)
    messages.success(request, "Your office line is saved." if phone else "Your office line is removed.")
    return redirect("profile")
