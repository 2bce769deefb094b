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
from quadline.web.reports.responses import ANSWERS, REPLIES
from quadline.web.requests import whole_number

REPORTS = {"report-delivery": "Delivery report", "report-responses": "Response report"}
EXPORTS = {
    "report-delivery": "report-delivery-csv",
    "report-responses": "report-response-csv",
}
TOGETHER = {
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
]
ROW_HEADS += ["Why", "Broadcast", "Answered at", "Minutes until then"]


@dataclass(frozen=True)
class Row:
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
    conversation, student = message.conversation, message.conversation.student
    recipient = getattr(message, "recipient", None)
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


def _row(message: Message) -> Row:
    words, icon, tone = message.status_words, message.status_icon, message.tone
    return Row(
        url=f"{reverse('conversation', args=[message.conversation_id])}?whose=all",
        name=message.conversation.name,
        staff=message.conversation.inbox.shown_name,
        words=message.subject or message.body,
        at=message.created_at,
        chip=(
            {
                "label": words,
                "icon": icon,
                "tone": tone,
            }
            if message.direction == Direction.OUTBOUND
            else {}
        ),
        detail=message.detail if tone in ("bad", "warn") else "",
        answered_at=getattr(message, "reply_at", None),
        took=took_words(getattr(message, "took", None)),
    )


def _title(filters: Filters) -> str:
    known = {
        each.key: each.label for each in (*SERIES[filters.channel], *REPLIES, *ANSWERS)
    } | TOGETHER
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
    weekday, hour = whole_number(filters.weekday), whole_number(filters.hour)
    if weekday is not None and 1 <= weekday <= 7:
        phrases.append(f"{WEEKDAYS[weekday - 1]}s")
    if hour is not None and hour < 24:
        phrases.append(f"{hour}:00 to {hour}:59")
    if filters.reason == NO_REASON:
        phrases.append("no reason recorded")
    elif filters.reason:
        phrases.append(f"reason: {filters.reason.replace('_', ' ')}")
    return phrases


def _broadcast(viewer: User, broadcast: str) -> str:
    if broadcast == SINGLE:
        return "not of a broadcast"
    found = None
    with suppress(ValueError):
        found = (
            Broadcast.objects.visible_to(viewer).filter(pk=uuid.UUID(broadcast)).first()
        )
    return f"broadcast to {found.audience_words}" if found else "an unknown broadcast"
