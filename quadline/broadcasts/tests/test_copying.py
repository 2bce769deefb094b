"""Recipients are written down as they were planned, whatever is in their words."""

from collections.abc import Iterator

import pytest
from django.utils import timezone

from quadline.broadcasts.models import Recipient
from quadline.broadcasts.planning import Plan, PlannedMessage
from quadline.broadcasts.tests.acts import draft, reviewed
from quadline.broadcasts.writing import copy_recipients
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student
from tests.cast import Cast

ODD = r"\N \. \t C:\new"
LINES = "one\ttwo\nthree"


def test_odd_signs_arrive_as_they_were_written(
    people: Cast, number: SystemNumber
) -> None:
    Student.objects.filter(pk=people.rosa.pk).update(preferred_name="Ro\\sa\t")
    broadcast = draft(people.maya, body=f"{ODD} {LINES} é 🎓 [Student Name]")
    planned = {row.student.pk: row.words for row in Plan(broadcast, now=timezone.now())}
    reviewed(broadcast)
    kept = {
        row.student_id: row for row in Recipient.objects.filter(broadcast=broadcast)
    }
    assert ODD in kept[people.rosa.pk].body
    assert "Ro\\sa" in kept[people.rosa.pk].body
    assert {pk: (row.body, row.notice, row.segments) for pk, row in kept.items()} == {
        pk: (words.body, words.notice, words.segments) for pk, words in planned.items()
    }


def test_a_plan_that_asks_while_it_is_written_down_is_an_error_and_no_standstill(
    people: Cast, number: SystemNumber
) -> None:
    broadcast = draft(people.maya)

    def asking() -> Iterator[PlannedMessage]:
        for row in Plan(broadcast, now=timezone.now()):
            yield row
            Student.objects.count()

    with pytest.raises(AssertionError, match="asks nothing after its first row"):
        copy_recipients(broadcast, asking())


def test_nobody_is_no_row(people: Cast, number: SystemNumber) -> None:
    broadcast = draft(people.maya)
    copy_recipients(broadcast, [])
    assert not Recipient.objects.filter(broadcast=broadcast).exists()
