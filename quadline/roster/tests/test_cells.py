"""Phones and addresses as people type them into cells."""

import pytest

from quadline.roster import cells
from quadline.roster.cells import CellFault


@pytest.mark.parametrize(
    "written",
    [
        "(734) 555-0177",
        "734.555.0177",
        "734-555-0177",
        "734 555 0177",
        "7345550177",
        "+1 734 555 0177",
        "17345550177",
        "1-734-555-0177",
        "734\u2013555\u20130177",
        "734\u00a0555\u00a00177",
        "\u202a+17345550177\u202c",
        "７３４５５５０１７７",
        "7345550177.0",
        "7.345550177E9",
        "7.345550177E+09",
        '="7345550177"',
        "'7345550177",
        "tel:+17345550177",
        "Cell: (734) 555-0177",
        "(734) 555-0177 (cell)",
        "(734) 555-0177 / 734.555.0177",
    ],
)
def test_a_phone_is_read_in_any_usual_writing(written: str) -> None:
    assert cells.phone_cell(written) == "+17345550177"


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("N/A", "is no phone number"),
        ("none", "is no phone number"),
        ("Unknown", "is no phone number"),
        ("-", "is no phone number"),
        ("landline", "is no phone number"),
        ("not provided", "is no phone number"),
        ("xxx-xxx-xxxx", "has letters in it"),
        ("+44 7700 900123", "is a number of another country"),
        ("(734) 555-0177 x12", "has an extension"),
        ("734-555-0177 / 734-555-0188", "has more than one number"),
        ("7345550177 or 7345550188", "has more than one number"),
        ("7345550177, 7345550188", "has more than one number"),
        ("000-000-0000", "is not a valid number"),
        ("0000000000", "is not a valid number"),
        ("555-0177", "has no area code"),
        ("7.35E+09", "has lost digits in a spreadsheet"),
        ("734555017", "is too short"),
        ("73455501777", "is too long"),
        ("#N/A", "is a spreadsheet's error"),
        ("call mom", "has letters in it"),
        ("9" * 5000, "is longer than"),
    ],
)
def test_a_phone_that_is_none_says_why(written: str, why: str) -> None:
    with pytest.raises(CellFault, match=why):
        cells.phone_cell(written)


@pytest.mark.parametrize(
    "written",
    [
        "ada@alder.example",
        "ADA@Alder.Example",
        "Ada Lund <ada@alder.example>",
        '"Lund, Ada" <ada@alder.example>',
        "<ada@alder.example>",
        "mailto:ada@alder.example",
        "ada@alder.example.",
        "ada@alder.example;",
        " ada@alder.example\u200b",
        "ada@alder.example; ADA@alder.example",
    ],
)
def test_an_address_is_read_in_any_usual_writing(written: str) -> None:
    assert cells.email(written) == "ada@alder.example"


@pytest.mark.parametrize(
    "plain",
    [
        "ada+q@alder.example",
        "o'brien@alder.example",
        "a.b-c@mail.alder.example",
        "1@a.example",
    ],
)
def test_an_unusual_address_is_one(plain: str) -> None:
    assert cells.email(plain) == plain


@pytest.mark.parametrize(
    "written",
    [
        "ada@alder.example; ada2@alder.example",
        "a@x.example, b@x.example",
        "a@x.example b@x.example",
    ],
)
def test_two_addresses_are_not_one(written: str) -> None:
    with pytest.raises(CellFault, match="more than one address"):
        cells.email(written)


@pytest.mark.parametrize(
    "written",
    [
        "two@",
        "@x.example",
        "ada",
        "a@@x.example",
        "a..b@x.example",
        "a@x",
        "a@x..example",
        "a@-x.example",
        "N/A",
        "ada lund@x.example",
    ],
)
def test_what_is_no_address_says_so(written: str) -> None:
    with pytest.raises(CellFault, match="address"):
        cells.email(written)
