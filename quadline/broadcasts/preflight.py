"""Review a broadcast before it is sent: what each student would get
and why, by the law the sender goes by.
"""

from collections import Counter, defaultdict
from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum

from quadline.broadcasts.checks import Check, Findings, checks_on
from quadline.broadcasts.choices import duplicates
from quadline.broadcasts.facts import places_at
from quadline.broadcasts.models import Broadcast, Recipient
from quadline.broadcasts.planning import AlikeStudents, Plan, PlannedMessage
from quadline.broadcasts.reviews import Rendering, Review
from quadline.broadcasts.rules import (
    BroadcastRefused,
    BroadcastState,
    PlannedOutcome,
    finish_at,
    sending_seconds,
)
from quadline.broadcasts.writing import copy_recipients
from quadline.college.current import college_settings
from quadline.consent.rules import QuietHours
from quadline.conversations.merging import about_one_unknown
from quadline.conversations.models import Message
from quadline.conversations.rules import BEFORE_AN_ATTEMPT
from quadline.roster.models import Student

SENT_ALREADY = "This has already been sent. Nothing was sent again."


def review(broadcast: Broadcast, *, now: datetime) -> Review:
    """Work out and store what each student would get; fills
    broadcast.review, fingerprint and reviewed_at.

    Raises BroadcastRefused when it is no longer a draft: what was sent keeps the review
    it was sent by.
    """
    with transaction.atomic():
        row = (
            Broadcast.objects.select_for_update(no_key=True, of=["self"])
            .select_related("author")
            .get(pk=broadcast.pk)
        )
        if row.state != BroadcastState.DRAFT:
            raise BroadcastRefused(SENT_ALREADY)
        made = keep_review(Plan(row, now=now))
    broadcast.refresh_from_db()
    return made


def keep_review(plan: Plan) -> Review:
    """Store a plan with its broadcast, in place of the one before; the
    caller holds the broadcast's lock.
    """
    broadcast = plan.broadcast
    Recipient.objects.filter(broadcast=broadcast).delete()
    copy_recipients(broadcast, plan)
    made = review_of(plan)
    broadcast.review = made.as_json()
    broadcast.fingerprint = plan.fingerprint
    broadcast.reviewed_at = plan.now
    broadcast.save(update_fields=["review", "fingerprint", "reviewed_at"])
    return made


def moved_notices(plan: Plan) -> list[PlannedMessage]:
    """Go through a plan: the texts with another opt-out notice than in the review."""
    texts = Recipient.objects.filter(
        broadcast=plan.broadcast, outcome=PlannedOutcome.TEXT
    )
    # Grouped: a broadcast to tens of thousands has two notices, with or without.
    by_notice = texts.values_list("notice").annotate(students=ArrayAgg("student"))
    reviewed = {notice: set(students) for notice, students in by_notice}
    moved: list[PlannedMessage] = []
    for row in plan:
        is_text = row.outcome is PlannedOutcome.TEXT
        if is_text and row.student.pk not in reviewed.get(row.words.notice, ()):
            moved.append(row)
    return moved


def keep_notices(broadcast: Broadcast, moved: list[PlannedMessage]) -> None:
    """Bring the opt-out notices of a review that still holds up to
    date, and with them the segments.

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


def recipients_with(
    broadcast: Broadcast,
    *,
    outcome: str = "",
    reason: str = "",
) -> QuerySet[Recipient]:
    """Those behind a count of the review, with their students, by name."""
    found = _by_name(broadcast)
    if outcome:
        found = found.filter(outcome=outcome)
    if reason:
        found = found.filter(reason=reason)
    return found


def sharing_phones(broadcast: Broadcast) -> QuerySet[Recipient]:
    """Those who get a text on a phone that another recipient has too."""
    texts = Recipient.objects.filter(broadcast=broadcast, outcome=PlannedOutcome.TEXT)
    by_phone = texts.values("phone").annotate(count=Count("pk"))
    shared = by_phone.filter(count__gt=1)
    # Read first: a list is looked up by key, whatever the planner knows
    # (docs/adr/0020).
    phones = list(shared.values_list("phone", flat=True))
    return _by_name(broadcast).filter(outcome=PlannedOutcome.TEXT, phone__in=phones)


def _by_name(broadcast: Broadcast) -> QuerySet[Recipient]:
    """Names and students are looked up one by one: a join depends on statistics."""
    student = Student.objects.filter(pk=OuterRef("student"))
    mine = Recipient.objects.filter(broadcast=broadcast).prefetch_related("student")
    named = mine.annotate(
        last_name=Subquery(student.values("last_name")[:1]),
        first_name=Subquery(student.values("first_name")[:1]),
    )
    return named.order_by("last_name", "first_name", "student_id")


def review_of(plan: Plan) -> Review:
    assert plan.is_done, "figures are complete once all of a plan was gone through"
    tally = plan.tally
    texts = tally.groups(PlannedOutcome.TEXT)
    segments = tally.segments.total()
    return Review(
        texts=tally.people(PlannedOutcome.TEXT),
        emails=tally.people(PlannedOutcome.EMAIL),
        nothing=tally.people(PlannedOutcome.NOTHING),
        by_reason=_by_reason(plan),
        duplicates=duplicates(plan.broadcast.audience, author=plan.broadcast.author),
        shared_phones=len(tally.shared),
        held_by_quiet_hours=len(tally.held),
        held_until=max(tally.held.values(), default=None),
        first_contacts=_first_contacts(texts),
        waits_for_number=bool(texts) and not plan.has_active_number,
        shortest=_rendering(min(texts, key=_size)) if texts else None,
        longest=_rendering(max(texts, key=_size)) if texts else None,
        total_segments=segments,
        cost_cents=round(segments * college_settings().cents_per_segment),
        takes_seconds=sending_seconds(
            segments + queued_before(plan), college_settings().texts_per_second
        ),
        finish_at=finish_of(plan) if plan.has_active_number or not texts else None,
        checks=_checks(plan),
    )


def finish_of(plan: Plan) -> datetime:
    """When the last text leaves, if the number is active now."""
    by_places: Counter[tuple[str, ...]] = Counter(
        {(): queued_before(plan) if plan.tally.segments else 0}
    )
    for place, segments in plan.tally.segments.items():
        by_places[places_at(plan.tally.somebody[place])] += segments
    hours = QuietHours.parse(college_settings().quiet_hours)
    return finish_at(
        by_places,
        now=plan.now,
        rate=college_settings().texts_per_second,
        quiet_hours=hours,
    )


def queued_before(plan: Plan) -> int:
    """Segments that leave this number first. What a pause keeps
    has no time at which it is due.
    """
    if plan.number is None:
        return 0
    waiting = Message.objects.filter(
        system_number=plan.number,
        status__in=BEFORE_AN_ATTEMPT,
        due_at__isnull=False,
    )
    return int(waiting.aggregate(all=Sum("segments"))["all"] or 0)


def _by_reason(plan: Plan) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for alike in plan.tally.groups(*PlannedOutcome):
        if alike.why:
            counted[alike.why.value] += alike.count
    return dict(counted)


def _first_contacts(texts: list[AlikeStudents]) -> int:
    noticed = [alike for alike in texts if alike.words.notice]
    return sum(alike.count for alike in noticed)


def _size(alike: AlikeStudents) -> tuple[int, int]:
    words = alike.words
    return (words.segments, words.units)


def _rendering(alike: AlikeStudents) -> Rendering:
    return Rendering(
        alike.first.pk,
        alike.first.display_name,
        alike.words.text,
        alike.words.segments,
    )


def _checks(plan: Plan) -> list[Check]:
    broadcast = plan.broadcast
    author = broadcast.author
    tally = plan.tally
    texts = tally.groups(PlannedOutcome.TEXT)
    sent = tally.groups(PlannedOutcome.TEXT, PlannedOutcome.EMAIL)
    not_sent = tally.groups(PlannedOutcome.NOTHING)
    unfilled = [alike for alike in not_sent if not alike.words.is_filled]
    unfilled_for = sum(alike.count for alike in unfilled)
    everybody = tally.people(*PlannedOutcome)
    return checks_on(
        Findings(
            is_email=plan.is_email,
            words=plan.written,
            sample=(texts or sent)[0].words.body if sent else broadcast.body,
            sender_names=(
                author.name,
                author.name.split()[-1],
                college_settings().college_name,
            ),
            student_ids=tally.ids,
            texts=tally.people(PlannedOutcome.TEXT),
            emails=tally.people(PlannedOutcome.EMAIL),
            first_contacts=_first_contacts(texts),
            most_segments=max((alike.words.segments for alike in texts), default=0),
            too_long=sum(alike.count for alike in texts if alike.words.is_too_long),
            unknown_fields=_unknown_fields(unfilled),
            empty_fields=_empty_fields(unfilled),
            # Empty for everybody: no count is needed.
            unfilled=unfilled_for if unfilled_for < everybody else 0,
            repeated=len(tally.repeated),
            repeated_when=_last_said(tally.repeated, author.time_zone),
            gone=tally.gone,
            has_active_number=plan.has_active_number,
            is_about_number=broadcast.is_announcement or broadcast.with_contact_card,
            sensitive_kinds=college_settings().sensitive_kinds,
        )
    )


def _unknown_fields(unfilled: list[AlikeStudents]) -> tuple[str, ...]:
    """What to say of each, once."""
    said: list[str] = []
    for alike in unfilled:
        said += map(about_one_unknown, alike.words.unknown)
    return tuple(dict.fromkeys(said))


def _empty_fields(unfilled: list[AlikeStudents]) -> tuple[str, ...]:
    names: list[str] = []
    for alike in unfilled:
        names += alike.words.empty
    return tuple(dict.fromkeys(names))


def _last_said(times: list[datetime], zone: str) -> str:
    if not times:
        return ""
    zone_info = ZoneInfo(zone or college_settings().college_time_zone)
    local = max(times).astimezone(zone_info)
    return local.strftime("on %A at %-I:%M %p")
