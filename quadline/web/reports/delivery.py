"""The delivery report's page: what became of the texts, or
the emails, that staff wrote.
"""

from typing import Any

from django.urls import reverse

from quadline.accounts.models import User
from quadline.consent.rules import Change
from quadline.conversations.rules import Channel
from quadline.reports.charts import Series
from quadline.reports.deliveries import (
    DELIVERY_SUMS,
    LEFT_PART,
    REACHED_PART,
    Because,
    delivery_report,
)
from quadline.reports.filters import Filters
from quadline.reports.tallying import ReportTally
from quadline.web.reports.figures import (
    Cell,
    FigureLine,
    FigureTable,
    Sheet,
    Tile,
    tile,
)
from quadline.web.reports.pages import Link, share

# In the order in which they are stacked: what arrived stands at the bottom.
SERIES: dict[Channel, tuple[Series, ...]] = {
    Channel.TEXT: (
        Series("delivered", "Delivered", "solid"),
        Series("sent", "Sent, no receipt yet", "dots"),
        Series("emailed", "Sent as email instead", "stripes"),
        Series("failed", "Not delivered", "cross"),
        Series("waiting", "Waiting", "hollow"),
    ),
    Channel.EMAIL: (
        Series("sent", "Sent", "solid"),
        Series("bounced", "Bounced", "stripes"),
        Series("failed", "Failed", "cross"),
        Series("waiting", "Waiting", "hollow"),
    ),
}
CHANNEL_WORDS = {Channel.TEXT: "texts", Channel.EMAIL: "emails"}


def delivery_context(viewer: User, filters: Filters) -> dict[str, Any]:
    found = delivery_report(viewer, filters)
    words = CHANNEL_WORDS[filters.channel]
    everything = found.tallies.everything
    sheet = Sheet(
        filters,
        reverse("report-delivery-rows"),
        SERIES[filters.channel],
        f"All {words}",
    )
    if filters.channel is Channel.TEXT:
        tiles = [
            *_text_tiles(sheet, everything),
            _opt_out_tile(filters, found.opted_out, found.students),
        ]
    else:
        tiles = _email_tiles(sheet, everything)
    return {
        "channel": filters.channel,
        "channels": channels("report-delivery", filters),
        "tiles": tiles,
        "students": sheet.cell(found.students, part=REACHED_PART, each="student"),
        "figure": sheet.by_day(
            found.tallies, key="delivery", sentence=_sentence(words, everything)
        ),
        "reasons": _reasons(sheet, found.reasons),
        "by_staff": sheet.by_staff(
            found.tallies, caption=f"{words.capitalize()} by staff"
        ),
        "by_broadcast": sheet.by_broadcast(
            found.tallies, caption=f"{words.capitalize()} by broadcast"
        ),
        "is_empty": everything.total == 0,
        "csv_query": filters.address(),
    }


def channels(report: str, filters: Filters) -> list[Link]:
    """Texts and emails are counted apart."""
    url = reverse(report)
    # Texts are what a report shows when its address names no channel.
    texts = filters.address(channel="")
    emails = filters.address(channel="email")
    return [
        Link("Texts", f"{url}?{texts}", filters.channel is Channel.TEXT),
        Link("Emails", f"{url}?{emails}", filters.channel is Channel.EMAIL),
    ]


def _text_tiles(sheet: Sheet, everything: ReportTally) -> list[Tile]:
    # Shares are of what was sent: a text that still waits has no outcome yet, and would
    # make every share look worse than it is.
    left = everything.of(*DELIVERY_SUMS[LEFT_PART])

    def of(name: str) -> str:
        part = share(everything.of(name), left)
        return f"{part} of those sent"

    return [
        tile(
            sheet,
            everything,
            DELIVERY_SUMS[LEFT_PART],
            "Sent",
            part=LEFT_PART,
            note="all outcomes",
        ),
        tile(
            sheet,
            everything,
            ("delivered",),
            "Delivered",
            note=of("delivered"),
        ),
        tile(
            sheet,
            everything,
            ("emailed",),
            "Emailed instead",
            note=of("emailed"),
            tone="warn",
        ),
        tile(
            sheet,
            everything,
            ("failed",),
            "Not delivered",
            note=of("failed"),
            tone="bad",
        ),
    ]


def _email_tiles(sheet: Sheet, everything: ReportTally) -> list[Tile]:
    return [
        tile(
            sheet,
            everything,
            ("sent",),
            "Sent",
            note="taken by the mail server",
        ),
        tile(
            sheet,
            everything,
            ("bounced",),
            "Bounced",
            note="came back",
            tone="warn",
        ),
        tile(
            sheet,
            everything,
            ("failed",),
            "Failed",
            note="not sent",
            tone="bad",
        ),
        tile(
            sheet,
            everything,
            ("waiting",),
            "Waiting",
            note="sent automatically",
        ),
    ]


def _opt_out_tile(
    filters: Filters,
    opted_out: int,
    students: int,
) -> Tile:
    page = reverse("report-opt-out-history")
    # Only the report's own filters go along: the history knows no part or reason.
    address = filters.report.address(change=Change.OPT_OUT)
    part = share(opted_out, students)
    return Tile(
        Cell(opted_out, f"{page}?{address}"),
        "Opted out",
        f"{part} of students texted",
    )


def _reasons(sheet: Sheet, reasons: list[Because]) -> FigureTable:
    """An email has no second way: there is one column of it."""
    parts: tuple[tuple[str, str], ...] = (
        ("emailed", "Emailed instead"),
        ("gone", "Not reached"),
        ("instead", "All"),
    )
    if sheet.filters.channel is Channel.EMAIL:
        # An email is not sent a second way, so one column says it all.
        parts = parts[-1:]

    def line(because: Because) -> FigureLine:
        counts = {
            "emailed": because.emailed,
            "gone": because.gone,
            "instead": because.total,
        }
        cells = [
            sheet.cell(counts[part], part=part, reason=because.reason)
            for part, _ in parts
        ]
        return FigureLine(because.words or "No reason recorded", cells)

    return FigureTable(
        "Why they were not delivered",
        "Reason",
        [head for _, head in parts],
        [line(each) for each in reasons],
    )


def _sentence(words: str, everything: ReportTally) -> str:
    left = everything.of(*DELIVERY_SUMS[LEFT_PART])
    if not left:
        return f"No {words} were sent in these days."
    # What the mail server took is the last that is known of most emails: none of them
    # is called delivered.
    if words == "emails":
        taken = everything.of("sent")
        return (
            f"{left:,} emails left; {taken:,} were taken by the mail server"
            f" ({share(taken, left)})."
        )
    reached = everything.of("delivered")
    instead = everything.of("emailed")
    return (
        f"{left:,} texts were sent: {reached:,} were delivered ({share(reached, left)})"
        f" and {instead:,} went as email instead."
    )
