"""What is worked out once for many students who are
alike is no other for any of them.
"""

from datetime import UTC, datetime

from django.utils import timezone
from pytest_django import Settings

from quadline.broadcasts.models import Recipient
from quadline.broadcasts.planning import Plan
from quadline.broadcasts.tests.acts import draft, opt_out, reviewed
from quadline.consent.models import StopQuestion
from quadline.delivery.tests.acts import write
from quadline.numbers.models import SystemNumber
from quadline.roster.models import CaseloadEntry, PhoneTrouble, Student
from tests.cast import Cast, student

# half past seven in Detroit, half past four in Los Angeles
NIGHT = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)


def namesake(people: Cast, number: int, **fields: str) -> Student:
    """Another Rosa; of Maya's."""
    one = student(
        f"0099{number:04}",
        "Rosa",
        f"Lane{number}",
        advisor=people.maya,
        mobile=f"+173455502{number:02}",
    )
    Student.objects.filter(pk=one.pk).update(**fields)
    return one


def test_students_of_one_first_name_are_called_by_their_own_full_names(
    people: Cast, number: SystemNumber
) -> None:
    for place in range(1, 4):
        namesake(people, place)
    broadcast = draft(people.maya, body="[student full NAME], this is [Your Name].")
    reviewed(broadcast)
    rows = Recipient.objects.filter(broadcast=broadcast, outcome="text").select_related(
        "student"
    )
    assert {row.body for row in rows} == {
        f"{row.student.display_name}, this is Maya Alvarez." for row in rows
    }
    assert len({row.body for row in rows}) == 5


def test_only_the_first_text_of_namesakes_carries_the_notice(
    people: Cast, number: SystemNumber
) -> None:
    other = namesake(people, 1)
    write(people.maya, people.rosa)
    broadcast = draft(people.maya)
    reviewed(broadcast)
    notices = dict(
        Recipient.objects.filter(broadcast=broadcast).values_list("student", "notice")
    )
    assert (notices[people.rosa.pk], notices[other.pk] != "") == ("", True)


def test_namesakes_of_one_area_are_each_asked_about(
    people: Cast, number: SystemNumber
) -> None:
    out, bad, asked, fine = (namesake(people, place) for place in range(1, 5))
    opt_out(out, number)
    PhoneTrouble.objects.create(
        phone=bad.mobile, is_bad=True, words="Not in service", since=timezone.now()
    )
    question = {
        "wording": "please stop",
        "phrase": "stop",
        "carrier_reference": "SM1",
        "asked_at": timezone.now(),
    }
    StopQuestion.objects.create(
        student_phone=asked.mobile, system_phone=number.phone, **question
    )
    broadcast = draft(people.maya)
    reviewed(broadcast)
    found = dict(
        Recipient.objects.filter(broadcast=broadcast).values_list("student", "reason")
    )
    assert [found[one.pk] for one in (out, bad, asked, fine)] == [
        "opted_out",
        "bad_number",
        "asked",
        "",
    ]


def test_quiet_hours_are_each_students_own(
    people: Cast, number: SystemNumber, settings: Settings
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"quiet_hours": "21:00-07:00"})
    west, here = (namesake(people, place) for place in range(1, 3))
    Student.objects.filter(pk=west.pk).update(time_zone="America/Los_Angeles")
    Student.objects.filter(pk=here.pk).update(time_zone="America/Detroit")
    held = {
        row.student.pk: row.held_until for row in Plan(draft(people.maya), now=NIGHT)
    }
    assert held[west.pk] == datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
    assert held[here.pk] is None


def test_a_student_who_leaves_and_another_of_the_same_name_who_comes_are_two(
    people: Cast, number: SystemNumber
) -> None:
    broadcast = draft(people.maya)
    reviewed(broadcast)
    before = broadcast.fingerprint
    other = namesake(people, 1)
    CaseloadEntry.objects.filter(staff=people.maya, student=people.rosa).delete()
    reviewed(broadcast)
    assert broadcast.fingerprint != before
    assert Recipient.objects.get(broadcast=broadcast, student=other).body.startswith(
        "Hi Rosa,"
    )
