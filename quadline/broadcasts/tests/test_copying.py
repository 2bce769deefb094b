"""Recipients are written down as they were planned, whatever is in their words, and their messages have ids in order."""

import uuid
from collections.abc import Iterator

import pytest
from django.utils import timezone

from quadline.broadcasts.copying import copy_recipients, message_ids
from quadline.broadcasts.models import Recipient
from quadline.broadcasts.planning import Plan
from quadline.broadcasts.tallying import Planned
from quadline.broadcasts.tests.acts import draft, reviewed
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student
from tests.cast import Cast

ODD = r"\N \. \t C:\new"
LINES = "one\ttwo\nthree"


def test_odd_signs_arrive_as_they_were_written(people: Cast, number: SystemNumber) -> None:
    Student.objects.filter(pk=people.rosa.pk).update(preferred_name="Ro\\sa\t")
    broadcast = draft(people.maya, body=f"{ODD} {LINES} é 🎓 [Student Name]")
    planned = {row.student.pk: row.words for row in Plan(broadcast, now=timezone.now())}
    reviewed(broadcast)
    kept = {row.student_id: row for row in Recipient.objects.filter(broadcast=broadcast)}
    assert ODD in kept[people.rosa.pk].body
    assert "Ro\\sa" in kept[people.rosa.pk].body
    assert {pk: (row.body, row.notice, row.segments) for pk, row in kept.items()} == {
        pk: (words.body, words.notice, words.segments) for pk, words in planned.items()
    }


def test_messages_have_ids_in_the_order_of_the_students(people: Cast, number: SystemNumber) -> None:
    broadcast = draft(people.maya)
    reviewed(broadcast)
    first = list(Recipient.objects.filter(broadcast=broadcast).order_by("student").values_list("message_id", flat=True))
    assert len(first) > 1
    assert first == sorted(first)
    reviewed(broadcast)
    again = Recipient.objects.filter(broadcast=broadcast).values_list("message_id", flat=True)
    assert not set(first) & set(again)


def test_an_id_is_a_uuid_of_version_7_and_nobody_elses() -> None:
    now = timezone.now()
    ids = [uuid.UUID(next(message_ids(now))) for _ in range(1000)]
    assert {(each.version, each.variant, each.int >> 80) for each in ids} == {
        (7, uuid.RFC_4122, int(now.timestamp() * 1000)),
    }
    assert len(set(ids)) == 1000


def test_a_plan_that_asks_while_it_is_written_down_is_an_error_and_no_standstill(people: Cast, number: SystemNumber) -> None:
    broadcast = draft(people.maya)

    def asking() -> Iterator[Planned]:
        for row in Plan(broadcast, now=timezone.now()):
            yield row
            Student.objects.count()

    with pytest.raises(AssertionError, match="asks nothing after its first row"):
        copy_recipients(broadcast, asking(), now=timezone.now())


def test_nobody_is_no_row(people: Cast, number: SystemNumber) -> None:
    broadcast = draft(people.maya)
    copy_recipients(broadcast, [], now=timezone.now())
    assert not Recipient.objects.filter(broadcast=broadcast).exists()
