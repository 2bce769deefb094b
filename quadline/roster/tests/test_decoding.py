"""Encodings: told from the bytes alone."""

import pytest

from quadline.roster.decoding import NotText, decode_file

NAMES = "student_id,first_name\n1,José\n2,Zoë\n3,Nuñez\n4,Jürgen\n5,O’Brien\n6,André\n7,Søren\n"


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("utf-32", "UTF-32"),
        ("cp1252", "Windows-1252"),
        ("mac_roman", "Mac OS Roman"),
    ],
)
def test_what_spreadsheets_write_is_read(encoding: str, said: str) -> None:
    assert decode_file(NAMES.encode(encoding)) == (NAMES, said)


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_utf_16_with_its_mark_is_read_in_either_order(mark: bytes) -> None:
    order = "utf-16-le" if mark == b"\xff\xfe" else "utf-16-be"

    assert decode_file(mark + NAMES.encode(order)).text == NAMES


def test_one_broken_byte_does_not_make_utf_8_something_else() -> None:
    text, said = decode_file(NAMES.encode() + b"8,Ren\xe9,\n")

    assert said == "UTF-8"
    assert text == NAMES + "8,Ren\ufffd,\n"


def test_a_file_that_is_cut_within_a_letter_is_utf_8() -> None:
    assert decode_file("id\n1,Zoë".encode()[:-1]).encoding == "UTF-8"


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04....",
        b"\xd0\xcf\x11\xe0....",
        b"%PDF-1.7",
        b"\x1f\x8b....",
        b"<!DOCTYPE html>",
        b"\xef\xbb\xbf <table>",
        bytes(500),
    ],
)
def test_what_is_no_text_is_named_with_what_to_do(content: bytes) -> None:
    with pytest.raises(NotText, match=r"[Ss]ave it as “CSV UTF-8”"):
        decode_file(content)


def test_a_stray_nul_is_no_reason_to_refuse() -> None:
    assert decode_file(NAMES.encode() + b"8,A\x00da\n").encoding == "UTF-8"
