"""The figures of a review, from a plan that was gone through: how many, how long, how dear, and what to look at."""

from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Sum

from quadline.broadcasts.checks import Check, Findings, checks_on
from quadline.broadcasts.choices import duplicates
from quadline.broadcasts.facts import places_at
from quadline.broadcasts.planning import Plan
from quadline.broadcasts.reviews import Rendering, Review
from quadline.broadcasts.rules import Outcome, finish_at, sending_seconds
from quadline.broadcasts.tallying import Alike
from quadline.consent.rules import QuietHours
from quadline.conversations.merging import about_one_unknown
from quadline.conversations.models import Message
from quadline.conversations.rules import BEFORE_AN_ATTEMPT


def review_of(plan: Plan) -> Review:
    assert plan.is_done, "figures are complete once all of a plan was gone through"
    tally, texts = plan.tally, plan.tally.groups(Outcome.TEXT)
    segments = tally.segments.total()
    return Review(
        texts=tally.people(Outcome.TEXT),
        emails=tally.people(Outcome.EMAIL),
        nothing=tally.people(Outcome.NOTHING),
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
        cost_cents=round(segments * settings.ENV.cents_per_segment),
        takes_seconds=sending_seconds(segments + queued_before(plan), settings.ENV.texts_per_second),
        finish_at=finish_of(plan) if plan.has_active_number or not texts else None,
        checks=_checks(plan),
    )


def finish_of(plan: Plan) -> datetime:
    """When the last text leaves, if the number is active now."""
    by_places: Counter[tuple[str, ...]] = Counter({(): queued_before(plan) if plan.tally.segments else 0})
    for place, segments in plan.tally.segments.items():
        by_places[places_at(plan.tally.somebody[place])] += segments
    hours = QuietHours.parse(settings.ENV.quiet_hours)
    return finish_at(by_places, now=plan.now, rate=settings.ENV.texts_per_second, quiet_hours=hours)


def queued_before(plan: Plan) -> int:
    """Segments that leave this number first. What a pause keeps has no time at which it is due."""
    if plan.number is None:
        return 0
    waiting = Message.objects.filter(system_number=plan.number, status__in=BEFORE_AN_ATTEMPT, due_at__isnull=False)
    return int(waiting.aggregate(all=Sum("segments"))["all"] or 0)


def _by_reason(plan: Plan) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for alike in plan.tally.groups(*Outcome):
        if alike.why:
            counted[alike.why.value] += alike.count
    return dict(counted)


def _first_contacts(texts: list[Alike]) -> int:
    return sum(alike.count for alike in texts if alike.words.notice)


def _size(alike: Alike) -> tuple[int, int]:
    return alike.words.segments, alike.words.units


def _rendering(alike: Alike) -> Rendering:
    return Rendering(alike.first.pk, alike.first.display_name, alike.words.text, alike.words.segments)


def _checks(plan: Plan) -> list[Check]:
    broadcast, author, tally = plan.broadcast, plan.broadcast.author, plan.tally
    texts, sent = tally.groups(Outcome.TEXT), tally.groups(Outcome.TEXT, Outcome.EMAIL)
    unfilled = [alike for alike in tally.groups(Outcome.NOTHING) if not alike.words.is_filled]
    whose = sum(alike.count for alike in unfilled)
    return checks_on(
        Findings(
            is_email=plan.is_email,
            words=plan.written,
            sample=(texts or sent)[0].words.body if sent else broadcast.body,
            sender_names=(author.name, author.name.split()[-1], settings.ENV.college_name),
            student_ids=tally.ids,
            texts=tally.people(Outcome.TEXT),
            emails=tally.people(Outcome.EMAIL),
            first_contacts=_first_contacts(texts),
            most_segments=max((alike.words.segments for alike in texts), default=0),
            too_long=sum(alike.count for alike in texts if alike.words.is_too_long),
            unknown_fields=tuple(
                dict.fromkeys(about_one_unknown(written) for alike in unfilled for written in alike.words.unknown)
            ),
            empty_fields=tuple(dict.fromkeys(name for alike in unfilled for name in alike.words.empty)),
            unfilled=whose if whose < tally.people(*Outcome) else 0,
            repeated=len(tally.repeated),
            repeated_when=_said(max(tally.repeated), author.time_zone) if tally.repeated else "",
            gone=tally.gone,
            has_active_number=plan.has_active_number,
            is_about_number=broadcast.is_announcement or broadcast.with_contact_card,
        )
    )


def _said(at: datetime, zone: str) -> str:
    local = at.astimezone(ZoneInfo(zone or settings.ENV.college_time_zone))
    return local.strftime("on %A at %-I:%M %p")
