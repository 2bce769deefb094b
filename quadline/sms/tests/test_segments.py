"""Segments are counted as they are billed: against a table,
an oracle, and what must hold.
"""

import json
from pathlib import Path

import pytest
import regex
import smsutil
from hypothesis import given
from hypothesis import strategies as st

from quadline.sms.segments import (
    Encoding,
    Segments,
    measure,
    plain_alternative,
    utf16_units,
)

CASES = json.loads(Path(__file__).with_name("segment_cases.json").read_text("utf-8"))

# smsutil takes U+001B for a character; it is the escape itself and cannot be sent on
# its own.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x1b"))
gsm7 = st.text(st.sampled_from("aZ @£é\n\r^{}[]~\\|€\f"), min_size=100, max_size=700)
mixed = st.text(st.sampled_from("aé€^’ç😀🙏\u200d"), min_size=30, max_size=300)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_cases_shared_with_the_browser(case: dict[str, str | int]) -> None:
    measured = measure(str(case["text"]))
    assert measured == Segments(
        Encoding(str(case["encoding"])),
        int(case["units"]),
        int(case["segments"]),
        int(case["room"]),
        str(case["forced_by"]),
    )


@given(st.one_of(texts, gsm7, mixed))
def test_the_oracle_agrees(text: str) -> None:
    if not text:  # smsutil calls an empty text UCS-2
        return
    oracle = smsutil.split(text)
    measured = measure(text)
    is_gsm7 = oracle.encoding == "gsm0338"
    assert measured.encoding is (Encoding.GSM7 if is_gsm7 else Encoding.UCS2)
    assert measured.units == oracle.total_bytes // (1 if is_gsm7 else 2)
    # It splits what a reader sees as one character; the carrier does not
    # (tests/architecture/test_segments_agree.py).
    has_joined = len(regex.findall(r"\r|\X", text)) != len(text)
    assert (
        measured.segments >= len(oracle.parts)
        if has_joined
        else measured.segments == len(oracle.parts)
    )


@given(st.text())
def test_any_text_is_measured(text: str) -> None:
    measured = measure(text)
    alone = 160 if measured.encoding is Encoding.GSM7 else 70
    assert (measured.segments == 0) is (text == "")
    assert (measured.segments <= 1) is (measured.units <= alone)
    assert 0 <= measured.room <= alone
    assert (measured.forced_by == "") is (measured.encoding is Encoding.GSM7)


@given(st.one_of(gsm7, mixed))
def test_room_is_what_still_fits(text: str) -> None:
    measured = measure(text)
    filler = "a" * measured.room
    assert measure(text + filler).segments == measured.segments
    assert measure(text + filler + "a").segments == measured.segments + 1


@given(st.text())
def test_the_plain_alternative_is_stable_and_never_in_a_wider_alphabet(
    text: str,
) -> None:
    plain = plain_alternative(text)
    assert plain_alternative(plain) == plain
    if measure(text).encoding is Encoding.GSM7:
        assert measure(plain).encoding is Encoding.GSM7


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("“Don’t wait” – it’s due…", "\"Don't wait\" - it's due..."),
        ("room\u00a012\u202f—\u2009ask", "room 12 - ask"),
        ("• one\t½ page", "- one 1/2 page"),
        ("Jose\u0301 and Ángel 🙏", "José and Ángel 🙏"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
    ],
)
def test_plain_characters_replace_typography_but_not_letters(
    typed: str, plain: str
) -> None:
    assert plain_alternative(typed) == plain


def test_length_is_what_a_browser_says() -> None:
    assert utf16_units("aé😀") == 4
