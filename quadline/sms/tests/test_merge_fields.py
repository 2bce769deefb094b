"""Which brackets are fields, what fills them, and what is said when nothing can."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadline.sms.merge_fields import FieldTemplate, MergeError, fields_in, fill

VALUES = {
    "Student Name": "Sally",
    "Your Name": "Maya Alvarez",
    "Your System Number": "(734) 555-0142",
    "Office Phone Number": "(734) 555-0100",
    "Pronouns": " ",
}


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (
            "[Student Name], [Your Name] here. [student  name]!",
            ("Student Name", "Your Name"),
        ),
        ("[ Student\u00a0Name ]", ("Student Name",)),
        ("[Student’s Name] [Follow-up Date]", ("Student’s Name", "Follow-up Date")),
        (
            (
                "see [1], [x], [sic], [], [ ], [2 pm], [a@b.example], [two\nlines], [Un"
                " closed"
            ),
            (),
        ),
        ("[[Student Name]]", ("Student Name",)),
    ],
)
def test_words_in_square_brackets_are_fields(
    text: str, fields: tuple[str, ...]
) -> None:
    assert fields_in(text) == fields


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Hi [student NAME], [1] thing.", "Hi Sally, [1] thing."),
        ("[ Your  Name ]", "Maya Alvarez"),
        ("Save [Insert Your System Number Here].", "Save (734) 555-0142."),
        ("Call [Insert Office Phone Number].", "Call (734) 555-0100."),
        ("No fields.", "No fields."),
    ],
)
def test_fields_are_filled_whatever_their_case_and_spacing(
    text: str, filled: str
) -> None:
    assert fill(text, VALUES) == filled


def test_a_value_is_never_read_as_a_field() -> None:
    assert (
        fill("[Your Name]", {"Your Name": r"[Student Name] \1"}) == r"[Student Name] \1"
    )


def test_every_field_that_cannot_be_filled_is_named() -> None:
    with pytest.raises(MergeError) as refused:
        fill("[Your Name], [pronouns], [ Pronouns ], [Due Date]", VALUES)
    assert refused.value.empty == ("pronouns",)
    assert str(refused.value) == "There is nothing to put in [pronouns]."


def test_a_field_that_has_no_value_stays_as_written() -> None:
    assert fill("[Student Name]: [ Due  Date ].", VALUES) == "Sally: [ Due  Date ]."


def test_around_its_fields_a_text_is_what_remains() -> None:
    template = FieldTemplate("Hi [Student name], [Due Date] and [[Your Name]].")
    assert (
        template.around({"student name", "your name"})
        == "Hi  , [Due Date] and [[Your Name]]."
    )


@given(st.text())
def test_a_text_without_fields_is_left_alone(text: str) -> None:
    if not fields_in(text):
        assert fill(text, {}) == text
