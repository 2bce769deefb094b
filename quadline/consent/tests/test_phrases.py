"""Which replies may ask for no more texts in the student's own words: a table of
real-life lines, English and Spanish.
"""

import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quadline.consent import phrases
from quadline.consent.phrases import MAX_KEPT_PHRASE, MAX_REPLY_READ, stop_phrase_in
from quadline.consent.reading import without_accents

LINES = tomllib.loads(
    Path(__file__).with_name("stop_lines.toml").read_text(encoding="utf-8")
)
ASKS = [line for language in LINES.values() for line in language["asks"]]
TALK = [line for language in LINES.values() for line in language["talk"]]
WORDS = sorted({word for line in [*ASKS, *TALK] for word in line.split()})


@pytest.mark.parametrize("line", ASKS)
def test_what_may_mean_stop_is_found(line: str) -> None:
    assert stop_phrase_in(line)


@pytest.mark.parametrize("line", TALK)
def test_everyday_talk_goes_by(line: str) -> None:
    assert stop_phrase_in(line) is None


def test_the_table_is_large_and_fair() -> None:
    lines = [*ASKS, *TALK]

    assert len(set(lines)) == len(lines) >= 200
    assert min(len(ASKS), len(TALK)) / len(lines) > 0.4
    assert all(
        min(len(LINES["spanish"][kind]), len(LINES["english"][kind])) >= 40
        for kind in ("asks", "talk")
    )


@pytest.mark.parametrize(
    "line",
    ["", "   ", "\n", "...", "’’’", "“”", "((((", "\x00", "____", "#", "a" * 5000],
)
def test_nothing_said_asks_nothing(line: str) -> None:
    assert stop_phrase_in(line) is None


@pytest.mark.parametrize(
    ("line", "phrase"),
    [
        ("Hi Maya. Please STOP texting me, ok?", "stop texting me"),
        ("sorry!! wrong number", "wrong number"),
        ("Ya NO me Manden nada", "ya no me manden"),
    ],
)
def test_what_was_taken_for_a_stop_is_named(line: str, phrase: str) -> None:
    assert phrase in (stop_phrase_in(line) or "")


def test_a_stop_after_a_long_story_counts_and_what_is_named_fits_its_column() -> None:
    story = "I was in class all day and the bus was late. " * 30

    assert stop_phrase_in(f"{story} Stop texting me")
    assert stop_phrase_in(f"{'x' * MAX_REPLY_READ} stop texting me") is None, (
        "no phone writes as much"
    )
    assert all(len(stop_phrase_in(line) or "") <= MAX_KEPT_PHRASE for line in ASKS)


def test_every_phrase_uses_sets_there_are_and_every_set_is_used() -> None:
    data = phrases._data()
    written = " ".join(
        phrase
        for language in phrases.LANGUAGES
        for kind in ("stops", "talk")
        for phrase in data[language][kind]
    )

    assert {name for name in data["sets"] if f"{{{name}}}" not in written} == set()


def test_what_the_phrases_are_written_in_is_what_replies_are_read_as() -> None:
    data = phrases._data()
    written = [*data["sets"].values(), *data["spellings"].values(), *data["spellings"]]
    written += [
        phrase
        for language in phrases.LANGUAGES
        for kind in ("stops", "talk")
        for phrase in data[language][kind]
    ]

    assert [
        line for line in written if without_accents(line) != line or "'" in line
    ] == []


# seconds of processor time: a pattern that backtracks takes years, none takes a second
WITHOUT_END = 30.0
HOSTILE = [
    "stop " * 320,
    "please " * 220,
    "no quiero " * 160,
    "do not want to get " * 84,
    "stop sending me all of these " * 55,
    "a" * 1600,
    '"' * 1600,
    "'a" * 800,
    "“" * 1600,
    ", " * 800,
    "#" * 1600,
    "\u0301" * 1600,
]


@pytest.mark.parametrize("body", HOSTILE, ids=lambda body: body[:12])
def test_no_reply_takes_long_to_read(body: str) -> None:
    begun = time.process_time()
    stop_phrase_in(body)

    assert time.process_time() - begun < WITHOUT_END


@settings(max_examples=200, deadline=None)
@given(
    st.text(max_size=MAX_REPLY_READ)
    | st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join)
)
def test_any_text_is_read(body: str) -> None:
    assert stop_phrase_in(body) is None or stop_phrase_in(body)
