"""How numbers are read, refused in plain words, and written back."""

import re
from contextlib import suppress
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadline.sms.area_codes import zones_of
from quadline.sms.phones import (
    PhoneError,
    area_code,
    digits_for_search,
    masked,
    normalise,
    spoken,
    time_zones,
    written,
)

SALLY = "+17345550177"

area_codes = [code for code in map(str, range(200, 1000)) if zones_of(code)]
valid_numbers = st.builds(
    "+1{}555{:04}".format, st.sampled_from(area_codes), st.integers(0, 9999)
)


@pytest.mark.parametrize(
    "raw",
    [
        "(734) 555-0177",
        "734-555-0177",
        "734.555.0177",
        "7345550177",
        "1 734 555 0177",
        "+1 (734) 555-0177",
        "  +17345550177\n",
        "\u202a+1\u00a0734\u2011555\u20110177\u202c",
        "７３４ ５５５ ０１７７",
    ],
)
def test_a_number_is_read_however_people_write_it(raw: str) -> None:
    assert normalise(raw) == SALLY


@pytest.mark.parametrize(
    ("raw", "e164"),
    [
        ("+15005550006", "+15005550006"),
        ("(212) 555-0100", "+12125550100"),
        ("(248) 555-9931", "+12485559931"),
        ("416-555-0123", "+14165550123"),
        ("(787) 555-0100", "+17875550100"),
        ("800-555-0100", "+18005550100"),
        ("+1 555 201 0142", "+15552010142"),
    ],
)
def test_fictional_test_and_territory_numbers_pass(raw: str, e164: str) -> None:
    assert normalise(raw) == e164


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", "Enter a phone number."),
        (" \u00a0\t", "Enter a phone number."),
        ("734-555-CALL", "has letters in it"),
        ("none", "has letters in it"),
        ("---", "is not a phone number"),
        ("(734) 555-0177 x12", "has an extension"),
        ("734 555 0177 ext. 4", "has an extension"),
        ("555-0177", "has no area code"),
        ("734-555-017", "is too short"),
        ("911", "is too short"),
        ("22395", "is too short"),
        ("734 555 0177 3", "is too long"),
        ("7345550177/3135550100", "is too long"),
        ("9" * 300, "is too long"),
        ("(134) 555-0177", "is not a valid number"),
        ("(734) 055-0177", "is not a valid number"),
        ("(734) 911-0177", "is not a valid number"),
        ("(911) 555-0177", "is not a valid number"),
        ("(290) 555-0177", "is not a valid number"),
        ("(900) 555-0177", "premium-rate"),
        ("+44 7911 123456", "texts numbers in the United States and Canada"),
        ("011 44 7911 123456", "texts numbers in the United States and Canada"),
        ("+1 876 555 0123", "texts numbers in the United States and Canada"),
        ("+999 123 456", "texts numbers in the United States and Canada"),
    ],
)
def test_what_cannot_be_texted_is_refused_in_plain_words(raw: str, reason: str) -> None:
    with pytest.raises(PhoneError, match=reason) as refused:
        normalise(raw)
    assert len(str(refused.value)) < 140


def test_the_region_is_only_for_numbers_without_a_country() -> None:
    assert normalise("+1 734 555 0177", region="GB") == SALLY
    with pytest.raises(PhoneError, match=r"07911 123456: Quadline texts"):
        normalise("07911 123456", region="GB")


@given(valid_numbers)
def test_a_number_written_for_people_reads_back_as_itself(e164: str) -> None:
    assert normalise(e164) == normalise(written(e164)) == e164


@given(st.text())
def test_any_text_is_a_number_or_a_refusal(raw: str) -> None:
    with suppress(PhoneError):
        assert re.fullmatch(r"\+1[2-9][0-9]{9}", normalise(raw))


def test_numbers_are_written_as_people_write_them() -> None:
    assert written("+15550100142") == "(555) 010-0142"
    assert written("+447911123456") == "+44 7911 123456"
    assert written("22395") == "22395"
    assert written("ALDER") == "ALDER"


def test_a_number_is_masked_spoken_searched_and_placed() -> None:
    assert masked(SALLY) == "mobile ending 0177"
    assert spoken(SALLY) == "7 3 4, 5 5 5, 0 1 7 7"
    assert spoken("22395") == "2 2 3 9 5"
    assert digits_for_search("+1 (734) 555-0177") == "17345550177"
    assert area_code(SALLY) == "734"
    assert area_code("+447911123456") == ""


@pytest.mark.parametrize(
    ("e164", "zones"),
    [
        (SALLY, ("America/Detroit",)),
        ("+12705550100", ("America/New_York", "America/Chicago")),  # Kentucky
        # Florida's panhandle
        ("+18505550100", ("America/New_York", "America/Chicago")),
        ("+19285550100", ("America/Phoenix", "America/Denver")),
        ("+19075550100", ("America/Anchorage", "America/Adak")),
        ("+18085550100", ("Pacific/Honolulu",)),
        ("+18675550100", ()),  # Canada's three northern territories: five zones
        ("+18005550100", ()),
        ("+15005550006", ()),
        ("+447911123456", ()),
    ],
)
def test_a_number_has_every_zone_of_its_area(e164: str, zones: tuple[str, ...]) -> None:
    assert time_zones(e164) == zones


def test_every_zone_in_the_table_exists_and_no_foreign_code_has_one() -> None:
    for code in area_codes:
        for zone in zones_of(code):
            assert datetime(2026, 1, 1, tzinfo=ZoneInfo(zone)).utcoffset() is not None
            assert normalise(f"{code}5550100") == f"+1{code}5550100"
