"""What every report's page has: the filters as asked, the bar
to change them, and pages of rows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from quadline.consent.rules import Source
from quadline.inboxes.models import inbox_of
from quadline.reports.filters import Filters, filters_of
from quadline.reports.period import PRESETS
from quadline.reports.rows import Rows
from quadline.reports.visibility import inboxes_seen_by
from quadline.web.requests import StaffRequest, whole_number

REPORT_PAGE_ROWS = 100  # of one page; the CSV has them all
NO_TIME = "–"  # there is none: not the same as 0 s


@dataclass(frozen=True)
class Link:
    """A choice in a bar or a row of tabs."""

    label: str
    url: str
    is_current: bool


@dataclass(frozen=True)
class ReportChoice:
    value: str
    label: str
    is_current: bool


def asked(request: StaffRequest, *, otherwise: str = "30") -> Filters:
    """The filters of the address. A staff user whom the
    reader may not see is not there.
    """
    filters = filters_of(
        request.GET.dict(),
        today=timezone.localdate(),
        zone=timezone.get_current_timezone(),
        otherwise=otherwise,
    )
    if (
        filters.staff
        and not inboxes_seen_by(request.user).filter(pk=filters.staff).exists()
    ):
        raise Http404
    return filters


def filter_bar(
    request: StaffRequest,
    filters: Filters,
    *,
    sources: Mapping[Source, str] | None = None,
) -> dict[str, Any]:
    """Presets are links; dates, staff and source are a form,
    which works without scripts.
    """
    mine, seen = inbox_of(request.user), list(inboxes_seen_by(request.user))
    staff = [
        ReportChoice(str(each.pk), each.shown_name, each.pk == filters.staff)
        for each in seen
    ]
    sources = sources or {}
    period = filters.period
    # The dates of a preset are not filled in: sent along, they would win over it.
    has_dates = period.key == "dates"
    first = period.first.isoformat() if has_dates and period.first else ""
    in_the_form = {"from", "to", "period", "staff"}
    if sources:
        in_the_form.add("source")
    return {
        "presets": [
            Link(label, f"?{filters.address(period=key)}", key == period.key)
            for key, label in PRESETS.items()
        ],
        "first": first,
        "last": period.last.isoformat() if has_dates else "",
        "today": timezone.localdate().isoformat(),
        "preset": "" if has_dates else period.key,
        # A reader who sees only their own has no choice.
        "staff": staff if len(staff) > 1 else [],
        "office": next(
            (each.owner.office for each in seen if each == mine and each.owner), None
        ),
        "sources": [
            ReportChoice(key, label, key == filters.source)
            for key, label in sources.items()
        ],
        # Hidden fields: what else narrows the report stays when the form is sent.
        "kept": {
            name: value
            for name, value in filters.query.items()
            if name not in in_the_form
        },
    }


def paged(
    request: StaffRequest,
    rows: "QuerySet[Any, Any] | Rows",
    filters: Filters,
) -> dict[str, Any]:
    """One page of rows, how many there are in all, and the way to the others."""
    offset = whole_number(request.GET.get("skip")) or 0
    total = rows.count()
    following = offset + REPORT_PAGE_ROWS
    newer = filters.address(skip=str(max(offset - REPORT_PAGE_ROWS, 0)))
    older = filters.address(skip=str(following))
    return {
        "page": rows[offset:following],
        "total": total,
        "first_shown": min(offset + 1, total),
        "last_shown": min(following, total),
        "newer_url": f"?{newer}" if offset else "",
        "older_url": f"?{older}" if following < total else "",
    }


def days_words(filters: Filters) -> str:
    """The days of a report in words: Oct 25 to Nov 23, 2026."""
    first, last = filters.period.first, filters.period.last
    last_words = date_format(last, "M j, Y")
    if first is None:
        is_today = last == timezone.localdate()
        return f"All days until {'today' if is_today else last_words}"
    if first == last:
        return date_format(first, "l, F j, Y")
    is_same_year = first.year == last.year
    first_words = date_format(first, "M j" if is_same_year else "M j, Y")
    return f"{first_words} to {last_words}"


def took_words(took: timedelta | None) -> str:
    """A length of time, as precise as people say it: 40 s,
    12 min, 3 h 5 min, 2 days 4 h.
    """
    if took is None:
        return NO_TIME
    # Two clocks may date an answer before its question.
    seconds = max(round(took.total_seconds()), 0)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{round(seconds / 60)} min"
    if seconds < 86400:
        minutes = round(seconds % 3600 / 60)
        return _two(seconds // 3600, "h", minutes, "min", 60)
    days, hours = divmod(round(seconds / 3600), 24)
    return _two(days, "day" if days == 1 else "days", hours, "h", 24)


def share(part: int, whole: int) -> str:
    """A percentage that does not say 100 when one is
    missing, nor 0 when there is one.
    """
    if not whole:
        return NO_TIME
    percent = part * 100 / whole
    if 0 < percent < 1 or 99 < percent < 100:
        return f"{min(max(percent, 0.1), 99.9):.1f}%"
    return f"{percent:.0f}%"


def tabs(
    current: str,
    pages: Iterable[tuple[str, str]],
    filters: Filters,
) -> list[Link]:
    """Pages of one report, side by side; the filters go along."""
    return [
        Link(label, f"{reverse(name)}?{filters.address()}", name == current)
        for name, label in pages
    ]


def _two(
    large: int,
    large_unit: str,
    small: int,
    small_unit: str,
    full: int,
) -> str:
    # Rounded up: 3 h 60 min is 4 h.
    if small == full:
        large += 1
        small = 0
    words = f"{large} {large_unit}"
    return f"{words} {small} {small_unit}" if small else words
