"""What administrators look after: everyone's numbers."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models.functions import Coalesce
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from quadline import clock
from quadline.accounts.rules import May
from quadline.delivery.opting import confirmations
from quadline.numbers.models import SystemNumber
from quadline.numbers.provisioning import try_again
from quadline.numbers.rules import NumberState
from quadline.web.requests import StaffRequest

# One chip for three steps: they need no administrator until they take too long.
SETUP_CHIP = {
    "label": "Being set up",
    "tone": "",
    "icon": "waiting",
}
NUMBER_CHIPS = {
    NumberState.REQUESTED: SETUP_CHIP,
    NumberState.ORDERING: SETUP_CHIP,
    NumberState.REGISTERING: SETUP_CHIP,
    NumberState.ACTIVE: {
        "label": "Active",
        "tone": "ok",
        "icon": "tick",
    },
    NumberState.RESTING: {
        "label": "Resting",
        "tone": "",
        "icon": "clock",
    },
    NumberState.FAILED: {
        "label": "Failed",
        "tone": "bad",
        "icon": "alert",
    },
}
IS_FINE = {
    "label": "OK",
    "tone": "ok",
    "icon": "tick",
}
NEEDS_CHECK = {
    "label": "Check this",
    "tone": "warn",
    "icon": "alert",
}
LATE_CHIP = {
    "label": "Delayed over 24 hours",
    "tone": "warn",
    "icon": "clock",
}


@require_safe
def numbers_page(request: StaffRequest) -> HttpResponse:
    """Every number: whose, at which step, since when, and what stands in the way."""
    require_manager(request)
    rows = SystemNumber.objects.exclude(state=NumberState.RELEASED).order_by(
        Coalesce("inbox__owner__name", "inbox__name")
    )
    rows = rows.select_related("inbox__owner__office", "inbox__office")
    now = clock.now()
    listed = [_row(number, number.is_late(now)) for number in rows]
    # What needs somebody first. The sort is stable: each part stays in order of names.
    listed.sort(key=lambda row: not row["needs_you"])
    shown = {
        "rows": listed,
        "attention": sum(row["needs_you"] for row in listed),
        "confirmations": confirmations.confirmation_faults(),
        "is_fine": IS_FINE,
        "needs_check": NEEDS_CHECK,
    }
    return render(request, "manage/numbers.html", shown)


@require_POST
def retry_number(request: StaffRequest, number_id: int) -> HttpResponseBase:
    require_manager(request)
    number = get_object_or_404(
        SystemNumber.objects.select_related("inbox__owner"), pk=number_id
    )
    # Two administrators may press it at once; the second must not take a working number
    # back.
    if try_again(
        number=number,
        actor=request.user,
        now=clock.now(),
    ):
        messages.success(
            request, f"Setting up the number of {number.inbox.shown_name} again."
        )
    else:
        messages.info(
            request,
            f"The number of {number.inbox.shown_name} is not waiting for you any more.",
        )
    return redirect("manage_numbers")


def _row(number: SystemNumber, late: bool) -> dict[str, Any]:
    failed = number.state == NumberState.FAILED
    # However late a number is, that it failed is what somebody can act on.
    chip = LATE_CHIP if late and not failed else NUMBER_CHIPS[NumberState(number.state)]
    return {
        "number": number,
        "late": late,
        "can_retry": failed,
        "needs_you": late or failed,
        "chip": chip,
    }


def require_manager(request: StaffRequest) -> None:
    if not request.user.may[May.MANAGE]:
        raise PermissionDenied
