"""What is left of a text when it is cleaned, and when it is refused."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadline.sms.bodies import BodyError, checked_body, clean

any_text = st.text(st.characters())  # lone surrogates too


@pytest.mark.parametrize(
    ("typed", "body"),
    [
        ("one\r\ntwo\rthree\n\n", "one\ntwo\nthree"),
        ("a\tb", "a\tb"),
        ("nul\x00 bell\x07 del\x7f next\x85", "nul bell del next"),
        ("half \ud83d pair", "half  pair"),
        ("not\ufffe a\uffff char\ufdd0acter\U0001ffff", "not a character"),
        ("Jose\u0301", "José"),
        ("  indented \u00a0", "  indented"),
        ("👩\u200d👩\u200d👧 👍🏽 ❤\ufe0f", "👩\u200d👩\u200d👧 👍🏽 ❤\ufe0f"),
        ("\u200fشكرا\u200e ok", "\u200fشكرا\u200e ok"),
    ],
)
def test_a_body_keeps_what_a_phone_can_show(typed: str, body: str) -> None:
    assert clean(typed) == body


@given(any_text)
def test_cleaning_twice_is_cleaning_once_and_always_sendable(text: str) -> None:
    body = clean(text)
    assert clean(body) == body
    assert unicodedata.is_normalized("NFC", body)
    assert not {"\x00", "\r"} & set(body)
    body.encode("utf-8")


@pytest.mark.parametrize(
    "empty", ["", " \r\n\t", "\x00\x07", "\u200b", "\ufeff\u2060 \u200d"]
)
def test_a_message_that_shows_nothing_is_refused(empty: str) -> None:
    with pytest.raises(
        BodyError, match=r"^Write a message first\. Nothing was sent\.$"
    ):
        checked_body(empty)


def test_sixteen_hundred_characters_pass_and_one_more_is_named() -> None:
    assert checked_body("x" * 1600 + "\n") == "x" * 1600
    with pytest.raises(
        BodyError, match=r"has 1,601 characters; a text can have 1,600\. .* by 1\."
    ):
        checked_body("x" * 1601)


def test_length_is_counted_as_the_browser_does() -> None:
    assert checked_body("😀" * 800)
    with pytest.raises(BodyError, match=r"1,602 characters"):
        checked_body("😀" * 801)
