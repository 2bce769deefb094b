"""Who answers whom and how fast."""

from datetime import datetime, timedelta
from statistics import median

import pytest
from django.utils import timezone

from quadline.accounts.models import User
from quadline.conversations.models import Conversation
from quadline.conversations.rules import Channel, Status
from quadline.reports.filters import Filters
from quadline.reports.responses import Responses, list_responses, responses
from quadline.reports.tests.campus import (
    Weeks,
    asked,
    at,
    broadcast_to,
    heard,
    opts_out,
    wrote,
)
from tests.cast import Cast

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def found(viewer: User, filters: Filters | None = None) -> Responses:
    return responses(viewer, filters or asked(), now=timezone.now())


def test_a_text_is_replied_to_when_the_student_writes_back_within_seven_days(
    people: Cast,
) -> None:
    now = timezone.now()
    wrote(people.maya, people.rosa, now - 20 * DAY)
    heard(people.maya, people.rosa, now - 20 * DAY + timedelta(minutes=30))
    wrote(people.maya, people.bo, now - 15 * DAY)
    heard(people.maya, people.bo, now - 8 * DAY + HOUR)
    students = found(people.maya).students.everything

    assert students.parts == {"replied": 1, "silent": 1}
    assert students.median == timedelta(minutes=30)


def test_two_texts_before_one_reply_are_both_replied_to(people: Cast) -> None:
    now = timezone.now()
    wrote(people.maya, people.rosa, now - 3 * HOUR)
    wrote(people.maya, people.rosa, now - 2 * HOUR)
    heard(people.maya, people.rosa, now - HOUR)

    assert found(people.maya).students.everything.parts == {"replied": 2, "silent": 0}


def test_a_text_that_reached_nobody_waits_for_no_reply(people: Cast) -> None:
    for status in (
        Status.EMAILED,
        Status.FAILED,
        Status.BLOCKED,
        Status.WAITING,
        Status.CANCELLED,
    ):
        wrote(people.maya, people.rosa, timezone.now() - HOUR, status)
    heard(people.maya, people.rosa, timezone.now())

    assert found(people.maya).students.everything.total == 0


def test_stop_is_neither_a_reply_nor_something_to_answer(people: Cast) -> None:
    now = timezone.now()
    wrote(people.maya, people.rosa, now - 3 * HOUR)
    stop = heard(people.maya, people.rosa, now - 2 * HOUR, "STOP")
    opts_out(
        people.maya,
        people.rosa,
        now - 2 * HOUR,
        carrier_reference=stop.carrier_message_id,
    )
    report = found(people.maya)

    assert report.students.everything.parts == {"replied": 0, "silent": 1}
    assert report.staff.everything.total == 0
    assert report.hours == {}


@pytest.mark.parametrize(
    "word", ["UNSTOP", "Start.", "stop", "\U0001f6d1 ＳＴＯＰ !", "Unsubscribe"]
)
def test_a_keyword_that_changed_nothing_is_no_reply_either(
    people: Cast, word: str
) -> None:
    now = timezone.now()
    wrote(people.maya, people.rosa, now - 3 * HOUR)
    heard(people.maya, people.rosa, now - 2 * HOUR, word)
    report = found(people.maya)

    assert report.students.everything.parts == {"replied": 0, "silent": 1}
    assert report.staff.everything.total == 0
    assert report.hours == {}


@pytest.mark.parametrize(
    "words",
    ["yes", "help", "please stop by my office", "start of term?", "I'll stop. thanks"],
)
def test_words_to_a_person_are_a_reply(people: Cast, words: str) -> None:
    now = timezone.now()
    wrote(people.maya, people.rosa, now - 3 * HOUR)
    heard(people.maya, people.rosa, now - 2 * HOUR, words)
    assert found(people.maya).students.everything.parts == {"replied": 1, "silent": 0}


def test_what_a_student_writes_after_a_keyword_still_wants_an_answer(
    people: Cast,
) -> None:
    now = timezone.now()
    start = heard(people.maya, people.rosa, now - 2 * HOUR, "START")
    opts_out(
        people.maya,
        people.rosa,
        now - 2 * HOUR,
        change="opt_in",
        carrier_reference=start.carrier_message_id,
    )
    heard(people.maya, people.rosa, now - HOUR, "are you there?")

    assert found(people.maya).staff.everything.of("waiting") == 1


def test_staff_answer_the_first_thing_a_student_wrote_since(people: Cast) -> None:
    now = timezone.now()
    heard(people.maya, people.rosa, now - 5 * HOUR, "hi")
    heard(people.maya, people.rosa, now - 4 * HOUR, "are you there?")
    wrote(people.maya, people.rosa, now - 4 * HOUR, Status.CANCELLED)
    wrote(people.maya, people.rosa, now - 2 * HOUR)
    staff = found(people.maya).staff.everything

    assert (staff.total, staff.of("soon"), staff.median) == (1, 1, 3 * HOUR)


@pytest.mark.parametrize(
    ("hours_ago", "answered_after", "needs_reply", "part"),
    [
        (72, 24, True, "soon"),
        (72, 24.01, True, "late"),
        (23, None, True, "waiting"),
        (25, None, True, "unanswered"),
        (25, None, False, "closed"),
    ],
)
def test_how_long_a_student_waits(
    people: Cast,
    hours_ago: float,
    answered_after: float | None,
    needs_reply: bool,
    part: str,
) -> None:
    asked_at = timezone.now() - hours_ago * HOUR
    heard(people.maya, people.rosa, asked_at)
    if answered_after:
        wrote(people.maya, people.rosa, asked_at + answered_after * HOUR)
    Conversation.objects.update(needs_reply=needs_reply)

    assert found(people.maya).staff.everything.of(part) == 1


def test_an_unknown_phone_wants_an_answer_too(people: Cast) -> None:
    heard(people.maya, "+17345550199", timezone.now() - 30 * HOUR)

    assert found(people.maya).staff.everything.of("unanswered") == 1


def test_hours_are_those_of_the_campus_clock(people: Cast) -> None:
    sunday = {"from": "2026-11-01", "to": "2026-11-08"}
    heard(people.maya, people.rosa, at("2026-11-01 00:10"))
    heard(people.maya, people.rosa, at("2026-11-01 23:50"))
    heard(people.maya, people.rosa, at("2026-11-02 13:00"))

    assert found(people.maya, asked(**sunday)).hours == {
        (7, 0): 1,
        (7, 23): 1,
        (1, 13): 1,
    }
    assert (
        list_responses(
            people.maya,
            asked(**sunday, side="wrote", weekday="7", hour="23"),
            now=timezone.now(),
        ).count()
        == 1
    )


def test_emails_are_counted_apart_and_answer_texts(people: Cast) -> None:
    now = timezone.now()
    wrote(people.maya, people.rosa, now - 3 * HOUR)
    heard(people.maya, people.rosa, now - 2 * HOUR, channel=Channel.EMAIL)
    wrote(people.maya, people.rosa, now - HOUR, Status.SENT, channel=Channel.EMAIL)
    emails = found(people.maya, asked(channel="email"))

    assert found(people.maya).students.everything.parts == {"replied": 1, "silent": 0}
    assert emails.students.everything.parts == {"replied": 0, "silent": 1}
    assert emails.staff.everything.of("soon") == 1


def test_broadcasts_have_their_own_reply_rate(people: Cast) -> None:
    made = broadcast_to(
        people.maya, [people.rosa, people.bo], timezone.now() - 2 * HOUR
    )
    heard(people.maya, people.bo, timezone.now() - HOUR)

    assert found(people.maya).students.broadcasts[made.pk].parts == {
        "replied": 1,
        "silent": 1,
    }


@pytest.mark.parametrize("viewer", ["maya", "lena", "omar", "ada"])
@pytest.mark.parametrize("side", ["students", "staff"])
def test_every_median_is_the_median_of_the_rows_behind_it(
    people: Cast, viewer: str, side: str
) -> None:
    Weeks(people)
    who, now = getattr(people, viewer), timezone.now()
    tallies = getattr(responses(who, asked(), now=now), side)
    part = "replied" if side == "students" else "answered"
    splits = [
        ({}, tallies.everything),
        *(({"staff": str(pk)}, tally) for pk, tally in tallies.staff.items()),
    ]
    splits += [
        ({"from": str(day), "to": str(day)}, tally)
        for day, tally in tallies.days.items()
    ]
    for narrowing, tally in splits:
        took = [
            each.took  # type: ignore[attr-defined]
            for each in list_responses(
                who, asked(side=side, part=part, **narrowing), now=now
            )
        ]
        assert tally.median == (_middle(took) if took else None)


def _middle(took: list[timedelta]) -> timedelta:
    return timedelta(seconds=median(each.total_seconds() for each in took))


def test_a_report_costs_the_same_however_much_there_is(
    people: Cast, django_assert_max_num_queries: object
) -> None:
    Weeks(people)
    with django_assert_max_num_queries(3):  # type: ignore[operator]
        responses(people.ada, asked(), now=timezone.now())


def test_a_period_bounds_what_is_asked_but_not_when_it_is_answered(
    people: Cast,
) -> None:
    wrote(people.maya, people.rosa, at("2026-11-01 23:50"))
    heard(people.maya, people.rosa, at("2026-11-02 00:10"))
    one: datetime = at("2026-11-03 00:00")

    assert responses(
        people.maya, asked(**{"from": "2026-11-01", "to": "2026-11-01"}), now=one
    ).students.everything.of("replied")
