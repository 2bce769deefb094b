"""All departures, and one of them: the plan before its day, the record after."""

from datetime import timedelta

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from quadline import clock
from quadline.accounts.models import User
from quadline.college.current import college_settings
from quadline.delivery.inbound.successor_answers import students_told
from quadline.handovers.announcing import students_by_inbox
from quadline.handovers.ending import return_now
from quadline.handovers.planning import (
    DepartureRefused,
    cancel_departure,
    today_on_campus,
)
from quadline.handovers.preview import foresee
from quadline.inboxes.models import Departure, Inbox
from quadline.numbers.models import SystemNumber
from quadline.roster.models import CaseloadEntry
from quadline.web.manage.departures.words import chip_of, text_rows
from quadline.web.manage.numbers import require_manager
from quadline.web.requests import StaffRequest

MAX_ENDED_SHOWN = 200  # departures that are over, newest first


@require_GET
def departures_page(request: StaffRequest) -> HttpResponseBase:
    require_manager(request)
    rows = Departure.objects.select_related("staff__office").order_by(
        "-leaves_on", "-pk"
    )
    is_open = Departure.objects.open()
    # Somebody whose account was closed first may have left students behind.
    left_behind = CaseloadEntry.objects.values("staff")
    free = User.objects.filter(Q(is_active=True) | Q(pk__in=left_behind))
    free = free.exclude(pk__in=is_open.values("staff"))
    shown = {
        "rows": [(row, chip_of(row)) for row in rows[:MAX_ENDED_SHOWN]],
        "staff": free.order_by("name"),
    }
    return render(request, "manage/departures/page.html", shown)


@require_GET
def departure_page(request: StaffRequest, departure_id: int) -> HttpResponseBase:
    require_manager(request)
    departure = _one(departure_id)
    shown = {"departure": departure, "chip": chip_of(departure)}
    if departure.is_planned:
        preview = foresee(departure, departure.shares)
        shown |= {
            "preview": preview,
            "is_due": departure.leaves_on <= today_on_campus(clock.now()),
            "planned": departure,
            "on_leave_reads": college_settings().access_on_leave == "read",
        }
    elif departure.carried_out_at:
        shown |= _record(departure)
    return render(request, "manage/departures/departure.html", shown)


@require_POST
def cancel_plan(request: StaffRequest, departure_id: int) -> HttpResponseBase:
    require_manager(request)
    departure = _one(departure_id)
    try:
        cancel_departure(departure, actor=request.user, now=clock.now())
    except DepartureRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"The plan for {departure.staff.name} is canceled.")
    return redirect("manage_departure", departure.pk)


@require_POST
def back_today(request: StaffRequest, departure_id: int) -> HttpResponseBase:
    require_manager(request)
    departure = _one(departure_id)
    try:
        return_now(departure, actor=request.user, now=clock.now())
    except DepartureRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"{departure.staff.name} is back.")
    return redirect("manage_departure", departure.pk)


def _one(departure_id: int) -> Departure:
    rows = Departure.objects.select_related("staff__office", "planned_by")
    return get_object_or_404(rows, pk=departure_id)


def _record(departure: Departure) -> dict[str, object]:
    """What was done, by counts and lists."""
    counts = students_by_inbox(departure)
    inboxes = Inbox.objects.select_related("owner", "office").in_bulk(counts)
    numbers = SystemNumber.objects.filter(inbox=departure.staff_id).order_by("-pk")
    # From the day it was done, which a late worker may have made a later one.
    begun = departure.carried_out_at or clock.now()
    return {
        "handed": [(inboxes[pk].shown_name, count) for pk, count in counts.items()],
        "conversations": departure.handed_conversations.count(),
        "texts": text_rows(departure),
        "told": students_told(departure),
        "number": numbers.first(),
        "rests_until": begun + timedelta(days=departure.rest_days),
    }
