"""Look before it is sent: who gets what and why, what each
will read, what to check; and Send.
"""

import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.messages import success
from django.db.models import Count, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from quadline import clock
from quadline.broadcasts import preflight
from quadline.broadcasts.launching import ReviewChanged, launch_broadcast
from quadline.broadcasts.models import Broadcast, Recipient
from quadline.broadcasts.reviews import Review
from quadline.broadcasts.rules import (
    NO_TEXT_WORDS,
    BroadcastRefused,
    BroadcastState,
    NoTextReason,
    PlannedOutcome,
)
from quadline.roster.models import Student
from quadline.web.broadcasts.preview import preview_context
from quadline.web.broadcasts.views import own, visible_broadcast
from quadline.web.broadcasts.words import time_words, when_done
from quadline.web.requests import StaffRequest, whole_number

COUNT_IS_TYPED_ABOVE = 250  # messages: above it, nobody should press Send by habit
REVIEW_PAGE_ROWS = 100  # students behind one number
FEW_NAMES = 3  # names that stand in the table itself
MAX_CHANGES = 8
OUTCOMES = {
    PlannedOutcome.TEXT: ("Text", "message"),
    PlannedOutcome.EMAIL: ("Email", "envelope"),
    PlannedOutcome.NOTHING: ("Not sent", "ban"),
}


@dataclass(frozen=True)
class ReviewLine:
    """One row of "Who gets what, and why"."""

    outcome: str
    icon: str
    why: str
    count: int
    names: str
    list_url: str


@require_safe
def review_page(request: StaffRequest, broadcast_id: uuid.UUID) -> HttpResponseBase:
    broadcast = visible_broadcast(request, broadcast_id)
    if broadcast.state != BroadcastState.DRAFT:
        return redirect("broadcast", broadcast.pk)
    if request.htmx:
        # The preview of another recipient of the same review: nothing is worked out
        # again.
        context = preview_context(request, broadcast)
        return render(request, "broadcasts/_preview.html", context)
    try:
        review = preflight.review(broadcast, now=clock.now())
    except BroadcastRefused:
        # Sent from another tab meanwhile.
        return redirect("broadcast", broadcast.pk)
    context = _context(request, broadcast, review)
    return render(request, "broadcasts/review.html", context)


@require_safe
def review_recipients(request: StaffRequest, broadcast_id: uuid.UUID) -> HttpResponse:
    """The students behind one number of the review: in a
    dialog, or as a page without scripts.
    """
    broadcast = own(request, broadcast_id)
    # PostgreSQL refuses a text with a NUL in it.
    outcome = request.GET.get("outcome", "").replace("\x00", "")
    reason = request.GET.get("reason", "").replace("\x00", "")
    if outcome == "sharing":
        title = "Share a phone"
        found = preflight.sharing_phones(broadcast)
    else:
        title = f"{_outcome_words(outcome)}: {_why(outcome, reason)}"
        found = _behind(broadcast, outcome, reason)
    start = whole_number(request.GET.get("from")) or 0
    rows = list(found[start : start + REVIEW_PAGE_ROWS + 1])
    following = urlencode(
        {
            "outcome": outcome,
            "reason": reason,
            "from": start + REVIEW_PAGE_ROWS,
        }
    )
    context = {
        "broadcast": broadcast,
        "title": title,
        "rows": rows[:REVIEW_PAGE_ROWS],
        "total": found.count(),
        "next_url": f"{request.path}?{following}"
        if len(rows) > REVIEW_PAGE_ROWS
        else "",
    }
    template = "broadcasts/recipients.html"
    if request.htmx:
        template = "broadcasts/_recipients_dialog.html"
    return render(request, template, context)


@require_POST
def send(request: StaffRequest, broadcast_id: uuid.UUID) -> HttpResponseBase:
    """Exactly what was reviewed leaves, or nothing."""
    broadcast = own(request, broadcast_id)
    shown = preflight.stored(broadcast)
    if broadcast.state != BroadcastState.DRAFT or shown is None:
        return redirect("broadcast-review", broadcast.pk)
    count = shown.texts + shown.emails
    is_confirmed = count <= COUNT_IS_TYPED_ABOVE or _typed(request) == count
    if not is_confirmed:
        problem = f"Nothing was sent. Type {count:,} in the box to confirm."
        return _again(request, broadcast, shown, problem=problem)
    # Read before: a review that has changed takes the place of these.
    before = _outcomes(broadcast)
    try:
        launch_broadcast(
            broadcast,
            actor=request.user,
            fingerprint=request.POST.get("fingerprint", ""),
            now=clock.now(),
        )
    except ReviewChanged as changed:
        # Nobody has seen this one: it is shown, and Send is pressed again for it.
        return _again(
            request,
            broadcast,
            changed.review,
            changes=_changes(before, broadcast),
            has_changed=True,
        )
    except BroadcastRefused as refused:
        return _again(request, broadcast, shown, problem=str(refused))
    # Accepted and on record; the worker sends, whether the page is open or not.
    success(request, "Sending. You can leave this page.")
    return redirect("broadcast", broadcast.pk)


def _context(
    request: StaffRequest,
    broadcast: Broadcast,
    review: Review,
) -> dict[str, Any]:
    sent = review.texts + review.emails
    recipients_url = reverse("broadcast-review-recipients", args=[broadcast.pk])
    return {
        "review": review,
        "lines": _lines(broadcast),
        "sizes": _sizes(broadcast),
        "when_done": when_done(review, broadcast.channel),
        "held_until": time_words(review.held_until) if review.held_until else "",
        "sharing_url": f"{recipients_url}?outcome=sharing",
        "confirm_count": sent if sent > COUNT_IS_TYPED_ABOVE else 0,
        **preview_context(request, broadcast),
    }


def _again(
    request: StaffRequest, broadcast: Broadcast, review: Review, **said: Any
) -> HttpResponse:
    """The review again, with what stood in the way."""
    broadcast.refresh_from_db()
    context = _context(request, broadcast, review) | said
    return render(request, "broadcasts/review.html", context, status=422)


def _lines(broadcast: Broadcast) -> list[ReviewLine]:
    """Every outcome with its reason and its number, texts first."""
    by_outcome = broadcast.recipients.values_list("outcome", "reason")
    counted = by_outcome.annotate(count=Count("pk"))
    order = list(PlannedOutcome)

    def place(row: tuple[str, str, int]) -> tuple[int, int, str]:
        outcome, reason, count = row
        texts_first = order.index(PlannedOutcome(outcome))
        # Of one outcome, the reason that concerns most.
        return (texts_first, -count, reason)

    return [
        _line(broadcast, outcome, reason, count)
        for outcome, reason, count in sorted(counted, key=place)
    ]


def _line(
    broadcast: Broadcast,
    outcome: str,
    reason: str,
    count: int,
) -> ReviewLine:
    words, icon = OUTCOMES[PlannedOutcome(outcome)]
    url = reverse("broadcast-review-recipients", args=[broadcast.pk])
    query = urlencode({"outcome": outcome, "reason": reason})
    few = _behind(broadcast, outcome, reason)[:FEW_NAMES] if count <= FEW_NAMES else []
    return ReviewLine(
        outcome=words,
        icon=icon,
        why=_why(outcome, reason),
        count=count,
        names=", ".join(recipient.student.display_name for recipient in few),
        list_url=f"{url}?{query}",
    )


def _behind(
    broadcast: Broadcast,
    outcome: str,
    reason: str,
) -> "QuerySet[Recipient]":
    # "" is a reason, too: of those for whom there is none.
    found = preflight.recipients_with(broadcast, outcome=outcome)
    return found.filter(reason=reason)


def _outcome_words(outcome: str) -> str:
    if outcome not in set(PlannedOutcome):
        return "Everybody"
    words, _ = OUTCOMES[PlannedOutcome(outcome)]
    return words


def _why(outcome: str, reason: str) -> str:
    if reason in set(NoTextReason):
        return NO_TEXT_WORDS[NoTextReason(reason)]
    if outcome == PlannedOutcome.TEXT:
        return "Can be texted"
    return "Has an email address"


def _sizes(broadcast: Broadcast) -> list[tuple[int, int]]:
    """How many students get one text, how many get two …"""
    # Fields that are filled in make it longer for some: what costs twice is seen here.
    texts = broadcast.recipients.filter(outcome=PlannedOutcome.TEXT)
    counted = texts.values_list("segments").annotate(count=Count("pk"))
    return list(counted.order_by("segments"))


def _outcomes(broadcast: Broadcast) -> dict[int, tuple[str, str]]:
    """Outcome and reason of each student, by their ids."""
    rows = broadcast.recipients.values_list("student_id", "outcome", "reason")
    found: dict[int, tuple[str, str]] = {}
    for student, outcome, reason in rows:
        found[student] = (outcome, reason)
    return found


def _changes(
    before: dict[int, tuple[str, str]], broadcast: Broadcast
) -> dict[str, Any]:
    """Whose outcome is not what was shown: the first few
    by name, and how many besides.
    """
    now = _outcomes(broadcast)
    everybody = {*before, *now}
    changed = [
        student for student in everybody if before.get(student) != now.get(student)
    ]
    # A student whom the author may no longer see is counted, but not named.
    visible_now = Student.objects.visible_to(broadcast.author)
    people = visible_now.filter(pk__in=changed).by_name()[:MAX_CHANGES]
    said = []
    for person in people:
        change = _change(before.get(person.pk), now.get(person.pk))
        said.append(f"{person.display_name}: {change}")
    return {"said": said, "more": len(changed) - len(said)}


def _change(was: tuple[str, str] | None, is_now: tuple[str, str] | None) -> str:
    if is_now is None:
        return "is no longer among the recipients"
    outcome, reason = is_now
    gets = _outcome_words(outcome).lower()
    why = _why(outcome, reason).lower()
    if was is None:
        return f"new here; {gets}, {why}"
    outcome_before, _ = was
    got = _outcome_words(outcome_before).lower()
    return f"was {got}, now {gets}, {why}"


def _typed(request: StaffRequest) -> int | None:
    """The number in the box, however its thousands are divided: 1,250 or 1 250."""
    typed = request.POST.get("confirm", "")
    digits = [letter for letter in typed if letter.isdigit()]
    return whole_number("".join(digits))
