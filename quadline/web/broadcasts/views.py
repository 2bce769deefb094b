"""Broadcasts: the list of them, the page of one while it runs and afterwards, and its
results as a table to take away.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from quadline import clock
from quadline.accounts.models import User
from quadline.broadcasts import results
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.pausing import may_steer
from quadline.broadcasts.results import BroadcastProgress, RecipientResult
from quadline.broadcasts.rules import BroadcastState
from quadline.conversations.models import Conversation
from quadline.conversations.rules import STATUS_WORDS, Channel, Status
from quadline.inboxes.models import inbox_of
from quadline.reports.csv_export import csv_response, record_export
from quadline.roster.models import Student
from quadline.web.broadcasts.words import progress_words, state_chip
from quadline.web.requests import StaffRequest, whole_number
from quadline.web.status_words import shown_status

BROADCAST_PAGE_ROWS = 100
ON_A_LIST = 25
ROWS_TAKEN_AWAY = 1_000  # rows of a table to take away
# A text that went as email has reached the student. An email is known to have left, and
# no more than that.
REACHED_BY_CHANNEL = {
    Channel.TEXT: {Status.DELIVERED, Status.EMAILED},
    Channel.EMAIL: {Status.SENT},
}
STOP_POLLING = 286  # htmx: swap this, and ask no more
RESULT_COLUMNS = [
    "Student",
    "Student ID",
    "Outcome",
    "Why",
    "Emailed",
    "Replied",
    "Opted out after this",
]
# In place of a name: without the row, the count above it would be wrong.
UNSEEN = "A student you may not see"


@dataclass(frozen=True)
class Listed:
    """One broadcast on the list."""

    broadcast: Broadcast
    chip: dict[str, str]
    progress: BroadcastProgress | None
    reached: int  # per cent of those it was for, by text or email
    url: str


@require_safe
def page(request: StaffRequest) -> HttpResponse:
    start = whole_number(request.GET.get("from")) or 0
    seen = (
        Broadcast.objects.shown_to(request.user)
        .select_related("author")
        .order_by("-created_at", "pk")
    )
    # One more than is shown: it says that there is a next page, without a count.
    rows = list(seen[start : start + ON_A_LIST + 1])
    context = {
        "listed": [_listed(broadcast) for broadcast in rows[:ON_A_LIST]],
        "next_url": (
            f"?{urlencode({'from': start + ON_A_LIST})}"
            if len(rows) > ON_A_LIST
            else ""
        ),
        "sees_others": any(
            broadcast.author_id != request.user.pk for broadcast in rows
        ),
    }
    return render(request, "broadcasts/page.html", context)


@require_safe
def broadcast(request: StaffRequest, broadcast_id: uuid.UUID) -> HttpResponseBase:
    shown = visible_broadcast(request, broadcast_id)
    if shown.state == BroadcastState.DRAFT:
        return redirect("broadcast-review", shown.pk)
    return render(
        request,
        "broadcasts/broadcast.html",
        progress_context(request, shown) | _rows_context(request, shown),
    )


@require_safe
def progress(request: StaffRequest, broadcast_id: uuid.UUID) -> HttpResponse:
    """The part of the page that moves while it runs."""
    shown = visible_broadcast(request, broadcast_id)
    # After the end nothing waits: the page stops asking, however long it stays open.
    is_over = shown.state in (BroadcastState.STOPPED, BroadcastState.FINISHED)
    context = progress_context(request, shown)
    return render(
        request,
        "broadcasts/_progress.html",
        context,
        status=STOP_POLLING if is_over else 200,
    )


@require_safe
def broadcast_recipients(
    request: StaffRequest, broadcast_id: uuid.UUID
) -> HttpResponse:
    """The recipients at one status, a page of them."""
    shown = visible_broadcast(request, broadcast_id)
    return render(
        request,
        "broadcasts/_results.html",
        progress_context(request, shown) | _rows_context(request, shown),
    )


@require_safe
def results_csv(
    request: StaffRequest, broadcast_id: uuid.UUID
) -> StreamingHttpResponse:
    shown = visible_broadcast(request, broadcast_id)
    show = _filter(request)
    # Before the first row leaves, as in every export.
    record_export(
        actor=request.user,
        name="broadcast results",
        broadcast=shown.pk,
        show=show,
    )
    return csv_response(
        f"broadcast {shown.audience_words}",
        RESULT_COLUMNS,
        _csv_rows(request.user, shown, show),
    )


def visible_broadcast(request: StaffRequest, broadcast_id: uuid.UUID) -> Broadcast:
    """One that this user may look at. A draft is its author's alone."""
    return get_object_or_404(
        Broadcast.objects.shown_to(request.user).select_related("author"),
        pk=broadcast_id,
    )


def own(request: StaffRequest, broadcast_id: uuid.UUID) -> Broadcast:
    return get_object_or_404(
        Broadcast.objects.filter(author=request.user).select_related("author"),
        pk=broadcast_id,
    )


def progress_context(request: StaffRequest, shown: Broadcast) -> dict[str, Any]:
    now = results.progress_of(shown, clock.now())
    is_own, may_act = shown.author_id == request.user.pk, may_steer(shown, request.user)
    is_over = shown.state in (BroadcastState.STOPPED, BroadcastState.FINISHED)
    return {
        "broadcast": shown,
        "progress": now,
        "progress_words": progress_words(shown, now, is_own=is_own),
        "chip": state_chip(shown, now),
        "is_own": is_own,
        "may_act": may_act,
        "is_over": is_over,
        # Counted only for those who have the button: it is read again while a broadcast
        # runs.
        "may_be_retried": results.may_be_retried(shown) if may_act else 0,
        "quiet": results.not_replied(shown).count() if is_own and is_over else 0,
    }


def _listed(broadcast: Broadcast) -> Listed:
    name = (
        "broadcast-review" if broadcast.state == BroadcastState.DRAFT else "broadcast"
    )
    now = (
        None
        if broadcast.state == BroadcastState.DRAFT
        else results.progress_of(broadcast, clock.now())
    )
    reached = (
        sum(
            count.count
            for count in now.counts
            if count.status in REACHED_BY_CHANNEL[Channel(broadcast.channel)]
        )
        if now
        else 0
    )
    return Listed(
        broadcast=broadcast,
        chip=state_chip(broadcast, now),
        progress=now,
        reached=100 * reached // now.total if now and now.total else 0,
        url=reverse(name, args=[broadcast.pk]),
    )


def _rows_context(request: StaffRequest, shown: Broadcast) -> dict[str, Any]:
    status = _filter(request)
    start = whole_number(request.GET.get("from")) or 0
    found = list(
        results.recipient_results(
            shown,
            status,
            offset=start,
            limit=BROADCAST_PAGE_ROWS + 1,
        )
    )
    url = reverse("broadcast", args=[shown.pk])
    rows = reverse("broadcast-recipients", args=[shown.pk])
    following = urlencode({"show": status, "from": start + BROADCAST_PAGE_ROWS})
    return {
        "rows": _seen_by(request.user, shown, found[:BROADCAST_PAGE_ROWS]),
        "show": status,
        "page_size": BROADCAST_PAGE_ROWS,
        "rows_url": f"{rows}?{urlencode({'show': status, 'from': start})}",
        "next_url": f"{url}?{following}#results"
        if len(found) > BROADCAST_PAGE_ROWS
        else "",
    }


def _filter(request: StaffRequest) -> str:
    """The status that is asked for; a database takes no NUL."""
    return request.GET.get("show", "").replace("\x00", "")[:20]


def _seen_by(
    user: User,
    shown: Broadcast,
    rows: list[RecipientResult],
) -> list[dict[str, Any]]:
    """The rows, with a student's name only where this user may see the student: so
    every count still equals its rows.
    """
    # Two queries for a page of rows, not two for each of them.
    ids = [row.recipient.student_id for row in rows]
    seen = set(
        Student.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True)
    )
    talks = (
        Conversation.objects.visible_to(user)
        .filter(inbox=inbox_of(shown.author), student__in=ids)
        .values_list("student", "pk")
    )
    urls = {student: reverse("conversation", args=[talk]) for student, talk in talks}
    is_own = shown.author_id == user.pk
    # "Nothing was sent" is an outcome of the review, not a status of a message.
    icon_and_tone = {
        results.NOTHING: ("ban", ""),
        **{status.value: STATUS_WORDS[status][1:] for status in Status},
    }
    return [
        {
            "row": row,
            "is_named": is_own or row.recipient.student_id in seen,
            "url": urls.get(row.recipient.student_id, ""),
            "words": (
                shown_status(row.recipient.message)
                if row.recipient.message and is_own
                else row.words
            ),
            "icon": icon_and_tone[row.status][0],
            "tone": icon_and_tone[row.status][1],
        }
        for row in rows
    ]


def _csv_rows(
    user: User,
    shown: Broadcast,
    status: str,
) -> Iterator[list[object]]:
    # In batches: who may be seen is asked once for each, and a table of any length
    # needs the memory of one batch.
    batch: list[RecipientResult] = []
    for row in results.recipient_results(shown, status):
        batch.append(row)
        if len(batch) == ROWS_TAKEN_AWAY:
            yield from _csv_of(user, shown, batch)
            batch = []
    yield from _csv_of(user, shown, batch)


def _csv_of(
    user: User,
    shown: Broadcast,
    rows: list[RecipientResult],
) -> Iterator[list[object]]:
    for seen in _seen_by(user, shown, rows):
        row, student = seen["row"], seen["row"].recipient.student
        who = (
            [student.display_name, student.institutional_id]
            if seen["is_named"]
            else [UNSEEN, ""]
        )
        yield [
            *who,
            row.words,
            row.detail,
            row.emailed,
            row.replied_at,
            row.opted_out_at,
        ]
