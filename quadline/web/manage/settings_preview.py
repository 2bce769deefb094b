"""What settings mean before they are saved: the first text as a student gets it, hours
and consequences in words, what tonight would delete.
"""

from collections.abc import Callable, Mapping
from datetime import time, timedelta
from typing import Any

from django.utils.dateformat import format as date_format
from django.utils.dateformat import time_format
from pydantic import ValidationError

from quadline import clock
from quadline.accounts.models import User
from quadline.broadcasts.rules import sending_seconds
from quadline.college.current import college_settings
from quadline.college.rules import CollegeSettings
from quadline.college.sensitive import kinds_in, sensitive_in
from quadline.consent.quiet_hours import QuietHours
from quadline.delivery.models import IncomingEmail
from quadline.delivery.notices import notice_in_words
from quadline.delivery.opting.confirmations import confirmation_faults, help_in_words
from quadline.delivery.permission.opt_out_scope import REACH_WORDS, OptOutScope
from quadline.sms import segments
from quadline.web.manage.setting_fields import Section
from quadline.web.manage.sign_in_preview import signing_in

SAMPLE_TEXT = "Hi Sally, do you have a minute on Monday? I kept 2 PM for you."
BROADCAST_OF = 1_000  # students, in an example
# What a change of the scope does to what students have said before.
SCOPE_CHANGES = {
    OptOutScope.NUMBER: (
        "Students who opted out of one number can be texted from every other again, at"
        " once."
    ),
    OptOutScope.OFFICE: (
        "Every opt-out on record counts for all numbers of its office, at once. Texts"
        " that wait there for these students are not sent."
    ),
    OptOutScope.COLLEGE: (
        "Every opt-out on record counts for all numbers of the college, at once. Texts"
        " that wait for these students are not sent."
    ),
}


def preview_of(
    section: Section, values: Mapping[str, str], *, user: User, sample: str
) -> dict[str, Any]:
    """For the section's partial. ``problem``: nothing can be shown before this is
    fixed. ``sample``: words to try the sensitive kinds on.
    """
    now = college_settings()
    known = now.model_dump(include=set(CollegeSettings.model_fields))
    try:
        then = CollegeSettings.model_validate({**known, **values})
    except ValidationError:
        return {"problem": "The preview comes back once every field can be used."}
    return PREVIEWS[section.slug](then, now, user, sample)


def _college(
    then: CollegeSettings, now: CollegeSettings, user: User, sample: str
) -> dict[str, Any]:
    local = clock.now().astimezone(then.zone)
    return {
        "name": then.college_name,
        "short_name": then.short_name,
        "time": date_format(local, "g:i A, l"),
        "from_name": f"{user.name} via {then.college_name}",
        "can_find_numbers": bool(
            then.college_area_codes.strip() or then.college_phone or then.college_region
        ),
    }


def _texting(
    then: CollegeSettings, now: CollegeSettings, user: User, sample: str
) -> dict[str, Any]:
    notice = notice_in_words(then, user.name)
    size = segments.measure(f"{SAMPLE_TEXT}\n\n{notice}")
    # What the notice costs is what the text would not have cost without it.
    alone = segments.measure(SAMPLE_TEXT)
    answers = [check for check, _ in confirmation_faults() if check.asked == "help"]
    wanted = help_in_words(then)
    answer = answers[0].wording if answers else ""
    return {
        "body": SAMPLE_TEXT,
        "notice": notice,
        "segments": size.segments,
        "more": size.segments - alone.segments,
        "forced_by": size.forced_by,
        "help": wanted,
        "answer": answer,
        "is_same": bool(answer) and answer.split() == wanted.split(),
        "has_quiet_hours": QuietHours.parse(then.quiet_hours) is not None,
        "quiet": _quiet_words(then.quiet_hours),
        "warning": _quiet_warning(then.quiet_hours),
        "states": sorted(then.states_with_own_hours),
        "scope": REACH_WORDS[OptOutScope(then.opt_out_scope)],
        "scope_change": (
            SCOPE_CHANGES[OptOutScope(then.opt_out_scope)]
            if then.opt_out_scope != now.opt_out_scope
            else ""
        ),
    }


def _quiet_words(written: str) -> str:
    hours = QuietHours.parse(written)
    if hours is None:
        return "Texts leave at any hour. The states’ own hours do not count either."
    start, end = _clock(hours.start), _clock(hours.end)
    return f"A text written between {start} and {end} waits until {end}."


def _quiet_warning(written: str) -> str:
    hours = QuietHours.parse(written)
    if hours is None:
        return (
            "Texts may arrive at night. Courts take 8 AM to 9 PM as the norm (47 CFR"
            " 64.1200(c)(1))."
        )
    if hours.cover(time(12)):
        return "Texts wait at noon. Did you mean the other way around?"
    # The norm is 8 AM to 9 PM: half an hour beyond each end is looked at.
    is_early = not (hours.cover(time(21, 30)) and hours.cover(time(7, 30)))
    if is_early:
        return (
            "Texts may arrive before 8 AM or after 9 PM, which courts take as the norm"
            " (47 CFR 64.1200(c)(1))."
        )
    return ""


def _clock(at: time) -> str:
    return time_format(at, "g:i A")


def _email(
    then: CollegeSettings, now: CollegeSettings, user: User, sample: str
) -> dict[str, Any]:
    at = clock.now().astimezone(then.zone)
    by = at + timedelta(hours=then.failsafe_hours)
    for_number = at + timedelta(hours=then.failsafe_number_hours)
    return {
        "by": date_format(by, "l, g:i A"),
        "for_number": date_format(for_number, "l, g:i A"),
        "url": then.phone_update_url,
    }


def _limits(
    then: CollegeSettings, now: CollegeSettings, user: User, sample: str
) -> dict[str, Any]:
    seconds = sending_seconds(BROADCAST_OF, then.texts_per_second)
    return {
        "students": BROADCAST_OF,
        "dollars": f"{BROADCAST_OF * then.cents_per_segment / 100:,.2f}",
        "minutes": round(seconds / 60),
        "is_over_the_day": 0 < then.texts_per_day < BROADCAST_OF,
        "per_day": then.texts_per_day,
    }


def _sensitive(
    then: CollegeSettings, now: CollegeSettings, user: User, sample: str
) -> dict[str, Any]:
    return {
        "kinds": kinds_in(then.sensitive_kinds),
        "sample": sample[:2_000],
        "found": sensitive_in(sample[:2_000], then.sensitive_kinds),
    }


def _retention(
    then: CollegeSettings, now: CollegeSettings, user: User, sample: str
) -> dict[str, Any]:
    at = clock.now()
    sources = IncomingEmail.objects.filter(
        received_at__lt=at - timedelta(days=then.email_sources_days), message=None
    )
    kept = sources.exclude(kind="reply").exclude(source=None)
    since = at.astimezone(then.zone) - timedelta(days=then.carrier_events_days)
    return {
        "callbacks_since": date_format(since, "F j, Y"),
        "sources": kept.count(),
        # What is gone does not come back when the days are raised again.
        "is_shorter": (
            then.carrier_events_days < now.carrier_events_days
            or then.email_sources_days < now.email_sources_days
        ),
    }


Previewed = Callable[[CollegeSettings, CollegeSettings, User, str], dict[str, Any]]
PREVIEWS: dict[str, Previewed] = {
    "college": _college,
    "texting": _texting,
    "email": _email,
    "limits": _limits,
    "sensitive": _sensitive,
    "sign-in": signing_in,
    "retention": _retention,
}
