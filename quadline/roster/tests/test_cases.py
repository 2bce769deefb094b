"""Rosters as colleges sent them: no phone is lost, nobody is made twice, and each
message says where and what to do.
"""

from pathlib import Path

import pytest

from quadline.roster.faults import RosterFault
from quadline.roster.importing import Imported, import_roster
from quadline.roster.models import Student
from tests.cast import Cast, student

pytestmark = pytest.mark.django_db
CASES = Path(__file__).parent / "cases"


@pytest.fixture
def ada(db: None) -> Student:
    return student(
        "00100001", "Ada", "Lund", email="ada@alder.example", mobile="+17345550204"
    )


def brought_in(name: str) -> Imported:
    return import_roster(CASES / f"{name}.csv")


def test_ids_that_a_spreadsheet_changed_are_those_of_the_students(people: Cast) -> None:
    before = Student.objects.count()
    student("0010_0098", "Other", "One", email="")
    for _ in range(2):
        brought_in("ids-changed-by-a-spreadsheet")

    sally = Student.objects.get(last_name="Student-Taynor")
    assert (sally.pk, sally.institutional_id, sally.email) == (
        people.sally.pk,
        "00417733",
        "sally.student@alder.example",
    )
    assert {"00100098", "00100099", "T0001"} <= set(
        Student.objects.values_list("institutional_id", flat=True)
    )
    assert Student.objects.count() == before + 4


@pytest.mark.parametrize(
    "name",
    [
        "mobile-column-missing",
        "mobile-column-misnamed",
        "trailing-empty-rows-and-cells",
    ],
)
def test_the_phone_that_is_known_stays(ada: Student, name: str) -> None:
    done = brought_in(name)

    ada.refresh_from_db()
    assert ada.mobile == "+17345550204"
    assert (done.students, done.faults) == (1, [])
    assert any("no column mobile" in note for note in done.notes) == (
        name == "mobile-column-missing"
    )


def test_two_columns_of_one_name_stop_the_file(ada: Student) -> None:
    with pytest.raises(
        RosterFault, match=r"row 1: mobile is there 2 times: mobile, mobile\. Keep one"
    ):
        brought_in("two-mobile-columns")

    ada.refresh_from_db()
    assert ada.mobile == "+17345550204"


def test_a_bad_cell_costs_a_cell(ada: Student) -> None:
    done = brought_in("one-bad-cell")

    assert [(fault.row, fault.column, fault.value) for fault in done.faults] == [
        (2, "mobile", "N/A"),
        (3, "mobile", "+44 7700 900123"),
    ]
    assert list(
        Student.objects.order_by("institutional_id").values_list("last_name", "mobile")
    ) == [
        ("Lund", "+17345550204"),
        ("Lee", ""),
        ("", "+17345550209"),
        ("Ray", "+17345550210"),
    ]


def test_two_addresses_in_a_cell_are_none(ada: Student) -> None:
    done = brought_in("two-addresses-in-one-cell")

    assert [(fault.row, fault.column) for fault in done.faults] == [
        (2, "email"),
        (3, "email"),
    ]
    assert list(
        Student.objects.order_by("institutional_id").values_list("email", "mobile")
    ) == [
        ("ada@alder.example", "+17345550204"),
        ("", "+17345550205"),
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("semicolons", "UTF-8, separated by semicolons"),
        ("utf-16", "UTF-16, separated by commas"),
    ],
)
def test_other_spreadsheets_are_read(ada: Student, name: str, said: str) -> None:
    done = brought_in(name)

    assert Student.objects.get().first_name == "Zoë"
    assert said in done.notes[0]
