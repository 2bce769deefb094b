"""What administrators look after: everyone's numbers, what they cost, and what is amiss
with them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models.functions import Coalesce
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from quadline import clock
from quadline.accounts.rules import May
from quadline.college.current import college_settings
from quadline.delivery.opting import confirmations
from quadline.delivery.sending.daily_cap import segments_used
from quadline.numbers.models import SystemNumber
from quadline.numbers.pool_rules import is_nearly_used
from quadline.numbers.provisioning import try_again
from quadline.numbers.rules import ENDED_STATES, SETUP_STATES, NumberState
from quadline.reports.numbers import (
    LastError,
    last_errors,
    month_began_at,
    texts_sent,
)
from quadline.sms import phones
from quadline.web.manage.number_checks import shown_differences
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
    NumberState.RELEASING: {
        "label": "Being released",
        "tone": "",
        "icon": "waiting",
    },
    NumberState.RELEASED: {
        "label": "Released",
        "tone": "",
        "icon": "",
    },
    NumberState.MOVED: {
        "label": "Moved",
        "tone": "",
        "icon": "",
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
FILTERS = {
    "all": "All",
    "attention": "Needs attention",
    "active": "Active",
    "setup": "Being set up",
    "resting": "Resting",
    "spare": "Warm pool",
    "ended": "No longer in use",
}


@dataclass(frozen=True)
class NumberRow:
    number: SystemNumber
    chip: Mapping[str, str]
    late: bool
    phone: str  # as people write it; "" before there is one
    texts: int
    error: LastError | None
    monthly: float  # dollars
    age: timedelta | None  # since it was rented

    @property
    def needs_you(self) -> bool:
        return self.late or self.number.state == NumberState.FAILED

    @property
    def is_spare(self) -> bool:
        return self.number.inbox_id is None

    def is_among(self, group: str) -> bool:
        state = NumberState(self.number.state)
        if state in ENDED_STATES:
            return group == "ended"
        return {
            "attention": self.needs_you,
            "active": state is NumberState.ACTIVE and not self.is_spare,
            "setup": state in SETUP_STATES,
            "spare": self.is_spare,
            "ended": False,
        }.get(group, group in ("all", state))

    def is_found_by(self, query: str) -> bool:
        digits = "".join(filter(str.isdecimal, query))
        is_phone = digits != "" and digits in self.number.phone
        return query.casefold() in self.number.whose.casefold() or is_phone


@require_safe
def numbers_page(request: StaffRequest) -> HttpResponse:
    """Every number: whose, at which step, since when, what it sent and costs, and what
    stands in the way.
    """
    require_manager(request)
    now = clock.now()
    rows = _rows(now)
    query = request.GET.get("q", "").strip()[:100]
    group = request.GET.get("state", "all")
    group = group if group in FILTERS else "all"
    found = [row for row in rows if row.is_found_by(query)]
    listed = [row for row in found if row.is_among(group)]
    # What needs somebody first. The sort is stable: each part stays in order of names.
    listed.sort(key=lambda row: not row.needs_you)
    shown = {
        "rows": listed,
        "query": query,
        "group": group,
        "groups": _groups(found, group),
        "attention": sum(row.needs_you for row in rows),
        "has_any": bool(rows),
        "figures": _figures(rows, now),
        "confirmations": confirmations.confirmation_faults(),
        "is_fine": IS_FINE,
        "needs_check": NEEDS_CHECK,
        **shown_differences(),
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
        messages.success(request, f"Setting up the number of {number.whose} again.")
    else:
        messages.info(
            request,
            f"The number of {number.whose} is not waiting for you any more.",
        )
    return redirect("manage_numbers")


def row_of(
    number: SystemNumber,
    *,
    now: datetime,
    texts: Mapping[int, int],
    errors: Mapping[int, LastError],
) -> NumberRow:
    late, state = number.is_late(now), NumberState(number.state)
    # However late a number is, that it failed is what somebody can act on.
    is_late_only = late and state is not NumberState.FAILED
    is_paid = bool(number.carrier_number_id) and state not in ENDED_STATES
    rented_at = number.registering_at
    return NumberRow(
        number=number,
        chip=LATE_CHIP if is_late_only else NUMBER_CHIPS[state],
        late=late,
        phone=phones.written(number.phone) if number.active_at else "",
        texts=texts.get(number.pk, 0),
        error=errors.get(number.pk),
        monthly=college_settings().cents_per_number / 100 if is_paid else 0.0,
        age=now - rented_at if rented_at else None,
    )


def require_manager(request: StaffRequest) -> None:
    if not request.user.may[May.MANAGE]:
        raise PermissionDenied


def _rows(now: datetime) -> list[NumberRow]:
    """In order of names, the warm pool last."""
    # Some hundreds at most: a Messaging Service holds 400.
    numbers = SystemNumber.objects.order_by(
        Coalesce("inbox__owner__name", "inbox__name"), "pk"
    )
    related = numbers.select_related("inbox__owner__office", "inbox__office")
    since = month_began_at(now)
    texts, errors = texts_sent(since=since), last_errors(since=since)
    return [
        row_of(
            number,
            now=now,
            texts=texts,
            errors=errors,
        )
        for number in related
    ]


def _groups(
    rows: list[NumberRow],
    chosen: str,
) -> list[dict[str, Any]]:
    """The filters that find anything, each with how many."""
    counted = {group: sum(row.is_among(group) for row in rows) for group in FILTERS}
    return [
        {
            "name": group,
            "label": label,
            "count": counted[group],
            "chosen": group == chosen,
        }
        for group, label in FILTERS.items()
        if counted[group] or group in ("all", chosen)
    ]


def _figures(rows: list[NumberRow], now: datetime) -> dict[str, Any]:
    college = college_settings()
    in_use = [row for row in rows if row.number.state not in ENDED_STATES]
    return {
        "in_use": len(in_use),
        "limit": college.number_pool_limit,
        "is_low": is_nearly_used(len(in_use), limit=college.number_pool_limit),
        "ready": SystemNumber.objects.ready().count(),
        "warm_pool_size": college.warm_pool_size,
        "segments": segments_used(now) if college.texts_per_day else 0,
        "daily_cap": college.texts_per_day,
        "monthly": sum(row.monthly for row in rows),
        "texts": sum(row.texts for row in rows),
    }
