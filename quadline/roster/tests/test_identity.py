"""Ids as spreadsheets leave them."""

import pytest

from quadline.roster.identity import id_key, read_id


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("00417733", "00417733"),
        ('="0010"', "0010"),
        ("=0010", "0010"),
        ("'0010", "0010"),
        ('"0010"', "0010"),
        ("’0010", "0010"),
        ("T0001\u200b", "T0001"),
        ("\ufeffT0001", "T0001"),
        ("\u202aT0001\u202c", "T0001"),
        ("T\u00ad0001", "T0001"),
        ("\u00a0T0001\u00a0", "T0001"),
        ("００４１", "0041"),
        ("417733.0", "417733"),
        ("4.17733E+05", "417733"),
        ("417,733", "417733"),
        ("1,417,733", "1417733"),
        ("A-100.5", "A-100.5"),
        ("4E5", "4E5"),
        ("12/B", "12/B"),
        ("rosa.c", "rosa.c"),
    ],
)
def test_an_id_is_read_without_what_a_spreadsheet_did(written: str, kept: str) -> None:
    assert read_id(written)[:2] == (kept, "")


@pytest.mark.parametrize("written", ["417733.0", "4.17733E+05", "417,733"])
def test_an_id_that_was_changed_is_read_and_reported(written: str) -> None:
    assert "was changed by a spreadsheet and read as 417733" in read_id(written).note


@pytest.mark.parametrize(
    "written",
    [
        "4.18E+07",
        "1E+05",
        "#REF!",
        "#N/A",
        "########",
        "NULL",
        "-",
        "1-Mar",
        "Mar-01",
        "3/1/2026",
        "2026-03-01 00:00:00",
        "x" * 41,
    ],
)
def test_an_id_that_has_lost_something_is_nobodys(written: str) -> None:
    id = read_id(written)

    assert id.kept == ""
    assert id.fault


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("00417733", "417733"),
        ("0", "000"),
        ("T0001", "t0001"),
        ("A-1", "A–1"),
        ("A 1", "a1"),
        ("T0001", "T0001\u200b"),
    ],
)
def test_ids_that_differ_in_zeros_capitals_or_spaces_are_alike(
    one: str, other: str
) -> None:
    assert id_key(one) == id_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("10", "100"), ("T0001", "T1"), ("A1", "B1"), ("10", "1")]
)
def test_other_ids_are_not(one: str, other: str) -> None:
    assert id_key(one) != id_key(other)
