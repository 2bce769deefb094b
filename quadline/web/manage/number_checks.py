"""What a comparison with the carrier found, and what an administrator has done."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from quadline import clock
from quadline.accounts.rules import May
from quadline.delivery.retiring.acts import confirm_lost
from quadline.numbers.comparing import ask_to_compare, last_comparison
from quadline.numbers.comparison import TroubleKind
from quadline.numbers.models import NumberTrouble
from quadline.numbers.repairing import ask_for_repair
from quadline.numbers.rules import NumberState
from quadline.numbers.watching import difference_words, open_differences
from quadline.web.requests import StaffRequest

# The button, and what it does in words.
REPAIRS = {
    TroubleKind.LOST: (
        "Mark as lost",
        "Waiting texts go as emails, and the next text gets a new number. First the"
        " carrier is asked once more.",
    ),
    TroubleKind.UNKNOWN: (
        "Add to the warm pool",
        "It is registered again, which usually takes a few hours, and is then ready for"
        " the next staff user.",
    ),
    TroubleKind.UNPOINTED: (
        "Point to Quadline",
        "Texts and calls to it come here again. Nothing else changes.",
    ),
    TroubleKind.DETACHED: (
        "Add to the service again",
        "It is registered again, which usually takes a few hours. Texts wait.",
    ),
}
WAKE_FIRST = "Wake the number first. Then it can be added to the service again."


@require_POST
def compare(request: StaffRequest) -> HttpResponseBase:
    _require_manager(request)
    ask_to_compare(actor=request.user, now=clock.now())
    messages.success(request, "Asking the carrier for its numbers. Reload in a moment.")
    return redirect("manage_numbers")


@require_POST
def repair(request: StaffRequest, trouble_id: int) -> HttpResponseBase:
    _require_manager(request)
    trouble = get_object_or_404(
        open_differences().filter(kind__in=REPAIRS), pk=trouble_id
    )
    is_asked = _can_repair(trouble) and ask_for_repair(
        trouble,
        actor=request.user,
        now=clock.now(),
        repair=confirm_lost if trouble.kind == TroubleKind.LOST else None,
    )
    if is_asked:
        messages.success(request, "Working on it. Reload in a moment.")
    else:
        messages.info(request, "Nothing was changed: that is being repaired already.")
    return redirect("manage_numbers")


def shown_differences() -> dict[str, Any]:
    """For the page: when the carrier was last asked, and what differs."""
    return {
        "comparison": last_comparison(),
        "differences": [_shown(trouble) for trouble in open_differences()],
    }


def _shown(
    trouble: NumberTrouble,
) -> dict[str, Any]:
    button, means = REPAIRS[TroubleKind(trouble.kind)]
    can_repair = _can_repair(trouble)
    return {
        "trouble": trouble,
        "words": difference_words(trouble.kind, phone=trouble.phone),
        "whose": trouble.number.whose if trouble.number else "",
        "button": button if can_repair else "",
        "means": means if can_repair else WAKE_FIRST,
    }


def _can_repair(trouble: NumberTrouble) -> bool:
    if trouble.kind != TroubleKind.DETACHED or trouble.number is None:
        return True
    return trouble.number.state == NumberState.ACTIVE


def _require_manager(request: StaffRequest) -> None:
    if not request.user.may[May.MANAGE]:
        raise PermissionDenied
