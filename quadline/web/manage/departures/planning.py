"""The wizard: the form, and the review that shows everything before it is planned."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from quadline import clock
from quadline.accounts.models import User
from quadline.college.current import college_settings
from quadline.handovers.carrying_out import carry_out_departures
from quadline.handovers.planning import (
    DepartureRefused,
    DepartureWish,
    PlannedMeanwhile,
    change_departure,
    faults_of_wish,
    plan_departure,
    today_on_campus,
)
from quadline.handovers.preview import foresee
from quadline.handovers.wording import ANSWER_FIELD_LIST
from quadline.inboxes.holding import inboxes_that_can_follow
from quadline.inboxes.models import Departure
from quadline.jobs import enqueue
from quadline.web.manage.departures.form import (
    DepartureForm,
    blank_form,
    form_of,
    posted_form,
    wish_of,
)
from quadline.web.manage.numbers import require_manager
from quadline.web.requests import StaffRequest, whole_number

PLAN_SAVED = "Planned: {name} on {day}."
PLANNED_MEANWHILE = (
    "Not saved: somebody else planned or changed this departure while you were"
    " editing. This is what is planned now."
)


@require_http_methods(["GET", "HEAD", "POST"])
def new_departure(request: StaffRequest) -> HttpResponseBase:
    require_manager(request)
    user_id = whole_number(request.POST.get("staff") or request.GET.get("staff"))
    if user_id is None:
        return redirect("manage_departures")
    staff = get_object_or_404(User.objects.select_related("office"), pk=user_id)
    known = Departure.objects.open().filter(staff=staff).first()
    if known:
        if request.method == "POST":
            messages.error(request, PLANNED_MEANWHILE)
        return redirect("manage_departure", known.pk)
    if request.method != "POST":
        return _form(request, staff, blank_form(staff))
    return _posted(request, staff, None)


@require_http_methods(["GET", "HEAD", "POST"])
def change_page(request: StaffRequest, departure_id: int) -> HttpResponseBase:
    require_manager(request)
    rows = Departure.objects.select_related("staff__office")
    departure = get_object_or_404(rows, pk=departure_id)
    if not departure.is_planned:
        return redirect("manage_departure", departure.pk)
    if request.method != "POST":
        return _form(request, departure.staff, form_of(departure), departure)
    return _posted(request, departure.staff, departure)


def _posted(
    request: StaffRequest, staff: User, departure: Departure | None
) -> HttpResponseBase:
    form = posted_form(staff, request.POST)
    act = request.POST.get("act", "")
    wish, faults = wish_of(form)
    if act == "edit":
        return _form(request, staff, form, departure)
    if wish is not None:
        faults = faults_of_wish(staff, wish, clock.now(), but=departure)
    if wish is None or faults:
        return _form(request, staff, form, departure, faults=faults)
    if act != "plan":
        return _review(request, staff, form, wish, departure)
    return _planned(request, staff, form, wish, departure)


def _planned(
    request: StaffRequest,
    staff: User,
    form: DepartureForm,
    wish: DepartureWish,
    departure: Departure | None,
) -> HttpResponseBase:
    now = clock.now()
    try:
        if departure is None:
            made = plan_departure(staff=staff, wish=wish, actor=request.user, now=now)
        else:
            made = change_departure(
                departure,
                wish,
                seen_version=whole_number(form.version) or 0,
                actor=request.user,
                now=now,
            )
    except PlannedMeanwhile as meanwhile:
        messages.error(request, PLANNED_MEANWHILE)
        return redirect("manage_departure", meanwhile.departure.pk)
    except DepartureRefused as refused:
        return _form(request, staff, form, departure, faults=refused.faults)
    if made.leaves_on <= today_on_campus(now):
        # The timetable would come to it within a minute.
        enqueue(carry_out_departures, timestamp=int(now.timestamp()))
    day = f"{made.leaves_on:%B} {made.leaves_on.day}, {made.leaves_on.year}"
    messages.success(request, PLAN_SAVED.format(name=staff.name, day=day))
    return redirect("manage_departure", made.pk)


def _form(
    request: StaffRequest,
    staff: User,
    form: DepartureForm,
    departure: Departure | None = None,
    *,
    faults: dict[str, str] | None = None,
) -> HttpResponse:
    inboxes = inboxes_that_can_follow(staff)
    shown = _shown(staff, form, departure) | {
        "faults": faults or {},
        "people": inboxes.exclude(owner=None).order_by("owner__name"),
        "shared": inboxes.filter(owner=None).order_by("name"),
        "fields": ANSWER_FIELD_LIST,
        "today": today_on_campus(clock.now()).isoformat(),
    }
    status = 422 if faults else 200
    return render(request, "manage/departures/form.html", shown, status=status)


def _review(
    request: StaffRequest,
    staff: User,
    form: DepartureForm,
    wish: DepartureWish,
    departure: Departure | None,
) -> HttpResponse:
    # Never saved: the review shows what would be planned.
    thought_of = Departure(
        staff=staff,
        leaves_on=wish.leaves_on,
        returns_on=wish.returns_on,
        answer=wish.answer,
        rest_days=wish.rest_days,
        waiting_texts=wish.waiting_texts,
        excepted_texts=list(wish.excepted_texts),
        email_subject=wish.email_subject,
        email_body=wish.email_body,
    )
    shown = _shown(staff, form, departure) | {
        "planned": thought_of,
        "preview": foresee(thought_of, wish.shares),
        "is_today": wish.leaves_on <= today_on_campus(clock.now()),
    }
    return render(request, "manage/departures/review.html", shown)


def _shown(
    staff: User, form: DepartureForm, departure: Departure | None
) -> dict[str, Any]:
    return {
        "staff_user": staff,
        "form": form,
        "departure": departure,
        "on_leave_reads": college_settings().access_on_leave == "read",
    }
