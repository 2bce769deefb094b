"""The rosters' first page: bring one in; where others come from; what came last."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from quadline import clock
from quadline.delivery.rosters.running import GivenFile, begin_run, check_run_job
from quadline.jobs import enqueue
from quadline.roster.models import RosterMapping, RosterRun, RosterSource
from quadline.web.manage.numbers import require_manager
from quadline.web.manage.roster.words import RUN_CHIPS
from quadline.web.requests import StaffRequest, whole_number

MAX_ROSTER_FILES = 25  # OneRoster 1.2 has twenty
LAST_RUNS = 8
HISTORY_ROWS = 50
WORDS_OF_TROUBLE = {
    "late": {"label": "Late", "tone": "warn", "icon": "clock"},
    "missing": {"label": "Missing", "tone": "bad", "icon": "alert"},
    "odd": {"label": "Not imported", "tone": "bad", "icon": "alert"},
}
FINE = {"label": "OK", "tone": "ok", "icon": "tick"}
PAUSED = {"label": "Paused", "tone": "", "icon": "clock"}


@require_safe
def roster_page(request: StaffRequest) -> HttpResponse:
    require_manager(request)
    return _page(request)


@require_POST
def upload_roster(request: StaffRequest) -> HttpResponseBase:
    """Kept as it came; a job compares it while the next page waits."""
    require_manager(request)
    given = request.FILES.getlist("files")
    problem = _why_not([file.name or "" for file in given])
    mapping_id = whole_number(request.POST.get("mapping"))
    mapping = RosterMapping.objects.filter(pk=mapping_id or 0, is_ready=True).first()
    # Without it the file would be read by our column names, and mean something else.
    if mapping_id and mapping is None:
        problem = problem or "There is no such mapping any more. Choose another."
    if problem:
        return _page(request, problem=problem, status=422)
    run = begin_run(
        [GivenFile(file.name or "roster.csv", file.read()) for file in given],
        way=RosterRun.Way.UPLOAD,
        actor=request.user,
        mapping=mapping,
        now=clock.now(),
    )
    # Not here: a roster of 60,000 takes longer than a page may.
    enqueue(check_run_job, run_id=run.pk)
    return redirect("roster_run", run.pk)


@require_safe
def roster_history(request: StaffRequest) -> HttpResponse:
    """Every roster that came, newest first."""
    require_manager(request)
    before = whole_number(request.GET.get("before"))
    rows = _runs()
    if before is not None:
        rows = rows.filter(pk__lt=before)
    # One more than is shown tells whether there are older ones.
    found = list(rows[: HISTORY_ROWS + 1])
    shown = found[:HISTORY_ROWS]
    context = {
        "runs": [_row(run) for run in shown],
        "older": shown[-1].pk if len(found) > HISTORY_ROWS else None,
    }
    return render(request, "manage/roster/history.html", context)


def _page(
    request: StaffRequest, *, problem: str = "", status: int = 200
) -> HttpResponse:
    sources = RosterSource.objects.select_related("mapping").order_by("name")
    mappings = RosterMapping.objects.order_by("name")
    context = {
        "problem": problem,
        "sources": [_source(source) for source in sources],
        "mappings": mappings,
        "ready": [mapping for mapping in mappings if mapping.is_ready],
        "runs": [_row(run) for run in _runs()[:LAST_RUNS]],
    }
    return render(request, "manage/roster/page.html", context, status=status)


def _runs() -> Any:
    rows = RosterRun.objects.select_related("source", "actor", "applied_by")
    return rows.order_by("-pk")


def _row(run: RosterRun) -> dict[str, Any]:
    return {"run": run, "chip": RUN_CHIPS[RosterRun.State(run.state)]}


def _source(source: RosterSource) -> dict[str, Any]:
    chip = WORDS_OF_TROUBLE.get(source.trouble, FINE)
    return {"source": source, "chip": chip if source.is_active else PAUSED}


def _why_not(names: list[str]) -> str:
    if not names:
        return "Nothing was brought in. Choose a file first."
    if len(names) > MAX_ROSTER_FILES:
        most = f"Choose {MAX_ROSTER_FILES} files at most, or a ZIP file."
        return f"Nothing was brought in. {most}"
    odd = [
        name for name in names if not name.lower().endswith((".csv", ".zip", ".txt"))
    ]
    if odd:
        shown = ", ".join(odd)[:80]
        return f"Nothing was brought in: {shown} is neither a CSV nor a ZIP file."
    return ""
