"""What of the college's list of sensitive kinds is in some words."""

import pytest

from quadline.college.sensitive import (
    MAX_KINDS,
    SENSITIVE_BY_DEFAULT,
    kinds_in,
    listed_kinds,
    sensitive_in,
)

SSN, CARD = "Social Security number", "Payment card number"


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        ("Your SSN 123-45-6789 is on file", [SSN]),
        ("Is 123 45 6789 right?", [SSN]),
        ("123\u201145\u20116789", [SSN]),
        ("\uff11\uff12\uff13-45-6789", [SSN]),
        ("000-45-6789, 666-45-6789, 923-45-6789, 123-00-6789", []),
        ("Call 734-555-0142 or 48109-1234", []),
        ("Room 123-45, building 6789", []),
        ("Order 9123-45-67890", []),
        ("Use 4111 1111 1111 1111", [CARD]),
        ("Use 4111-1111-1111-1111, please", [CARD]),
        ("4111111111111111", [CARD]),
        ("Amex 3782 822463 10005", [CARD]),
        ("5555 5555 5555 4444 and 123-45-6789", [SSN, CARD]),
        ("4111 1111 1111 1112 is off by one", []),
        ("1234567890123", []),
        ("+17345550142", []),
        ("Section 1111 2222 3333", []),
    ],
)
def test_the_usual_kinds_are_found_and_phones_rooms_and_dates_are_not(
    words: str, kinds: list[str]
) -> None:
    found = sensitive_in(words, SENSITIVE_BY_DEFAULT)
    assert [match.kind for match in found] == kinds


@pytest.mark.parametrize(
    ("shape", "words", "is_found"),
    [
        ("A99999999", "Your ID A12345678.", True),
        ("A99999999", "AA12345678", False),
        ("A99999999", "A123456789", False),
        ("99/99/9999", "born 01/02/2003", True),
        ("AA-9999", "BX 1234", True),
        ("AA.9999", "BX 1234", False),
    ],
)
def test_a_shape_of_the_college_matches_sign_by_sign(
    shape: str, words: str, is_found: bool
) -> None:
    assert bool(sensitive_in(words, f"Ours: {shape}")) is is_found


def test_what_was_found_is_not_shown_whole() -> None:
    [match] = sensitive_in("123-45-6789", SENSITIVE_BY_DEFAULT)
    assert match.masked == "···-··-6789"


def test_a_list_is_kept_in_one_form() -> None:
    assert listed_kinds(" Student ID:A99999999 \r\n\r\nCard : card ;") == (
        "Student ID: A99999999; Card: CARD"
    )
    assert listed_kinds("") == ""
    assert kinds_in("Room 12: door: 9999")[0].name == "Room 12: door"


@pytest.mark.parametrize(
    "written",
    [
        "Anything",
        ": 9999",
        "Name:",
        "Name: 999",
        "Name: (a+)+",
        "Name: .*",
        "Name: 9999" + "9" * 40,
        "N" * 41 + ": 9999",
        "A: 9999; a: AAAA",
        "; ".join(f"Kind {each}: 9999" for each in range(MAX_KINDS + 1)),
    ],
)
def test_what_is_no_list_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="has "):
        kinds_in(written)


def test_long_words_of_nearly_cards_are_read_through_once() -> None:
    words = "4111 1111 1111 1112 " * 1_000
    assert sensitive_in(words, SENSITIVE_BY_DEFAULT) == []
