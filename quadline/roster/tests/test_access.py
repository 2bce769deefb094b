"""Which students each person may open. Omar, of another office, is
the outsider; Kim is his student.
"""

import pytest

from quadline.accounts.models import User
from quadline.accounts.rules import Role
from quadline.roster.models import CaseloadEntry, Student
from tests.cast import TRANSFER, Cast, staff

pytestmark = pytest.mark.django_db
OF_MAYA = {"rosa", "bo", "gus", "nell"}
EVERYONE = {*OF_MAYA, "kim", "sally"}


def seen_by(user: User, people: Cast) -> set[str]:
    visible = set(Student.objects.visible_to(user))
    return {name for name in EVERYONE if getattr(people, name) in visible}


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("maya", OF_MAYA | {"sally"}),
        ("theo", {"sally"}),  # a teammate shares the office, not the caseload
        ("lena", OF_MAYA | {"sally"}),
        ("omar", {"kim", "sally"}),
        ("ada", EVERYONE),
        ("iris", EVERYONE),
    ],
)
def test_each_sees_the_students_of_their_role(
    people: Cast, who: str, sees: set[str]
) -> None:
    assert seen_by(getattr(people, who), people) == sees


@pytest.mark.parametrize("who", ["maya", "lena", "omar", "ada", "iris"])
def test_an_account_that_is_switched_off_sees_nobody(people: Cast, who: str) -> None:
    user: User = getattr(people, who)
    user.is_active = False

    assert seen_by(user, people) == set()


def test_a_lead_without_an_office_sees_the_own_caseload_only(people: Cast) -> None:
    adrift = staff("adrift@alder.example", "Adrift", Role.LEAD, office="")
    nowhere = staff("nowhere@alder.example", "Nowhere", office="")
    CaseloadEntry.objects.create(staff=adrift, student=people.kim)
    CaseloadEntry.objects.create(staff=nowhere, student=people.rosa)

    assert seen_by(adrift, people) == {"kim", "sally"}


def test_a_lead_of_another_office_sees_that_office(people: Cast) -> None:
    assert seen_by(
        staff("other@alder.example", "Other Lead", Role.LEAD, office=TRANSFER), people
    ) == {"kim", "sally"}


def test_a_student_on_two_caseloads_is_seen_by_both_and_listed_once(
    people: Cast,
) -> None:
    CaseloadEntry.objects.create(staff=people.omar, student=people.rosa)

    assert seen_by(people.omar, people) == {"kim", "rosa", "sally"}
    assert (
        Student.objects.visible_to(people.lena).filter(pk=people.rosa.pk).count() == 1
    )


def test_a_test_student_is_on_nobodys_caseload_for_being_one(people: Cast) -> None:
    assert not Student.objects.on_caseload_of(people.maya).filter(is_test=True).exists()
