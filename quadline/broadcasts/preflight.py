"""Review a broadcast before it is sent: what each student would get and why, by the law the sender goes by."""

from collections import defaultdict
from datetime import datetime

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery

from quadline.broadcasts.copying import copy_recipients
from quadline.broadcasts.figures import review_of
from quadline.broadcasts.models import Broadcast, Recipient
from quadline.broadcasts.planning import Plan, Planned
from quadline.broadcasts.reviews import Check as Check
from quadline.broadcasts.reviews import Level as Level
from quadline.broadcasts.reviews import Rendering as Rendering
from quadline.broadcasts.reviews import Review as Review
from quadline.broadcasts.rules import BroadcastRefused, Outcome, State
from quadline.roster.models import Student

SENT_ALREADY = "This has already been sent. Nothing was sent again."


def review(broadcast: Broadcast, *, now: datetime) -> Review:
    """Work out and store what each student would get; fills broadcast.review, fingerprint and reviewed_at.

    Raises BroadcastRefused when it is no draft any more: what was sent keeps the review it was sent by.
    """
    with transaction.atomic():
        row = Broadcast.objects.select_for_update(no_key=True, of=["self"]).select_related("author").get(pk=broadcast.pk)
        if row.state != State.DRAFT:
            raise BroadcastRefused(SENT_ALREADY)
        made = keep(Plan(row, now=now))
    broadcast.refresh_from_db()
    return made


def keep(plan: Plan) -> Review:
    """Store a plan with its broadcast, in place of the one before; the caller holds the broadcast's lock."""
    broadcast = plan.broadcast
    Recipient.objects.filter(broadcast=broadcast).delete()
    copy_recipients(broadcast, plan)
    made = review_of(plan)
    broadcast.review, broadcast.fingerprint, broadcast.reviewed_at = made.as_json(), plan.fingerprint, plan.now
    broadcast.save(update_fields=["review", "fingerprint", "reviewed_at"])
    return made


def notices_moved(plan: Plan) -> list[Planned]:
    """Go through a plan: the texts with another opt-out notice than in the review."""
    noticed = Recipient.objects.filter(broadcast=plan.broadcast, outcome=Outcome.TEXT).values_list("notice")
    stood = {notice: set(students) for notice, students in noticed.annotate(students=ArrayAgg("student"))}
    return [row for row in plan if row.outcome is Outcome.TEXT and row.student.pk not in stood.get(row.words.notice, ())]


def keep_notices(broadcast: Broadcast, moved: list[Planned]) -> None:
    """Bring the opt-out notices of a review that still holds up to date, and with them the segments.

    Few notices and sizes are shared by many: one statement each.
    """
    alike: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for row in moved:
        alike[row.words.notice, row.words.segments].append(row.student.pk)
    for (notice, segments), students in alike.items():
        theirs = Recipient.objects.filter(broadcast=broadcast, student__in=students)
        theirs.update(notice=notice, segments=segments)


def stored(broadcast: Broadcast) -> Review | None:
    """The review as it was shown last; None before the first."""
    return Review.from_json(broadcast.review) if broadcast.review else None


def recipients(broadcast: Broadcast, *, outcome: str = "", reason: str = "") -> QuerySet[Recipient]:
    """Those behind a count of the review, with their students, by name."""
    asked = {name: value for name, value in (("outcome", outcome), ("reason", reason)) if value}
    return _by_name(broadcast).filter(**asked)


def sharing_phones(broadcast: Broadcast) -> QuerySet[Recipient]:
    """Those who get a text on a phone that another recipient has too."""
    texts = Recipient.objects.filter(broadcast=broadcast, outcome=Outcome.TEXT)
    shared = texts.values("phone").annotate(count=Count("pk")).filter(count__gt=1)
    phones = list(shared.values_list("phone", flat=True))
    return _by_name(broadcast).filter(outcome=Outcome.TEXT, phone__in=phones)


def _by_name(broadcast: Broadcast) -> QuerySet[Recipient]:
    """Names and students are looked up one by one: a join depends on statistics."""
    named = Student.objects.filter(pk=OuterRef("student"))
    names = {name: Subquery(named.values(name)[:1]) for name in ("last_name", "first_name")}
    mine = Recipient.objects.filter(broadcast=broadcast).prefetch_related("student")
    return mine.annotate(**names).order_by(*names, "student_id")
