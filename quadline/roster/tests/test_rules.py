"""What a row of students.csv must hold."""

from collections.abc import Mapping

import pytest

from quadline.roster.rules import CheckedStudent, lost_too_many, read_student

ROSA = {
    "institutional_id": "00100001",
    "first_name": "Rosa",
    "last_name": "Calderón",
    "email": "Rosa.Calderon@alder.example",
    "mobile": "(734) 555-0141",
}


def read(row: Mapping[str, str | None]) -> CheckedStudent:
    """A row in which nothing is wrong."""
    student, faults, stops = read_student(row)
    assert (faults, stops) == ([], [])
    assert student is not None
    return student


def test_a_good_row_is_read_in_one_form() -> None:
    student = read(
        ROSA
        | {
            "preferred_name": " Rosie  Anne ",
            "time_zone": "america/new york",
            "test_student": "Yes",
        }
    )

    assert (student.mobile, student.email) == (
        "+17345550141",
        "rosa.calderon@alder.example",
    )
    assert (student.preferred_name, student.is_test) == ("Rosie Anne", True)
    assert student.time_zone == "America/New_York"


@pytest.mark.parametrize(
    ("column", "cell", "why"),
    [
        ("last_name", "x" * 121, "is longer than 120 characters"),
        ("first_name", "#REF!", "is a spreadsheet's error"),
        ("last_name", "Calder\ufffdn", "cannot be read"),
        ("email", "rosa at alder", "is not an email address"),
        ("email", f"{'x' * 250}@alder.example", "is not an email address"),
        ("mobile", "555-0141", "has no area code"),
        ("mobile", "none", "is no phone number"),
        ("landline", "+49 30 1234567", "is a number of another country"),
        ("status", "enrolled", "is not one of active, leave, withdrawn, graduated"),
        ("time_zone", "Eastern", "is not a time zone"),
        ("tags", f"Athlete; {'x' * 61}", "is longer than 60 characters"),
        ("courses", ";".join(map(str, range(51))), "has more than 50 values"),
        ("test_student", "maybe", "is not one of yes"),
    ],
)
def test_a_bad_cell_costs_that_cell_and_says_where(
    column: str, cell: str, why: str
) -> None:
    student, faults, stops = read_student(
        {**ROSA, column: cell}, number=7, file="students.csv"
    )

    assert stops == []
    assert student is not None
    name = "is_test" if column == "test_student" else column
    assert getattr(student, name) is None  # so what is known stays
    assert student.institutional_id == "00100001"
    [fault] = faults
    assert (fault.file, fault.row, fault.column, fault.value) == (
        "students.csv",
        7,
        column,
        cell,
    )
    assert why in fault.reason


def test_all_faults_of_a_row_are_named_at_once() -> None:
    _, faults, _ = read_student(
        ROSA | {"email": "nowhere", "mobile": "12", "status": "?"}
    )

    assert [fault.column for fault in faults] == ["email", "mobile", "status"]


@pytest.mark.parametrize(
    "id",
    [
        "",
        "  ",
        "\u200b",
        "#N/A",
        "n/a",
        "9" * 41,
        "1.00E+07",
        "3-Mar",
        "2026-03-01",
        "00\ufffd1",
    ],
)
def test_a_row_whose_student_cannot_be_told_stops(id: str) -> None:
    student, _, stops = read_student(ROSA | {"institutional_id": id}, number=3)

    assert student is None
    assert [(fault.row, fault.column) for fault in stops] == [(3, "institutional_id")]


@pytest.mark.parametrize(
    ("cell", "values"),
    [
        ("", []),
        (" ; ;", []),
        ("Athlete", ["Athlete"]),
        ("Athlete; First-generation ;Athlete", ["Athlete", "First-generation"]),
    ],
)
def test_several_values_stand_in_one_cell(cell: str, values: list[str]) -> None:
    student = read(ROSA | {"tags": cell, "courses": cell})

    assert student.tags == student.courses == values


@pytest.mark.parametrize("written", ["yes", "Y", "TRUE", "1"])
def test_a_test_student_is_marked_in_several_ways(written: str) -> None:
    assert read(ROSA | {"test_student": written}).is_test is True


def test_what_is_not_given_is_left_and_what_is_empty_is_empty() -> None:
    student = read(
        {
            "institutional_id": "1",
            "first_name": "Nell",
            "last_name": "Ito",
            "mobile": "",
            "email": None,
        }
    )

    assert (student.mobile, student.email, student.program, student.tags) == (
        "",
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("whole", "first", "last"),
    [
        ("Lund, Ada", "Ada", "Lund"),
        ("De La Cruz,Maryann", "Maryann", "De La Cruz"),
        ("Ada Lund", "Ada", "Lund"),
        ("Ada  van der Berg", "Ada", "van der Berg"),
        ("Suharto", "Suharto", ""),
    ],
)
def test_names_in_one_column_are_taken_apart(whole: str, first: str, last: str) -> None:
    student = read({"institutional_id": "1", "name": whole})

    assert (student.first_name, student.last_name) == (first, last)


@pytest.mark.parametrize("sign", ["", ".", "-", "N/A", "\u00a0"])
def test_a_person_may_have_one_name(sign: str) -> None:
    student = read(ROSA | {"first_name": "Suharto", "last_name": sign})

    assert (student.first_name, student.last_name) == ("Suharto", "")


def test_characters_that_nobody_sees_are_dropped() -> None:
    student = read(
        ROSA | {"first_name": "Ro\x00sa\u200b", "last_name": "\ufeffCalderón\u00ad "}
    )

    assert (student.first_name, student.last_name) == ("Rosa", "Calderón")


@pytest.mark.parametrize(
    ("lost", "there", "stops"),
    [(0, 0, False), (1, 10, False), (2, 10, True), (11, 100, True), (1, 1, True)],
)
def test_more_than_a_tenth_is_too_many_to_lose(
    lost: int, there: int, stops: bool
) -> None:
    assert lost_too_many(lost, there) is stops
