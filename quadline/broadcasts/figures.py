"""The figures of a review, from a plan: how many, how long, how dear, and what to look at."""

from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Sum

from quadline.broadcasts.checks import Check, Findings, checks_on
from quadline.broadcasts.choices import duplicates
from quadline.broadcasts.facts import place_of, zones_at
from quadline.broadcasts.planning import Plan, Planned
from quadline.broadcasts.reviews import Rendering, Review
from quadline.broadcasts.rules import finish_at, sending_seconds
from quadline.consent.rules import QuietHours
from quadline.conversations.models import Message
from quadline.conversations.rules import BEFORE_AN_ATTEMPT, Direction, Status
from quadline.roster.models import Student

A_DAY = timedelta(hours=24)
GONE = (Student.Status.WITHDRAWN, Student.Status.GRADUATED)


def review_of(plan: Plan) -> Review:
    texts = plan.texts
    segments = sum(row.words.segments for row in texts)
    held = [row.held_until for row in texts if row.held_until]
    return Review(
        texts=len(texts),
        emails=len(plan.emails),
        nothing=len(plan.rows) - len(texts) - len(plan.emails),
        by_reason=plan.by_reason,
        duplicates=duplicates(plan.broadcast.audience, author=plan.broadcast.author),
        shared_phones=sum(1 for count in Counter(row.phone for row in texts).values() if count > 1),
        held_by_quiet_hours=len(held),
        held_until=max(held, default=None),
        first_contacts=sum(1 for row in texts if row.words.notice),
        waits_for_number=bool(texts) and not plan.has_active_number,
        shortest=_rendering(min(texts, key=_size)) if texts else None,
        longest=_rendering(max(texts, key=_size)) if texts else None,
        total_segments=segments,
        cost_cents=round(segments * settings.ENV.cents_per_segment),
        takes_seconds=sending_seconds(segments + queued_before(plan), settings.ENV.texts_per_second),
        finish_at=finish_of(plan) if plan.has_active_number or not texts else None,
        checks=_checks(plan),
    )


def finish_of(plan: Plan) -> datetime:
    """When the last text leaves, if the number is active now."""
    by_zones: Counter[tuple[str, ...]] = Counter({(): queued_before(plan) if plan.texts else 0})
    zones: dict[tuple[str, str], tuple[str, ...]] = {}
    for row in plan.texts:
        place = place_of(row.student)
        if place not in zones:
            zones[place] = zones_at(row.student)
        by_zones[zones[place]] += row.words.segments
    hours = QuietHours.parse(settings.ENV.quiet_hours)
    return finish_at(by_zones, now=plan.now, rate=settings.ENV.texts_per_second, quiet_hours=hours)


def queued_before(plan: Plan) -> int:
    """Segments that leave this number first. What a pause keeps has no time at which it is due."""
    if plan.number is None:
        return 0
    waiting = Message.objects.filter(system_number=plan.number, status__in=BEFORE_AN_ATTEMPT, due_at__isnull=False)
    return int(waiting.aggregate(all=Sum("segments"))["all"] or 0)


def _size(row: Planned) -> tuple[int, int, int]:
    return row.words.segments, row.words.units, row.student.pk


def _rendering(row: Planned) -> Rendering:
    return Rendering(row.student.pk, row.student.display_name, row.words.text, row.words.segments)


def _checks(plan: Plan) -> list[Check]:
    broadcast, author = plan.broadcast, plan.broadcast.author
    sent = [*plan.texts, *plan.emails]
    unfilled = [row.words for row in plan.rows if not row.words.is_filled]
    repeated, last = _repeated(plan)
    return checks_on(
        Findings(
            is_email=plan.is_email,
            words=f"{broadcast.subject}\n{broadcast.body}",
            sample=sent[0].words.body if sent else broadcast.body,
            sender_names=(author.name, author.name.split()[-1], settings.ENV.college_name),
            student_ids={row.student.institutional_id for row in plan.rows},
            texts=len(plan.texts),
            emails=len(plan.emails),
            first_contacts=sum(1 for row in plan.texts if row.words.notice),
            most_segments=max((row.words.segments for row in plan.texts), default=0),
            too_long=sum(1 for row in plan.texts if row.words.is_too_long),
            unknown_fields=tuple(dict.fromkeys(name for words in unfilled for name in words.unknown)),
            empty_fields=tuple(dict.fromkeys(name for words in unfilled for name in words.empty)),
            unfilled=len(unfilled) if len(unfilled) < len(plan.rows) else 0,
            repeated=repeated,
            repeated_when=_said(last, author.time_zone) if last else "",
            gone=sum(1 for row in sent if row.student.status in GONE),
            has_active_number=plan.has_active_number,
            is_about_number=broadcast.is_announcement or broadcast.with_contact_card,
        )
    )


def _repeated(plan: Plan) -> tuple[int, datetime | None]:
    """How many of these students got the same words from this author within a day, and when last."""
    lately = Message.objects.filter(
        author=plan.broadcast.author, direction=Direction.OUTBOUND, created_at__gt=plan.now - A_DAY
    ).exclude(status=Status.CANCELLED)
    words = {row.student.pk: row.words.body for row in [*plan.texts, *plan.emails]}
    same = [
        (student, at)
        for student, body, at in lately.values_list("conversation__student", "body", "created_at").iterator()
        if words.get(student) == body
    ]
    return len({student for student, _ in same}), max((at for _, at in same), default=None)


def _said(at: datetime, zone: str) -> str:
    local = at.astimezone(ZoneInfo(zone or settings.ENV.college_time_zone))
    return local.strftime("on %A at %-I:%M %p")
