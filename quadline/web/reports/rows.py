"""The rows behind a number: messages, what became of each,
and in words which number it was.
"""

import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from quadline.accounts.models import User
from quadline.broadcasts.models import Broadcast
from quadline.conversations.models import Message
from quadline.conversations.rules import Channel, Direction
from quadline.inboxes.models import Inbox
from quadline.reports.filters import NO_REASON, SINGLE, Filters
from quadline.web.reports.delivery import SERIES
from quadline.web.reports.figures import WEEKDAYS
from quadline.web.reports.pages import days_words, took_words
from quadline.web.reports.responses import ANSWER_COLUMNS, REPLIES
from quadline.web.requests import whole_number

REPORTS = {"report-delivery": "Delivery report", "report-responses": "Response report"}
EXPORTS = {
    "report-delivery": "report-delivery-csv",
    "report-responses": "report-response-csv",
}
ROW_SUMS = {
    "left": "Sent",
    "reached": "Texted",
    "instead": "Not delivered as a text",
    "gone": "Not reached",
    "answered": "Answered",
    "wrote": "Written by students",
}
ROW_HEADS = [
    "Written at",
    "Student",
    "Student ID",
    "Student phone",
    "Staff",
    "System number",
    "From",
    "Message",
    "Status",
    "Why",
    "Broadcast",
    "Answered at",
    "Minutes until then",
]


@dataclass(frozen=True)
class MessageRow:
    """One message as the list shows it."""

    url: str
    name: str
    staff: str
    words: str
    at: datetime
    chip: dict[str, str]
    detail: str
    answered_at: datetime | None
    took: str


def rows_context(
    viewer: User,
    filters: Filters,
    shown: dict[str, Any],
    *,
    report: str,
) -> dict[str, Any]:
    back = filters.report
    return shown | {
        "rows": [_row(message) for message in shown["page"]],
        "title": _title(filters),
        "narrowing": _narrowing(viewer, filters),
        "report_name": REPORTS[report],
        "report_url": f"{reverse(report)}?{back.address()}",
        "csv_url": f"{reverse(EXPORTS[report])}?{filters.address()}",
        "by_student": filters.each == "student",
        "timed": report == "report-responses",
    }


def csv_row(message: Message) -> list[object]:
    conversation = message.conversation
    student = conversation.student
    # A single message has no recipient row: that raises an AttributeError, for which
    # getattr gives None.
    recipient = getattr(message, "recipient", None)
    # Only rows of the response report are timed.
    took = getattr(message, "took", None)
    return [
        message.created_at,
        student.display_name if student else "",
        student.institutional_id if student else "",
        message.student_phone,
        conversation.inbox.shown_name,
        message.system_number.phone if message.system_number else "",
        "staff" if message.is_outbound else "student",
        message.text,
        message.status_words,
        message.detail,
        recipient.broadcast.audience_words if recipient else "",
        getattr(message, "reply_at", None),
        "" if took is None else round(took.total_seconds() / 60),
    ]


def _row(message: Message) -> MessageRow:
    chip: dict[str, str] = {}
    if message.direction == Direction.OUTBOUND:
        chip = {
            "label": message.status_words,
            "icon": message.status_icon,
            "tone": message.tone,
        }
    page = reverse("conversation", args=[message.conversation_id])
    return MessageRow(
        # A report has others' messages, too: the inbox beside it shows theirs.
        url=f"{page}?whose=all",
        name=message.conversation.name,
        staff=message.conversation.inbox.shown_name,
        words=message.subject or message.body,
        at=message.created_at,
        chip=chip,
        detail=message.detail if message.tone in ("bad", "warn") else "",
        answered_at=getattr(message, "reply_at", None),
        took=took_words(getattr(message, "took", None)),
    )


def _title(filters: Filters) -> str:
    series = (*SERIES[filters.channel], *REPLIES, *ANSWER_COLUMNS)
    # A part is named as in the figure whose number led here.
    known = {each.key: each.label for each in series} | ROW_SUMS
    kind = "emails" if filters.channel is Channel.EMAIL else "texts"
    if filters.each == "student":
        return "Students texted"
    if filters.part in known:
        return known[filters.part]
    if filters.side in ("staff", "wrote"):
        return f"{kind.capitalize()} from students"
    return f"All {kind}"


def _narrowing(viewer: User, filters: Filters) -> list[str]:
    """What else the rows are narrowed to, one phrase each."""
    phrases = [days_words(filters)]
    if filters.staff:
        phrases.append(
            Inbox.objects.select_related("owner").get(pk=filters.staff).shown_name
        )
    if filters.broadcast:
        phrases.append(_broadcast(viewer, filters.broadcast))
    # An address may say anything: what is no weekday or hour narrows nothing.
    weekday = whole_number(filters.weekday)
    hour = whole_number(filters.hour)
    if weekday is not None and 1 <= weekday <= 7:
        phrases.append(f"{WEEKDAYS[weekday - 1]}s")
    if hour is not None and hour < 24:
        phrases.append(f"{hour}:00 to {hour}:59")
    # A number without a reason has rows, too, and says so.
    if filters.reason == NO_REASON:
        phrases.append("no reason recorded")
    elif filters.reason:
        phrases.append(f"reason: {filters.reason.replace('_', ' ')}")
    return phrases


def _broadcast(viewer: User, broadcast: str) -> str:
    if broadcast == SINGLE:
        return "not of a broadcast"
    found = None
    # The id comes from the address: another's audience is not named to a stranger.
    seen = Broadcast.objects.visible_to(viewer)
    with suppress(ValueError):
        found = seen.filter(pk=uuid.UUID(broadcast)).first()
    return f"broadcast to {found.audience_words}" if found else "an unknown broadcast"
