"""One roster that came: what it would change, page by page; apply, discard, undo."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from quadline import clock
from quadline.delivery.rosters.running import (
    NotApplied,
    ask_to_apply,
    confirmation_of,
    discard_run,
)
from quadline.delivery.rosters.undoing import ask_to_undo, last_applied
from quadline.roster.faults import FAULT_COLUMNS, ImportFault, fault_lines
from quadline.roster.models import RosterChange, RosterRun, RosterRunFault
from quadline.web.manage.numbers import require_manager
from quadline.web.manage.roster.words import RUN_CHIPS, shown_change
from quadline.web.requests import StaffRequest, whole_number

PAGE_ROWS = 50
# What can be looked at, by its name in counts; faults are rows of their own.
PARTS = {
    "new": "New",
    "changed": "Changed",
    "phones": "Phones changed",
    "leaving": "Leaving",
    "listed": "Back on the roster",
    "caseload": "Caseloads",
    "faults": "Faults",
}


@require_safe
def run_page(request: StaffRequest, run_id: int) -> HttpResponse:
    require_manager(request)
    run = _run(run_id)
    return _page(request, run)


@require_POST
def apply_roster(request: StaffRequest, run_id: int) -> HttpResponseBase:
    require_manager(request)
    run = _run(run_id)
    typed = request.POST.get("confirmation", "")[:40]
    try:
        ask_to_apply(run, actor=request.user, typed=typed, now=clock.now())
    except NotApplied as refused:
        run.refresh_from_db()
        return _page(request, run, problem=str(refused), status=422)
    return redirect("roster_run", run.pk)


@require_POST
def discard_roster(request: StaffRequest, run_id: int) -> HttpResponseBase:
    require_manager(request)
    run = _run(run_id)
    if discard_run(run, actor=request.user, now=clock.now()):
        messages.success(request, "Discarded. Nothing was changed.")
    else:
        messages.info(request, "This roster is not waiting any more.")
    return redirect("manage_roster")


@require_POST
def undo_roster(request: StaffRequest, run_id: int) -> HttpResponseBase:
    require_manager(request)
    run = _run(run_id)
    try:
        ask_to_undo(run, actor=request.user, now=clock.now())
    except NotApplied as refused:
        run.refresh_from_db()
        return _page(request, run, problem=str(refused), status=422)
    return redirect("roster_run", run.pk)


@require_safe
def faults_csv(request: StaffRequest, run_id: int) -> StreamingHttpResponse:
    """Every fault that is kept, for a spreadsheet."""
    require_manager(request)
    run = _run(run_id)
    answer = StreamingHttpResponse(_lines(run), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="roster-{run.pk}-faults.csv"'
    return answer


def _lines(run: RosterRun) -> Iterator[str]:
    rows = run.faults.order_by("position").iterator(chunk_size=1_000)
    faults = (
        ImportFault(row.row, row.column, row.value, row.reason, row.file)
        for row in rows
    )
    # The mark tells a spreadsheet that it is UTF-8.
    yield "\ufeff"
    yield from fault_lines(FAULT_COLUMNS, faults)


def _run(run_id: int) -> RosterRun:
    rows = RosterRun.objects.select_related(
        "source", "mapping", "actor", "applied_by", "undone_by"
    )
    return get_object_or_404(rows, pk=run_id)


def _page(
    request: StaffRequest,
    run: RosterRun,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    part = _part(request, run)
    context = {
        "run": run,
        "chip": RUN_CHIPS[RosterRun.State(run.state)],
        "parts": _parts(run, part),
        "part": part,
        "part_title": PARTS.get(part, ""),
        "confirmation": confirmation_of(run),
        "can_undo": run == last_applied(),
        "problem": problem,
        **_rows(request, run, part),
    }
    return render(request, "manage/roster/run.html", context, status=status)


def _parts(run: RosterRun, part: str) -> list[dict[str, Any]]:
    """Those with something in them, each with its count."""
    return [
        {"name": name, "title": title, "count": count, "is_here": name == part}
        for name, title in PARTS.items()
        if (count := run.counts.get(name, 0))
    ]


def _part(request: StaffRequest, run: RosterRun) -> str:
    """What was asked for, else the first with something in it."""
    asked = request.GET.get("show", "")
    if asked in PARTS:
        return asked
    order = ("faults", *PARTS) if run.state == RosterRun.State.FAILED else tuple(PARTS)
    filled = [name for name in order if run.counts.get(name)]
    return filled[0] if filled else ""


def _rows(request: StaffRequest, run: RosterRun, part: str) -> dict[str, Any]:
    """A page of the part, after the position that the address names."""
    # By position and not by page number: each page costs the same.
    after = whole_number(request.GET.get("after"))
    rows: QuerySet[Any] = _of_part(run, part)
    if after is not None and after < 2**31:
        rows = rows.filter(position__gt=after)
    found = list(rows.order_by("position")[: PAGE_ROWS + 1])
    page = found[:PAGE_ROWS]
    shown = page if part == "faults" else [shown_change(row) for row in page]
    return {
        "rows": shown,
        "is_later_page": after is not None,
        "next": page[-1].position if len(found) > PAGE_ROWS else None,
    }


def _of_part(run: RosterRun, part: str) -> QuerySet[Any]:
    if part == "faults":
        return RosterRunFault.objects.filter(run=run)
    changes = RosterChange.objects.filter(run=run).select_related("staff")
    if part == "phones":
        return changes.filter(kind=RosterChange.Kind.CHANGED, has_phone=True)
    return changes.filter(kind=part)
