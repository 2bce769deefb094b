"""Addresses as headers have them, those too that were made to cost or to deceive."""

import pytest

from quadline.emails.addresses import MAX_ADDRESSES, address_in_header, addresses_in

BO = "bo.jensen@alder.example"
ONE = [
    ("Bo Jensen <bo.jensen@alder.example>", BO),
    ("bo.jensen@alder.example", BO),
    ("<BO.Jensen@Alder.Example>", BO),
    ('"Jensen, Bo" <bo.jensen@alder.example>', BO),
    ('"maya@alder.example" <bo.jensen@alder.example>', BO),
    ("maya@alder.example <bo.jensen@alder.example>", BO),
    ("bo.jensen@alder.example (maya@alder.example)", BO),
    ("=?utf-8?q?=3Cmaya=40alder=2Eexample=3E?= <bo.jensen@alder.example>", BO),
    ("'bo.jensen@alder.example'", BO),
    ("Bo < bo.jensen@alder.example >", BO),
    ("undisclosed-recipients:;", ""),
    ("Bo Jensen", ""),
    ("", ""),
    ("(" * 9_000 + " <bo.jensen@alder.example>", BO),
    ('"' * 9_001 + " <bo.jensen@alder.example>", BO),
    ("<" * 9_000 + "bo.jensen@alder.example>", BO),
    ("@" * 90_000, ""),
    ("a" * 90_000, ""),
]


@pytest.mark.parametrize(("header", "address"), ONE)
def test_the_address_is_what_mail_goes_to(header: str, address: str) -> None:
    assert address_in_header(header) == address


def test_every_address_of_a_list_is_found_once() -> None:
    header = f'"A, B" <a@x.example>, b@x.example; Team: <{BO}>, {BO.upper()} (Bo)'
    assert addresses_in(header) == ["a@x.example", "b@x.example", BO]


def test_a_list_without_an_end_is_cut() -> None:
    assert (
        len(addresses_in(", ".join(f"s{n}@x.example" for n in range(5_000))))
        == MAX_ADDRESSES
    )
