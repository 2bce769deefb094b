"""Why texts did not arrive, and opt-outs after broadcasts."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from quadline.conversations.models import Message
from quadline.conversations.rules import Status
from quadline.health.failures import FailureLine, failures_by_reason
from quadline.health.opt_outs import BroadcastOptOuts, opt_outs_by_broadcast
from quadline.reports.deliveries import list_deliveries
from quadline.reports.filters import filters_of
from quadline.reports.tests.campus import DETROIT, asked, broadcast_to, opts_out, wrote
from tests.cast import Cast

NOW = timezone.now
HOUR = timedelta(hours=1)


def failures(people: Cast) -> list[FailureLine]:
    return failures_by_reason(people.ada, asked(period="7"), now=NOW())


def failed(people: Cast, hours: float, reason: str, code: str = "30006") -> Message:
    return wrote(
        people.maya,
        people.rosa,
        NOW() - hours * HOUR,
        Status.EMAILED,
        reason=reason,
        carrier_code=code,
    )


def test_failures_are_counted_by_reason_for_a_day_and_a_week(people: Cast) -> None:
    for hours in (1, 2, 30):
        failed(people, hours, "landline")
    failed(people, 1, "filtered", "30007")
    failed(people, 24 * 9, "landline")
    wrote(people.maya, people.rosa, NOW())
    lines = failures(people)

    assert [(line.reason, line.day, line.week) for line in lines] == [
        ("landline", 2, 3),
        ("filtered", 1, 1),
    ]
    assert (lines[1].code_words, "Look at the words" in lines[1].advice) == (
        "30007",
        True,
    )


def test_a_number_equals_the_rows_behind_it(people: Cast) -> None:
    for hours in (1, 30, 50):
        failed(people, hours, "landline")
    [line] = failures(people)
    filters = filters_of(
        {"period": "7", "part": "instead", "reason": line.reason},
        today=timezone.localdate(),
        zone=DETROIT,
    )
    assert list_deliveries(people.ada, filters).count() == line.week == 3


def test_one_reason_of_several_codes_is_one_line(people: Cast) -> None:
    failed(people, 1, "landline", "30006")
    failed(people, 2, "landline", "21614")
    [line] = failures(people)

    assert (line.week, line.code_words) == (2, "21614, 30006")


def test_who_sees_an_office_only_gets_its_failures_only(people: Cast) -> None:
    failed(people, 1, "landline")
    wrote(people.omar, people.kim, NOW(), Status.FAILED, reason="filtered")
    lines = failures_by_reason(people.lena, asked(period="7"), now=NOW())

    assert [line.reason for line in lines] == ["landline"]


def rates(people: Cast, days: int = 1) -> list[BroadcastOptOuts]:
    return opt_outs_by_broadcast(people.ada, now=NOW(), days=days, marked_from=5)


def sent(people: Cast, hours_ago: float) -> None:
    """To Rosa and Bo; both texts left then."""
    when = NOW() - hours_ago * HOUR
    broadcast = broadcast_to(people.maya, [people.rosa, people.bo], when)
    Message.objects.filter(recipient__broadcast=broadcast).update(
        sent_at=when, is_bulk=True
    )


def test_a_stop_counts_for_the_broadcast_it_follows(people: Cast) -> None:
    sent(people, 10)
    sent(people, 5)
    opts_out(people.maya, people.rosa, NOW() - 4 * HOUR)
    lines = rates(people)

    assert [(line.reached, line.stops) for line in lines] == [(2, 1), (2, 0)]
    assert [line.is_marked for line in lines] == [False, False]
    # of two students one is no rate
    assert lines[0].percent is None


def test_two_of_two_are_marked(people: Cast) -> None:
    sent(people, 5)
    for student in (people.rosa, people.bo):
        opts_out(people.maya, student, NOW() - 4 * HOUR)

    assert rates(people)[0].is_marked


@pytest.mark.parametrize(("days", "stops"), [(1, 0), (2, 1)])
def test_a_late_stop_counts_as_long_as_the_college_says(
    people: Cast, days: int, stops: int
) -> None:
    sent(people, 40)
    opts_out(people.maya, people.rosa, NOW() - 4 * HOUR)

    assert rates(people, days)[0].stops == stops


def test_a_stop_after_a_single_text_is_not_the_broadcasts(people: Cast) -> None:
    sent(people, 5)
    later = wrote(people.maya, people.rosa, NOW() - 3 * HOUR)
    Message.objects.filter(pk=later.pk).update(sent_at=NOW() - 3 * HOUR)
    opts_out(people.maya, people.rosa, NOW() - 2 * HOUR)

    assert rates(people)[0].stops == 0


def test_what_staff_recorded_is_no_stop_of_a_phone(people: Cast) -> None:
    sent(people, 5)
    opts_out(people.maya, people.rosa, NOW() - 2 * HOUR, source="staff", keyword="")

    assert rates(people)[0].stops == 0


def test_a_text_that_failed_reached_nobody(people: Cast) -> None:
    sent(people, 5)
    Message.objects.filter(student_phone=people.bo.mobile).update(status="undelivered")

    assert rates(people)[0].reached == 1


def test_each_figure_is_one_statement_however_many_there_are(people: Cast) -> None:
    for hours in range(12):
        sent(people, hours + 1)
        failed(people, hours, f"reason {hours}")
    with CaptureQueriesContext(connection) as queries:
        assert len(rates(people)) == 10
    assert len(queries) == 3
    with CaptureQueriesContext(connection) as queries:
        assert len(failures(people)) == 12
    assert len(queries) == 1
