"""Reports: what each answers, its numbers, the rows behind
every number, and their export.
"""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from quadline import clock
from quadline.delivery.permission import opt_out_scope
from quadline.reports import deliveries, opt_outs, responses
from quadline.reports.csv_export import csv_response, record_export
from quadline.reports.opt_out_rows import ChangeRow, OptOutRow, change_rows
from quadline.reports.rows import Rows
from quadline.web.reports.delivery import delivery_context
from quadline.web.reports.pages import asked, days_words, filter_bar, paged, tabs
from quadline.web.reports.responses import response_context
from quadline.web.reports.rows import ROW_HEADS, csv_row, rows_context
from quadline.web.requests import StaffRequest

OPT_OUT_REPORT_NAME = "Report for Student Opt Outs"
OPT_OUT_PAGES = (
    ("report-opt-outs", "Opted out now"),
    ("report-opt-out-history", "All changes"),
)
OPT_OUT_HEADS = [
    "Student",
    "Student ID",
    "Student phone",
    "System number",
    "Staff",
    "How",
    "By",
    "Opted out at",
    "Last text before it",
    "Written at",
    "Texts sent as email since",
    "Carrier check",
    "How to opt back in",
]
CHANGE_HEADS = [
    "At",
    "Change",
    "Student",
    "Student ID",
    "Student phone",
    "System number",
    "Staff",
    "How",
    "By",
]


@require_safe
def reports_index(request: StaffRequest) -> HttpResponse:
    # A student who opted out years ago still is: these two reports begin with all days.
    filters = asked(request, otherwise="all")
    out = opt_outs.opted_out_pairs(request.user, filters)
    return render(request, "reports/index.html", {"opted_out": out.count()})


@require_safe
def opted_out_page(request: StaffRequest) -> HttpResponse:
    """Who is opted out now."""
    # All days, as on the index: an opt-out does not end with a month.
    filters = asked(request, otherwise="all")
    shown = paged(request, opt_outs.opted_out_pairs(request.user, filters), filters)
    return render(
        request,
        "reports/opt_outs.html",
        {
            **_opt_out_context(request, "report-opt-outs"),
            **shown,
            "rows": opt_outs.opted_out_rows(request.user, shown["page"]),
            "scope_words": opt_out_scope.REACH_WORDS[opt_out_scope.current_scope()],
        },
    )


@require_safe
def opt_out_history(request: StaffRequest) -> HttpResponse:
    """Every change of the consent ledger."""
    filters = asked(request, otherwise="all")
    shown = paged(request, opt_outs.changes(request.user, filters), filters)
    return render(
        request,
        "reports/opt_out_history.html",
        {
            **_opt_out_context(request, "report-opt-out-history"),
            **shown,
            "rows": change_rows(request.user, list(shown["page"])),
        },
    )


@require_safe
def opted_out_csv(request: StaffRequest) -> StreamingHttpResponse:
    filters = asked(request, otherwise="all")
    # Before the first row leaves: what is taken away is on record, even when it ends
    # half way. So in each of these.
    record_export(actor=request.user, name="opt-outs", **filters.query)
    rows = opt_outs.every_opted_out_row(request.user, filters)
    return csv_response(
        "opt-outs", OPT_OUT_HEADS, (_opt_out_cells(row) for row in rows)
    )


@require_safe
def opt_out_history_csv(request: StaffRequest) -> StreamingHttpResponse:
    filters = asked(request, otherwise="all")
    record_export(actor=request.user, name="opt-out-history", **filters.query)
    rows = opt_outs.every_change_row(request.user, filters)
    return csv_response(
        "opt-out-history", CHANGE_HEADS, (_change_cells(row) for row in rows)
    )


@require_safe
def delivery_page(request: StaffRequest) -> HttpResponse:
    # Without what narrows rows: with it the figures would be of a part, under the name
    # of the whole.
    filters = asked(request).report
    context = delivery_context(request.user, filters) | {
        "bar": filter_bar(request, filters),
        "days": days_words(filters),
    }
    return render(request, "reports/delivery.html", context)


@require_safe
def delivery_rows(request: StaffRequest) -> HttpResponse:
    filters = asked(request)
    shown = paged(request, deliveries.list_deliveries(request.user, filters), filters)
    context = rows_context(
        request.user,
        filters,
        shown,
        report="report-delivery",
    )
    return render(request, "reports/rows.html", context)


@require_safe
def delivery_csv(request: StaffRequest) -> StreamingHttpResponse:
    filters = asked(request)
    record_export(actor=request.user, name="delivery", **filters.query)
    rows = deliveries.list_deliveries(request.user, filters)
    return csv_response("delivery", ROW_HEADS, _cells(rows))


@require_safe
def response(request: StaffRequest) -> HttpResponse:
    filters = asked(request).report
    context = response_context(request.user, filters, now=clock.now())
    return render(
        request,
        "reports/responses.html",
        context | {"bar": filter_bar(request, filters), "days": days_words(filters)},
    )


@require_safe
def response_rows(request: StaffRequest) -> HttpResponse:
    filters = asked(request)
    rows = responses.list_responses(request.user, filters, now=clock.now())
    shown = paged(request, rows, filters)
    context = rows_context(
        request.user,
        filters,
        shown,
        report="report-responses",
    )
    return render(request, "reports/rows.html", context)


@require_safe
def response_csv(request: StaffRequest) -> StreamingHttpResponse:
    filters = asked(request)
    record_export(actor=request.user, name="responses", **filters.query)
    rows = responses.list_responses(request.user, filters, now=clock.now())
    return csv_response("responses", ROW_HEADS, _cells(rows))


def _opt_out_context(request: StaffRequest, page: str) -> dict[str, Any]:
    filters = asked(request, otherwise="all")
    narrowing = (filters.source, filters.change, filters.staff, filters.period.first)
    return {
        "bar": filter_bar(request, filters, sources=opt_outs.SOURCES),
        "days": days_words(filters),
        "tabs": tabs(page, OPT_OUT_PAGES, filters),
        "query": filters.address(),
        "is_filtered": any(narrowing),
        "name": OPT_OUT_REPORT_NAME,
    }


def _opt_out_cells(row: OptOutRow) -> list[object]:
    last = row.last_text
    return [
        *_who(row),
        row.system_phone,
        row.inbox.shown_name,
        row.how,
        row.by,
        row.since,
        last.body if last else "",
        last.created_at if last else None,
        row.emailed_since,
        row.check_words,
        row.way_back,
    ]


def _change_cells(row: ChangeRow) -> list[object]:
    # In words: the reader of a table has not seen our code.
    change = "Opted out" if row.change == "opt_out" else "Opted in"
    return [
        row.at,
        change,
        *_who(row),
        row.system_phone,
        row.inbox.shown_name,
        row.how,
        row.by,
    ]


def _who(row: OptOutRow | ChangeRow) -> list[object]:
    # Who is on the roster; a phone may be of several.
    students = [each for each in row.who if each.institutional_id]
    return [
        ", ".join(each.name for each in students),
        ", ".join(each.institutional_id for each in students),
        row.student_phone,
    ]


def _cells(rows: Rows) -> Iterator[list[object]]:
    return map(csv_row, rows)
