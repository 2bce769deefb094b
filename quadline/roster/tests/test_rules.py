"""What a row of students.csv must hold."""

import pytest

from quadline.roster.rules import STUDENT_COLUMNS, missing_columns, read_student

ROSA = {
    "institutional_id": "00100001",
    "first_name": "Rosa",
    "last_name": "Calderón",
    "email": "Rosa.Calderon@alder.example",
    "mobile": "(734) 555-0141",
}


def test_a_good_row_is_read_in_one_form() -> None:
    student, faults = read_student(
        ROSA | {"preferred_name": " Rosie  Anne ", "time_zone": "America/Detroit", "test_student": "Yes"}
    )

    assert faults == []
    assert student is not None
    assert (student.mobile, student.email) == ("+17345550141", "rosa.calderon@alder.example")
    assert (student.preferred_name, student.is_test, student.status) == ("Rosie Anne", True, "active")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"institutional_id": ""}, "institutional_id is empty"),
        ({"institutional_id": "  "}, "institutional_id is empty"),
        ({"institutional_id": "9" * 41}, "institutional_id is longer than 40 characters"),
        ({"first_name": ""}, "first_name is empty"),
        ({"last_name": ""}, "last_name is empty"),
        ({"last_name": "x" * 121}, "last_name is longer than 120 characters"),
        ({"email": "rosa at alder"}, "email 'rosa at alder' is not an address"),
        ({"email": f"{'x' * 250}@alder.example"}, "is not an address"),
        ({"mobile": "555-0141"}, "mobile '555-0141'"),
        ({"mobile": "none"}, "mobile 'none'"),
        ({"landline": "+49 30 1234567"}, "landline '+49 30 1234567'"),
        ({"status": "enrolled"}, "status 'enrolled' is not one of active, leave, withdrawn, graduated"),
        ({"time_zone": "Eastern"}, "time_zone 'Eastern' is not known"),
        ({"tags": f"Athlete; {'x' * 61}"}, f"tags: '{'x' * 61}' is longer than 60 characters"),
        ({"courses": ";".join(map(str, range(51)))}, "courses has more than 50 values"),
        ({"test_student": "maybe"}, "test_student 'maybe' is neither yes nor no"),
    ],
)
def test_each_fault_is_named_in_words(change: dict[str, str], fault: str) -> None:
    student, faults = read_student(ROSA | change)

    assert student is None
    assert len(faults) == 1
    assert fault in faults[0]


def test_all_faults_of_a_row_are_named_at_once() -> None:
    _, faults = read_student({"email": "nowhere", "mobile": "12", "status": "?"})

    assert len(faults) == 6


@pytest.mark.parametrize(
    ("cell", "values"),
    [("", []), (" ; ;", []), ("Athlete", ["Athlete"]), ("Athlete; First-generation ;Athlete", ["Athlete", "First-generation"])],
)
def test_several_values_stand_in_one_cell(cell: str, values: list[str]) -> None:
    student, faults = read_student(ROSA | {"tags": cell, "courses": cell})

    assert faults == []
    assert student is not None
    assert student.tags == student.courses == values


@pytest.mark.parametrize("written", ["yes", "Y", "TRUE", "1"])
def test_a_test_student_is_marked_in_several_ways(written: str) -> None:
    student, _ = read_student(ROSA | {"test_student": written})

    assert student is not None
    assert student.is_test


def test_cells_that_are_missing_are_empty() -> None:
    student, faults = read_student({"institutional_id": "1", "first_name": "Nell", "last_name": "Ito"})

    assert faults == []
    assert student is not None
    assert (student.mobile, student.email, student.is_test) == ("", "", False)


def test_control_characters_that_the_database_refuses_are_dropped() -> None:
    student, _ = read_student(ROSA | {"first_name": "Ro\x00sa"})

    assert student is not None
    assert student.first_name == "Rosa"


def test_missing_columns_are_named_in_order() -> None:
    assert missing_columns(["email", "last_name"], STUDENT_COLUMNS[:3]) == ["institutional_id", "first_name"]
