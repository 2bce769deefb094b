"""What became of what staff wrote: every message falls into one part, of
one day, one staff user, one broadcast.
"""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from quadline.conversations.rules import Channel, Status
from quadline.reports.deliveries import DELIVERY_PARTS, delivery_report, list_deliveries
from quadline.reports.tests.campus import (
    DETROIT,
    Weeks,
    asked,
    at,
    broadcast_to,
    opts_out,
    wrote,
)
from tests.cast import Cast


@pytest.mark.parametrize("channel", list(Channel))
def test_every_status_falls_into_exactly_one_part(channel: Channel) -> None:
    placed = [
        status for statuses in DELIVERY_PARTS[channel].values() for status in statuses
    ]

    assert len(placed) == len(set(placed))
    assert set(Status) - set(placed) == {Status.RECEIVED, Status.CANCELLED}


def test_days_staff_and_broadcasts_each_add_up_to_everything(people: Cast) -> None:
    Weeks(people)
    tallies = delivery_report(people.ada, asked()).tallies

    for split in (tallies.days, tallies.staff, tallies.broadcasts):
        for part, number in tallies.everything.parts.items():
            assert sum(tally.parts[part] for tally in split.values()) == number
    assert tallies.everything.total == list_deliveries(people.ada, asked()).count() > 50


def test_a_day_ends_at_midnight_on_the_campus_clock(people: Cast) -> None:
    moments = [
        "2026-10-31 23:59",
        "2026-11-01 00:00",
        "2026-11-01 01:30",
        "2026-11-01 23:59",
        "2026-11-02 00:00",
    ]
    for moment in moments:
        wrote(people.maya, people.rosa, at(moment))
    # the same hour again
    wrote(people.maya, people.rosa, at("2026-11-01 01:30").replace(fold=1))
    wrote(people.maya, people.rosa, at("2027-03-14 01:59") + timedelta(minutes=1))
    tallies = delivery_report(
        people.maya, asked(**{"from": "2026-10-01", "to": "2027-04-01"})
    ).tallies

    assert {day: tally.total for day, tally in tallies.days.items()} == {
        date(2026, 10, 31): 1,
        date(2026, 11, 1): 4,
        date(2026, 11, 2): 1,
        date(2027, 3, 14): 1,
    }
    for day, tally in tallies.days.items():
        one = {"from": day.isoformat(), "to": day.isoformat()}
        assert list_deliveries(people.maya, asked(**one)).count() == tally.total
    assert at("2026-11-01 00:00").tzinfo is DETROIT


def test_test_students_texts_taken_back_and_emails_are_not_counted_among_texts(
    people: Cast,
) -> None:
    now = timezone.now()
    wrote(people.maya, people.sally, now)
    wrote(people.maya, people.rosa, now, Status.CANCELLED)
    wrote(people.maya, people.rosa, now, Status.SENT, channel=Channel.EMAIL)
    assert delivery_report(people.ada, asked()).tallies.everything.total == 0

    emails = delivery_report(people.ada, asked(channel="email")).tallies.everything
    assert emails.parts == {"sent": 1, "bounced": 0, "failed": 0, "waiting": 0}


def test_reasons_are_counted_with_what_went_as_email(people: Cast) -> None:
    now = timezone.now()
    for status, reason in [
        (Status.EMAILED, "opted_out"),
        (Status.EMAILED, "opted_out"),
        (Status.UNREACHED, "opted_out"),
        (Status.FAILED, "landline"),
        (Status.DELIVERED, ""),
    ]:
        wrote(people.maya, people.rosa, now, status, reason=reason)
    found = delivery_report(people.maya, asked()).reasons

    assert [(each.reason, each.words, each.emailed, each.gone) for each in found] == [
        ("opted_out", "Because of opted out.", 2, 1),
        ("landline", "Because of landline.", 0, 1),
    ]


def test_the_opt_out_rate_is_of_the_students_texted(people: Cast) -> None:
    now = timezone.now()
    for student in (people.rosa, people.rosa, people.bo):
        wrote(people.maya, student, now)
    wrote(people.maya, people.gus, now, Status.EMAILED)
    opts_out(people.maya, people.bo, now)
    opts_out(people.omar, people.kim, now)
    found = delivery_report(people.maya, asked())

    assert (found.students, found.opted_out) == (2, 1)
    assert (
        list_deliveries(people.maya, asked(part="reached", each="student")).count() == 2
    )


def test_a_broadcast_is_told_from_single_texts(people: Cast) -> None:
    now = timezone.now()
    made = broadcast_to(people.maya, [people.rosa, people.bo], now)
    wrote(people.maya, people.rosa, now)
    tallies = delivery_report(people.maya, asked()).tallies

    assert {pk: tally.total for pk, tally in tallies.broadcasts.items()} == {
        made.pk: 2,
        None: 1,
    }
    assert list_deliveries(people.maya, asked(broadcast=str(made.pk))).count() == 2
    assert list_deliveries(people.maya, asked(broadcast="single")).count() == 1
    assert list_deliveries(people.maya, asked(broadcast="nonsense")).count() == 0


@pytest.mark.parametrize(
    ("viewer", "total"),
    [("maya", 1), ("theo", 0), ("lena", 1), ("omar", 1), ("ada", 2), ("iris", 2)],
)
def test_who_sees_whose_numbers(people: Cast, viewer: str, total: int) -> None:
    wrote(people.maya, people.rosa, timezone.now())
    wrote(people.omar, people.kim, timezone.now())

    assert (
        delivery_report(getattr(people, viewer), asked()).tallies.everything.total
        == total
    )
    assert list_deliveries(getattr(people, viewer), asked()).count() == total


def test_a_report_costs_the_same_however_much_there_is(
    people: Cast, django_assert_max_num_queries: object
) -> None:
    Weeks(people)
    with django_assert_max_num_queries(4):  # type: ignore[operator]
        delivery_report(people.ada, asked())
