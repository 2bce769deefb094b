"""A mapping is made from a file: its columns with examples, what each may be, what
would be read; then kept under a name.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
)

from quadline import clock
from quadline.delivery.rosters.sources import (
    SourceRefused,
    begin_mapping,
    drop_mapping,
    save_mapping,
)
from quadline.roster.faults import RosterFault
from quadline.roster.models import RosterMapping
from quadline.roster.rules import CheckedStudent, read_student
from quadline.roster.sources.mapping import (
    LABELS,
    ColumnMapping,
    SeenColumn,
    read_statuses,
    seen_columns,
    with_statuses,
)
from quadline.roster.tables import first_rows
from quadline.web.manage.numbers import require_manager
from quadline.web.requests import StaffRequest

PREVIEWED = 5  # students
MAX_SAMPLE_CELL = 200
MAX_COLUMNS = 300
SHOWN = ("institutional_id", "first_name", "last_name", "email", "mobile", "status")


@require_POST
def new_mapping(request: StaffRequest) -> HttpResponseBase:
    require_manager(request)
    file = request.FILES.get("file")
    if file is None:
        messages.error(request, "Choose a file first. No mapping was begun.")
        return redirect("manage_roster")
    try:
        rows = _rows_of(file.read())
    except RosterFault as fault:
        messages.error(request, f"No mapping was begun. {fault.faults[0].reason}")
        return redirect("manage_roster")
    if not rows:
        messages.error(request, "The file is empty. No mapping was begun.")
        return redirect("manage_roster")
    # The first row with the most names is the header: a title may stand above it.
    widest = max(rows, key=_filled)
    place = rows.index(widest)
    header = [" ".join(cell.split())[:120] for cell in widest[:MAX_COLUMNS]]
    mapping = begin_mapping(
        header, rows[place + 1 :], actor=request.user, now=clock.now()
    )
    return redirect("roster_mapping", mapping.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_mapping(request: StaffRequest, mapping_id: int) -> HttpResponseBase:
    """Without scripts, too: **Preview** is a button of the same form."""
    require_manager(request)
    mapping = get_object_or_404(RosterMapping, pk=mapping_id)
    seen = seen_columns(mapping.header, mapping.sample)
    if request.method != "POST":
        guessed = mapping.columns or {
            column.guess: column.name for column in seen if column.guess
        }
        wish = ColumnMapping(guessed, mapping.statuses, mapping.header)
        name = mapping.name if mapping.is_ready else ""
        return _form(request, mapping, seen, wish, name=name)
    name = request.POST.get("name", "")[:200]
    problem = ""
    statuses: dict[str, str] = {}
    try:
        statuses = read_statuses(request.POST.get("statuses", "")[:10_000])
    except ValueError as error:
        problem = f"Not saved. {error}"
    chosen = _chosen(request, seen)
    wish = ColumnMapping(dict(chosen), statuses, mapping.header)
    if problem == "" and len(chosen) != len(wish.columns):
        problem = "Not saved. Two columns are chosen for the same thing. Keep one."
    if problem or request.POST.get("act") == "preview":
        return _form(request, mapping, seen, wish, name=name, problem=problem)
    try:
        save_mapping(mapping, wish, name=name, actor=request.user, now=clock.now())
    except SourceRefused as refused:
        mapping.refresh_from_db()
        return _form(request, mapping, seen, wish, name=name, problem=str(refused))
    messages.success(request, f"“{mapping.name}” is saved. Choose it when you upload.")
    return redirect("manage_roster")


@require_POST
def remove_mapping(request: StaffRequest, mapping_id: int) -> HttpResponseBase:
    require_manager(request)
    mapping = get_object_or_404(RosterMapping, pk=mapping_id)
    if drop_mapping(mapping, actor=request.user):
        messages.success(request, "The mapping is removed.")
    else:
        messages.info(request, "This mapping is in use, and stays.")
    return redirect("manage_roster")


def _rows_of(content: bytes) -> list[list[str]]:
    """The first rows, each cell cut. Raises RosterFault."""
    with TemporaryDirectory(prefix="quadline-roster-") as folder:
        path = Path(folder) / "sample.csv"
        path.write_bytes(content)
        rows = first_rows(path)
    return [
        [cell.replace("\0", "")[:MAX_SAMPLE_CELL] for cell in row[:MAX_COLUMNS]]
        for row in rows
        if any(cell.strip() for cell in row)
    ]


def _filled(row: list[str]) -> int:
    return sum(1 for cell in row if cell.strip())


def _chosen(request: StaffRequest, seen: list[SeenColumn]) -> list[tuple[str, str]]:
    """Ours and theirs, of each column that is read."""
    chosen: list[tuple[str, str]] = []
    for place, column in enumerate(seen):
        ours = request.POST.get(f"column_{place}", "")
        if ours in LABELS:
            chosen.append((ours, column.name))
    return chosen


def _form(
    request: StaffRequest,
    mapping: RosterMapping,
    seen: list[SeenColumn],
    wish: ColumnMapping,
    *,
    name: str,
    problem: str = "",
) -> HttpResponse:
    theirs = {name: ours for ours, name in wish.columns.items()}
    lines = [f"{word} = {ours}" for word, ours in wish.statuses.items()]
    context = {
        "mapping": mapping,
        "columns": [
            {"seen": column, "place": place, "ours": theirs.get(column.name, "")}
            for place, column in enumerate(seen)
        ],
        "choices": LABELS.items(),
        "statuses": "\n".join(lines),
        "name": name,
        "problem": problem,
        "previewed": _preview(mapping, wish),
        "shown": [LABELS[column] for column in SHOWN],
    }
    status = 422 if problem else 200
    return render(request, "manage/roster/mapping.html", context, status=status)


def _preview(mapping: RosterMapping, wish: ColumnMapping) -> list[dict[str, Any]]:
    """The first students as they would be read, with what is wrong."""
    places = {name: place for place, name in enumerate(mapping.header)}
    # By the reader that an import uses: what is shown here is what would be read.
    previewed: list[dict[str, Any]] = []
    for row in mapping.sample[:PREVIEWED]:
        cells = {
            ours: _cell(row, places.get(theirs))
            for ours, theirs in wish.columns.items()
        }
        read = read_student(with_statuses(cells, wish.statuses))
        faults = [fault.words for fault in (*read.stops, *read.faults)]
        previewed.append({"cells": _cells(read.student), "faults": faults})
    return previewed


def _cells(student: CheckedStudent | None) -> list[str]:
    if student is None:
        return [""] * len(SHOWN)
    return [str(getattr(student, column) or "") for column in SHOWN]


def _cell(row: list[str], place: int | None) -> str | None:
    if place is None or place >= len(row):
        return None
    return row[place]
