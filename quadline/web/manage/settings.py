"""Manage › Settings: what the college decides, section by section; each with what it
means, who changed it last, and no restart.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from django.contrib.messages import info, success
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from quadline.accounts.models import Office
from quadline.college.current import college_settings
from quadline.college.deciding import (
    DecidedMeanwhile,
    NotDecided,
    as_written,
    decide,
    last_changes,
)
from quadline.college.logo import MAX_FILE_BYTES
from quadline.delivery.outbox.held_by_settings import look_again_at_held_texts
from quadline.web.manage.numbers import require_manager
from quadline.web.manage.setting_fields import (
    SECTIONS,
    Section,
    SettingField,
    one_line_ends,
    roles_of,
    shown,
    states,
    typed,
    zones,
)
from quadline.web.manage.settings_preview import preview_of
from quadline.web.requests import StaffRequest

NOT_SAVED = "Nothing was saved. What you wrote is still here: fix it and save again."
CONFLICT = (
    "Somebody else changed the same setting in the meantime. Nothing was saved yet."
    " What you wrote is still here: save again to keep it, or copy theirs."
)


@require_safe
def first_section(request: StaffRequest) -> HttpResponseBase:
    require_manager(request)
    return redirect("manage-settings-section", "college")


@require_http_methods(["GET", "HEAD", "POST"])
def section_page(request: StaffRequest, slug: str) -> HttpResponseBase:
    require_manager(request)
    place = SectionPlace(
        "manage/settings/page.html", reverse("manage-settings-section", args=[slug])
    )
    return answer_section(request, _section(slug), place)


@dataclass(frozen=True)
class SectionPlace:
    """Where a section is shown: its template, and the address a saved one leads to."""

    template: str
    then: str


def answer_section(
    request: StaffRequest,
    section: Section,
    place: SectionPlace,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> HttpResponseBase:
    """Show or save a section, in the settings or as a step of the setup.

    ``more``: for its template.
    """
    page = partial(_page, request, section, template=place.template, more=more)
    if request.method != "POST":
        return page()
    # A form that did not say what it showed must not overwrite what it never saw.
    asked = [field for field in section.fields if f"seen_{field.name}" in request.POST]
    values = {field.name: typed(field, request.POST) for field in asked}
    # Without scripts the preview is a button of the same form: nothing is saved.
    if request.POST.get("act") == "preview":
        return page(values=values)
    seen = {
        field.name: one_line_ends(request.POST[f"seen_{field.name}"]) for field in asked
    }
    try:
        with transaction.atomic():
            changed = decide(values, seen=seen, actor=request.user)
            look_again_at_held_texts(changed)
    except NotDecided as refused:
        faults = refused.faults
        return page(values=values, faults=faults, error=NOT_SAVED)
    except DecidedMeanwhile as refused:
        return page(values=values, conflicts=refused.names, error=CONFLICT)
    if changed:
        success(request, "Saved. Every part of Quadline follows within two seconds.")
    else:
        info(request, "Nothing was different, so nothing was changed.")
    return redirect(place.then)


@require_POST
def section_preview(request: StaffRequest, slug: str) -> HttpResponse:
    """What the words and figures mean as they stand in the form."""
    require_manager(request)
    section = _section(slug)
    values = {field.name: typed(field, request.POST) for field in section.fields}
    return render(request, _template(section), _preview(request, section, values))


def _section(slug: str) -> Section:
    if slug not in SECTIONS:
        raise Http404
    return SECTIONS[slug]


def _template(section: Section) -> str:
    return f"manage/settings/_preview_{section.slug}.html"


def _preview(
    request: StaffRequest, section: Section, values: Mapping[str, str]
) -> dict[str, Any]:
    sample = request.POST.get("sample", "")
    return {"preview": preview_of(section, values, user=request.user, sample=sample)}


def _page(
    request: StaffRequest,
    section: Section,
    *,
    template: str,
    more: Mapping[str, Any],
    values: Mapping[str, str] | None = None,
    faults: Mapping[str, str] | None = None,
    conflicts: list[str] | None = None,
    error: str = "",
) -> HttpResponse:
    """Values that were not saved stay as they were typed."""
    now = college_settings()
    current = {field.name: getattr(now, field.name) for field in section.fields}
    written = {name: shown(name, value) for name, value in current.items()}
    written |= values or {}
    last = last_changes()
    rows = [
        _row(field, current[field.name], written[field.name])
        | {
            "fault": (faults or {}).get(field.name, ""),
            "is_in_conflict": field.name in (conflicts or []),
            "last": last.get(field.name),
        }
        for field in section.fields
    ]
    if section.slug == "college":
        offices = {
            "offices": Office.objects.all(),
            "logo_last": last.get("college_logo"),
        }
    else:
        offices = {}
    context = {
        "section": section,
        "sections": SECTIONS.values(),
        "rows": rows,
        "error": error,
        "preview_template": _template(section),
        "sample": request.POST.get("sample", ""),
        "largest_logo": MAX_FILE_BYTES // 1000,
        **offices,
        **more,
        **_preview(request, section, written),
    }
    status = 422 if error else 200
    return render(request, template, context, status=status)


def _row(field: SettingField, value: Any, written: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "field": field,
        "value": written,
        "seen": as_written(value),
        "now": shown(field.name, value) or "empty",
        "template": f"manage/settings/_{field.kind}.html",
    }
    if field.kind == "hours":
        row["start"], _, row["end"] = written.partition("-")
    if field.kind == "zone":
        row["zones"] = zones()
    if field.kind in ("roles", "by_role"):
        row["roles"] = roles_of(written)
    if field.kind == "states":
        chosen = written.split(",")
        row["states"] = [(code, hours, code in chosen) for code, hours in states()]
    return row
