"""The response report's page: how students and staff answer each other."""

from datetime import datetime
from typing import Any

from django.urls import reverse

from quadline.accounts.models import User
from quadline.reports.charts import Series
from quadline.reports.filters import Filters
from quadline.reports.responses import (
    BY_STAFF,
    BY_STUDENTS,
    RESPONSE_SUMS,
    WROTE_FIRST,
    responses,
)
from quadline.reports.tallying import ReportTally
from quadline.web.reports.delivery import CHANNEL_WORDS, channels
from quadline.web.reports.figures import Sheet, Tile, heat, tile
from quadline.web.reports.pages import share

REPLIES = (
    Series("replied", "Replied to", "solid"),
    Series("silent", "No reply", "hollow"),
)
# In the order in which they are stacked: the best answer stands at the bottom.
ANSWER_COLUMNS = (
    Series("soon", "Answered within 24 hours", "solid"),
    Series("late", "Answered later", "stripes"),
    Series("waiting", "Waiting, less than 24 hours", "dots"),
    Series("unanswered", "Unanswered for more than 24 hours", "cross"),
    Series("closed", "Needed no answer", "hollow"),
)
ANSWERED_PARTS = RESPONSE_SUMS["answered"]


def response_context(
    viewer: User,
    filters: Filters,
    *,
    now: datetime,
) -> dict[str, Any]:
    found = responses(viewer, filters, now=now)
    words = CHANNEL_WORDS[filters.channel]
    rows_url = reverse("report-response-rows")
    from_staff = Sheet(
        filters,
        rows_url,
        REPLIES,
        f"All {words}",
        side=BY_STUDENTS,
        timed="replied",
        rated=("replied", "Reply rate"),
    )
    from_students = Sheet(
        filters,
        rows_url,
        ANSWER_COLUMNS,
        "All",
        side=BY_STAFF,
        timed="answered",
    )
    students = found.students.everything
    staff = found.staff.everything
    return {
        "channel": filters.channel,
        "words": words,
        "channels": channels("report-responses", filters),
        "tiles": [
            *_student_tiles(from_staff, students, words),
            *_staff_tiles(from_students, staff),
        ],
        "students_figure": from_staff.by_day(
            found.students, key="replies", sentence=_students_sentence(students, words)
        ),
        "students_by_staff": from_staff.by_staff(
            found.students, caption="How students answer, by staff"
        ),
        "students_by_broadcast": from_staff.by_broadcast(
            found.students, caption="How students answer, by broadcast"
        ),
        "staff_figure": from_students.by_day(
            found.staff, key="answers", sentence=_staff_sentence(staff)
        ),
        "staff_by_staff": from_students.by_staff(
            found.staff, caption="How staff answer"
        ),
        "heat": heat(filters, rows_url, WROTE_FIRST, found.hours),
        # The three count different messages: any one of them is something to show.
        "is_empty": not (students.total or staff.total or found.hours),
        # An export has rows of one side only; on the page it is how students answered.
        "csv_query": filters.address(side=BY_STUDENTS),
    }


def _student_tiles(
    sheet: Sheet,
    students: ReportTally,
    words: str,
) -> list[Tile]:
    replied = students.of("replied")
    rate = Tile(
        sheet.cell(replied, words=share(replied, students.total), part="replied"),
        "Reply rate",
        f"{replied:,} of {students.total:,} {words}",
    )
    note = "for messages with a reply"
    return [
        rate,
        sheet.median_tile(
            students,
            parts=("replied",),
            label="Median student reply time",
            note=note,
        ),
    ]


def _staff_tiles(sheet: Sheet, staff: ReportTally) -> list[Tile]:
    return [
        sheet.median_tile(
            staff,
            parts=ANSWERED_PARTS,
            label="Median staff reply time",
            note="for messages that were answered",
        ),
        tile(
            sheet,
            staff,
            ("unanswered",),
            "Unanswered",
            note="for more than 24 hours",
            tone="bad",
        ),
    ]


def _students_sentence(students: ReportTally, words: str) -> str:
    if not students.total:
        return f"No {words} reached students in these days."
    replied = students.of("replied")
    return (
        f"{students.total:,} {words} reached students; {replied:,} were replied to"
        f" ({share(replied, students.total)})."
    )


def _staff_sentence(staff: ReportTally) -> str:
    if not staff.total:
        return "No student wrote in these days."
    soon = staff.of("soon")
    return (
        f"Students began to write {staff.total:,} times; {soon:,} were answered within"
        f" 24 hours ({share(soon, staff.total)})."
    )
