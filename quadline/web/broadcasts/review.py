"""Look before it is sent: who gets what and why, what each will read, what to check; and Send."""

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
from quadline.broadcasts.launching import ReviewChanged, launch
from quadline.broadcasts.models import Broadcast, Recipient
from quadline.broadcasts.reviews import Review
from quadline.broadcasts.rules import WHY_WORDS, BroadcastRefused, Outcome, State, Why
from quadline.roster.models import Student
from quadline.web.broadcasts.preview import preview_context
from quadline.web.broadcasts.views import own, visible
from quadline.web.broadcasts.words import at, when_done
from quadline.web.requests import StaffRequest, whole_number

COUNT_IS_TYPED_ABOVE = 250  # messages: then one does not press Send by habit
PAGE = 100
FEW = 3  # names that stand in the table itself
MOST_CHANGES = 8
OUTCOMES = {Outcome.TEXT: ("Text", "message"), Outcome.EMAIL: ("Email", "envelope"), Outcome.NOTHING: ("Not sent", "ban")}


@dataclass(frozen=True)
class Line:
    """One row of "Who gets what, and why"."""

    outcome: str
    icon: str
    why: str
    count: int
    names: str
    list_url: str


@require_safe
def page(request: StaffRequest, broadcast_id: uuid.UUID) -> HttpResponseBase:
    broadcast = visible(request, broadcast_id)
    if broadcast.state != State.DRAFT:
        return redirect("broadcast", broadcast.pk)
    if request.htmx:
        return render(request, "broadcasts/_preview.html", preview_context(request, broadcast))
    try:
        review = preflight.review(broadcast, now=clock.now())
    except BroadcastRefused:  # sent from another tab meanwhile
        return redirect("broadcast", broadcast.pk)
    return render(request, "broadcasts/review.html", _context(request, broadcast, review))


@require_safe
def recipients(request: StaffRequest, broadcast_id: uuid.UUID) -> HttpResponse:
    """The students behind one number of the review: in a dialog, or as a page without scripts."""
    broadcast = own(request, broadcast_id)
    outcome, reason = (request.GET.get(name, "").replace("\x00", "") for name in ("outcome", "reason"))
    found = preflight.sharing_phones(broadcast) if outcome == "sharing" else _behind(broadcast, outcome, reason)
    start = whole_number(request.GET.get("from")) or 0
    rows = list(found[start : start + PAGE + 1])
    following = urlencode({"outcome": outcome, "reason": reason, "from": start + PAGE})
    context = {
        "broadcast": broadcast,
        "title": "Share a phone" if outcome == "sharing" else f"{_outcome_words(outcome)}: {_why(outcome, reason, broadcast)}",
        "rows": rows[:PAGE],
        "total": found.count(),
        "next_url": f"{request.path}?{following}" if len(rows) > PAGE else "",
    }
    template = "broadcasts/_recipients_dialog.html" if request.htmx else "broadcasts/recipients.html"
    return render(request, template, context)


@require_POST
def send(request: StaffRequest, broadcast_id: uuid.UUID) -> HttpResponseBase:
    """Exactly what was reviewed leaves, or nothing."""
    broadcast = own(request, broadcast_id)
    if broadcast.state != State.DRAFT or (shown := preflight.stored(broadcast)) is None:
        return redirect("broadcast-review", broadcast.pk)
    before = _outcomes(broadcast)
    if (count := shown.texts + shown.emails) > COUNT_IS_TYPED_ABOVE and whole_number(_digits(request)) != count:
        problem = f"Nothing was sent. Type {count:,} in the box to confirm."
        return _again(request, broadcast, shown, problem=problem)
    try:
        launch(broadcast, actor=request.user, fingerprint=request.POST.get("fingerprint", ""), now=clock.now())
    except ReviewChanged as changed:
        return _again(request, broadcast, changed.review, changes=_changes(before, broadcast), has_changed=True)
    except BroadcastRefused as refused:
        return _again(request, broadcast, shown, problem=str(refused))
    success(request, "Sending. You can leave this page.")
    return redirect("broadcast", broadcast.pk)


def _context(request: StaffRequest, broadcast: Broadcast, review: Review) -> dict[str, Any]:
    sent = review.texts + review.emails
    return {
        "review": review,
        "lines": _lines(broadcast),
        "sizes": _sizes(broadcast),
        "when_done": when_done(review, broadcast.channel),
        "held_until": at(review.held_until) if review.held_until else "",
        "sharing_url": f"{reverse('broadcast-review-recipients', args=[broadcast.pk])}?outcome=sharing",
        "confirm_count": sent if sent > COUNT_IS_TYPED_ABOVE else 0,
        **preview_context(request, broadcast),
    }


def _again(request: StaffRequest, broadcast: Broadcast, review: Review, **said: Any) -> HttpResponse:
    """The review once more, with what stood in the way."""
    broadcast.refresh_from_db()
    return render(request, "broadcasts/review.html", _context(request, broadcast, review) | said, status=422)


def _lines(broadcast: Broadcast) -> list[Line]:
    """Every outcome with its reason and its number, texts first."""
    counted = broadcast.recipients.values_list("outcome", "reason").annotate(count=Count("pk"))
    order = {outcome: place for place, outcome in enumerate(Outcome)}
    return [
        _line(broadcast, outcome, reason, count)
        for outcome, reason, count in sorted(counted, key=lambda row: (order[Outcome(row[0])], -row[2], row[1]))
    ]


def _line(broadcast: Broadcast, outcome: str, reason: str, count: int) -> Line:
    url = reverse("broadcast-review-recipients", args=[broadcast.pk])
    few = _behind(broadcast, outcome, reason)[:FEW] if count <= FEW else []
    return Line(
        outcome=OUTCOMES[Outcome(outcome)][0],
        icon=OUTCOMES[Outcome(outcome)][1],
        why=_why(outcome, reason, broadcast),
        count=count,
        names=", ".join(recipient.student.display_name for recipient in few),
        list_url=f"{url}?{urlencode({'outcome': outcome, 'reason': reason})}",
    )


def _behind(broadcast: Broadcast, outcome: str, reason: str) -> "QuerySet[Recipient]":
    return preflight.recipients(broadcast, outcome=outcome).filter(reason=reason)


def _outcome_words(outcome: str) -> str:
    return OUTCOMES[Outcome(outcome)][0] if outcome in set(Outcome) else "Everybody"


def _why(outcome: str, reason: str, broadcast: Broadcast) -> str:
    if reason in set(Why):
        return WHY_WORDS[Why(reason)]
    return "Can be texted" if outcome == Outcome.TEXT else "Has an email address"


def _sizes(broadcast: Broadcast) -> list[tuple[int, int]]:
    """How many students get one text, how many get two …"""
    texts = broadcast.recipients.filter(outcome=Outcome.TEXT)
    return list(texts.values_list("segments").annotate(count=Count("pk")).order_by("segments"))


def _outcomes(broadcast: Broadcast) -> dict[int, tuple[str, str]]:
    rows = broadcast.recipients.values_list("student_id", "outcome", "reason")
    return {student: (outcome, reason) for student, outcome, reason in rows}


def _changes(before: dict[int, tuple[str, str]], broadcast: Broadcast) -> dict[str, Any]:
    """Whose outcome is not what was shown: the first few by name, and how many besides."""
    now = _outcomes(broadcast)
    changed = [student for student in {*before, *now} if before.get(student) != now.get(student)]
    people = Student.objects.visible_to(broadcast.author).filter(pk__in=changed).by_name()[:MOST_CHANGES]
    said = [f"{person.display_name}: {_change(before.get(person.pk), now.get(person.pk), broadcast)}" for person in people]
    return {"said": said, "more": len(changed) - len(said)}


def _change(was: tuple[str, str] | None, is_now: tuple[str, str] | None, broadcast: Broadcast) -> str:
    if is_now is None:
        return "is no longer among the recipients"
    words = f"{_outcome_words(is_now[0]).lower()}, {_why(*is_now, broadcast).lower()}"
    return f"new here; {words}" if was is None else f"was {_outcome_words(was[0]).lower()}, now {words}"


def _digits(request: StaffRequest) -> str:
    return "".join(letter for letter in request.POST.get("confirm", "") if letter.isdigit())
