"""Manage › Settings, the offices: add one, rename it, change its phone."""

from typing import Any

from django.contrib.messages import success
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from quadline.accounts.models import Office
from quadline.accounts.offices import (
    OfficeChangedMeanwhile,
    OfficeRefused,
    add_office,
    change_office,
)
from quadline.sms import phones
from quadline.web.manage.college_place import came_from, college_place
from quadline.web.manage.numbers import require_manager
from quadline.web.requests import StaffRequest

CHANGED_MEANWHILE = (
    "Somebody else changed this office in the meantime: it is now {name}, {phone}."
    " Nothing was saved yet. Save again to keep what you wrote."
)


@require_http_methods(["GET", "HEAD", "POST"])
def new_office(request: StaffRequest) -> HttpResponseBase:
    require_manager(request)
    if request.method != "POST":
        return _form(request, None)
    name, phone = request.POST.get("name", ""), request.POST.get("phone", "")
    try:
        office = add_office(name=name, phone=phone, actor=request.user)
    except OfficeRefused as refused:
        return _form(request, None, refused=refused)
    success(request, f"{office.name} is added.")
    return redirect(college_place(request))


@require_http_methods(["GET", "HEAD", "POST"])
def office(request: StaffRequest, office_id: int) -> HttpResponseBase:
    require_manager(request)
    row = get_object_or_404(Office, pk=office_id)
    if request.method != "POST":
        return _form(request, row)
    seen = {field: request.POST.get(f"seen_{field}", "") for field in ("name", "phone")}
    try:
        is_changed = change_office(
            office=row,
            name=request.POST.get("name", ""),
            phone=request.POST.get("phone", ""),
            seen=seen,
            actor=request.user,
        )
    except OfficeRefused as refused:
        return _form(request, row, refused=refused)
    except OfficeChangedMeanwhile as refused:
        phone = phones.written(refused.office.phone) or "no phone"
        words = CHANGED_MEANWHILE.format(name=refused.office.name, phone=phone)
        return _form(request, refused.office, conflict=words)
    if is_changed:
        success(request, "The office is saved.")
    return redirect(college_place(request))


def _form(
    request: StaffRequest,
    row: Office | None,
    *,
    refused: OfficeRefused | None = None,
    conflict: str = "",
) -> HttpResponse:
    is_posted = request.method == "POST"
    name, phone = (row.name, phones.written(row.phone)) if row else ("", "")
    context: dict[str, Any] = {
        "office": row,
        "name": request.POST.get("name", "") if is_posted else name,
        "phone": request.POST.get("phone", "") if is_posted else phone,
        "refused": refused,
        "conflict": conflict,
        "back": came_from(request),
        "back_to": college_place(request),
    }
    status = 422 if refused or conflict else 200
    return render(request, "manage/settings/office.html", context, status=status)
