"""What administrators look after: everyone's numbers."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from quadline.accounts.rules import May
from quadline.numbers.models import SystemNumber
from quadline.numbers.provisioning import try_again
from quadline.numbers.rules import State
from quadline.web.requests import StaffRequest


@require_safe
def numbers(request: StaffRequest) -> HttpResponse:
    """Every number: whose, at which step, since when, and what stands in the way."""
    _require_manager(request)
    rows = SystemNumber.objects.exclude(state=State.RELEASED).select_related("user").order_by("user__name")
    now = timezone.now()
    listed = [{"number": number, "late": number.is_late(now), "can_retry": number.state == State.FAILED} for number in rows]
    listed.sort(key=lambda row: not (row["late"] or row["can_retry"]))
    return render(request, "manage/numbers.html", {"rows": listed})


@require_POST
def retry_number(request: StaffRequest, number_id: int) -> HttpResponseBase:
    _require_manager(request)
    number = get_object_or_404(SystemNumber.objects.select_related("user"), pk=number_id)
    if try_again(number=number, actor=request.user, now=timezone.now()):
        messages.success(request, f"Setting up the number of {number.user.name} again.")
    else:
        messages.info(request, f"The number of {number.user.name} is not waiting for you any more.")
    return redirect("manage_numbers")


def _require_manager(request: StaffRequest) -> None:
    if not request.user.may[May.MANAGE]:
        raise PermissionDenied
