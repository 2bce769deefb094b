"""A nightly file that still names somebody who has left is about who follows."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone

from quadline.accounts.models import User
from quadline.handovers.ending import return_now
from quadline.handovers.tests.acts import leave
from quadline.roster.importing import import_roster
from quadline.roster.models import CaseloadEntry, Student
from tests.cast import Cast

pytestmark = pytest.mark.django_db
Night = Callable[..., None]
ALL = {"Rosa", "Bo", "Gus", "Nell"}


def caseload(user: User) -> set[str]:
    entries = CaseloadEntry.objects.filter(staff=user)
    return set(entries.values_list("student__first_name", flat=True))


@pytest.fixture
def night(tmp_path: Path) -> Callable[..., None]:
    """A nightly file that names these staff and students, and changes no student."""

    def imported(*rows: tuple[User, Student]) -> None:
        students, entries = tmp_path / "students.csv", tmp_path / "caseload.csv"
        known = {student.pk: student for _, student in rows}.values()
        lines = [
            ",".join([s.institutional_id, s.first_name, s.last_name, s.email])
            for s in known
        ]
        students.write_text(
            "\n".join(["institutional_id,first_name,last_name,email", *lines])
        )
        pairs = [f"{user.email},{student.institutional_id}" for user, student in rows]
        entries.write_text("\n".join(["staff_email,institutional_id", *pairs]))
        import_roster(students, entries, may_drop=True)

    return imported


def mayas(people: Cast) -> list[tuple[User, Student]]:
    students = (people.rosa, people.bo, people.gus, people.nell)
    return [(people.maya, student) for student in students]


def test_a_file_that_names_the_one_who_left_changes_nothing(
    people: Cast, night: Night
) -> None:
    leave(people, people.maya, people.theo)
    night(*mayas(people), (people.omar, people.kim))
    assert caseload(people.theo) == ALL
    assert caseload(people.maya) == set()
    assert caseload(people.omar) == {"Kim"}


def test_a_new_student_of_who_left_comes_to_who_follows_for_the_program(
    people: Cast, night: Night
) -> None:
    Student.objects.filter(pk=people.kim.pk).update(program="Nursing")
    leave(people, people.maya, people.theo, programs={"Nursing": people.omar})
    night(*mayas(people), (people.maya, people.sally), (people.maya, people.kim))
    assert caseload(people.theo) == {*ALL, "Sally"}
    assert "Kim" in caseload(people.omar)


def test_a_student_whom_the_file_takes_from_who_left_is_taken_from_who_follows(
    people: Cast, night: Night
) -> None:
    leave(people, people.maya, people.theo)
    night(*mayas(people)[:2])
    assert caseload(people.theo) == {"Rosa", "Bo"}


def test_a_file_with_the_successors_own_students_only_takes_nothing_away(
    people: Cast, night: Night
) -> None:
    CaseloadEntry.objects.create(staff=people.theo, student=people.sally)
    leave(people, people.maya, people.theo)
    night((people.theo, people.kim))
    assert caseload(people.theo) == {*ALL, "Kim"}


def test_a_file_with_the_leavers_students_only_keeps_the_successors_own(
    people: Cast, night: Night
) -> None:
    CaseloadEntry.objects.create(staff=people.theo, student=people.kim)
    leave(people, people.maya, people.theo)
    night(*mayas(people))
    assert caseload(people.theo) == {*ALL, "Kim"}


def test_a_file_that_says_who_looks_after_a_student_now_is_heeded(
    people: Cast, night: Night
) -> None:
    leave(people, people.maya, people.theo)
    night((people.omar, people.rosa), (people.omar, people.kim))
    assert caseload(people.theo) == ALL - {"Rosa"}
    assert caseload(people.omar) == {"Rosa", "Kim"}


def test_who_is_named_in_their_own_right_keeps_the_student_after_the_return(
    people: Cast, night: Night
) -> None:
    departure = leave(people, people.maya, people.theo, ends=30)
    night((people.theo, people.rosa))
    return_now(departure, actor=people.ada, now=timezone.now())
    assert "Rosa" in caseload(people.theo)
    assert caseload(people.maya) == ALL


def test_a_student_who_came_during_the_leave_is_the_returners(
    people: Cast, night: Night
) -> None:
    departure = leave(people, people.maya, people.theo, ends=30)
    night(*mayas(people), (people.maya, people.sally))
    return_now(departure, actor=people.ada, now=timezone.now())
    assert caseload(people.maya) == {*ALL, "Sally"}
    assert caseload(people.theo) == set()
    night(*mayas(people), (people.maya, people.sally))
    assert caseload(people.maya) == {*ALL, "Sally"}
