"""The card reads back as what was written, whatever the name holds."""

import re

import pytest

from quadline.conversations.contact_card import MAX_VCARD_LINE, make_contact_card
from quadline.numbers.models import SystemNumber
from tests.cast import Cast
from tests.journeys.furnished import give_number


@pytest.fixture
def number(people: Cast) -> SystemNumber:
    return give_number(people.maya, "+17345550200")


def lines(card: bytes) -> list[str]:
    """Unfolded, as a phone reads them."""
    return card.replace(b"\r\n ", b"").decode().split("\r\n")


def test_it_holds_the_number_as_text_only_and_the_office_line(
    people: Cast, number: SystemNumber
) -> None:
    assert lines(make_contact_card(people.maya, number)) == [
        "BEGIN:VCARD",
        "VERSION:3.0",
        "N:Alvarez;Maya;;;(Text Only)",
        "FN:Maya Alvarez (Text Only)",
        "ORG:Alder College;Nursing and Health Advising",
        "TITLE:Academic advisor",
        "TEL;TYPE=cell,text:+17345550200",
        "NOTE:Text only. For calls: office line (734) 555-0100",
        "END:VCARD",
        "",
    ]


def test_without_an_office_line_it_names_none(
    people: Cast, number: SystemNumber
) -> None:
    people.maya.office_phone = people.maya.title = ""
    people.maya.office = None

    assert lines(make_contact_card(people.maya, number))[4:7] == [
        "ORG:Alder College",
        "TEL;TYPE=cell,text:+17345550200",
        "NOTE:Text only.",
    ]


def test_what_would_end_a_value_is_escaped(people: Cast, number: SystemNumber) -> None:
    people.maya.name = "Maya\r\nTEL:+1900 A;B,C\\D"

    card = lines(make_contact_card(people.maya, number))
    assert card[3] == r"FN:Maya\nTEL:+1900 A\;B\,C\\D (Text Only)"
    assert [line for line in card if line.startswith("TEL")] == [
        "TEL;TYPE=cell,text:+17345550200"
    ]


def test_long_lines_are_folded_between_characters(
    people: Cast, number: SystemNumber
) -> None:
    people.maya.name = "Đặng Thị Ánh Nguyệt " * 9
    card = make_contact_card(people.maya, number)

    assert max(len(line) for line in card.split(b"\r\n")) <= MAX_VCARD_LINE
    assert all(line.decode() for line in card.split(b"\r\n") if line)
    assert re.search(
        r"FN:(Đặng Thị Ánh Nguyệt ){9}", card.replace(b"\r\n ", b"").decode()
    )
