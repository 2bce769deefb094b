"""When administrators are told, as a table of looks: no database."""

from datetime import UTC, datetime, timedelta

import pytest

from quadline.health.rules import (
    HealthLevel,
    Letter,
    Watch,
    counted,
    first_watch,
    spoken_moment,
    spoken_time,
    watch_on,
    workers_were_away,
    worst_level,
)

START = datetime(2026, 10, 5, 14, 0, tzinfo=UTC)
LEVELS = {
    "g": HealthLevel.GREEN,
    "y": HealthLevel.YELLOW,
    "r": HealthLevel.RED,
    "?": HealthLevel.UNKNOWN,
}


def letters(looks: str) -> str:
    """One look a minute, a sign for each; the letters as R, O or . for none."""
    watch = first_watch(LEVELS[looks[0]], now=START)
    said = "."
    for minute, sign in enumerate(looks[1:], start=1):
        following = watch_on(watch, LEVELS[sign], now=START + timedelta(minutes=minute))
        watch = following.watch
        said += {Letter.RED: "R", Letter.OVER: "O", None: "."}[following.letter]
    return said


@pytest.mark.parametrize(
    ("looks", "said"),
    [
        # nothing happens
        ("gggggggg", "........"),
        ("yyyyyyyy", "........"),
        ("????????", "........"),
        # five minutes of red, once, however long it goes on
        ("grrrrrrrrr", "......R..."),
        ("rrrrrrrrrr", ".....R...."),
        # shorter
        ("grrrrrggggggg", "............."),
        # over after five minutes of anything else that is known
        ("rrrrrrgggggg", ".....R.....O"),
        ("rrrrrryyyyyy", ".....R.....O"),
        ("rrrrrrggggggggg", ".....R.....O..."),
        # flapping is one trouble: one letter, and none until it is calm
        ("rrgrrgrrgrrg", "......R....."),
        ("rrgrrrgrrgrrgrrggggggg", ".....R..............O."),
        # what is not known neither begins nor ends it
        ("rr?rrrr", ".....R."),
        ("rrrrrr??????????", ".....R.........."),
        ("rrrrrr???gggggg", ".....R........O"),
        ("rrrrrrgg??gggggg", ".....R.........O"),
        # a second trouble is told, too
        ("rrrrrrggggggrrrrrr", ".....R.....O.....R"),
    ],
)
def test_one_letter_when_it_turns_red_and_one_when_it_is_over(
    looks: str, said: str
) -> None:
    assert letters(looks) == said


def test_the_end_says_since_when_it_was() -> None:
    watch = Watch(
        HealthLevel.GREEN,
        since=START,
        looked_at=START,
        red_since=START - timedelta(hours=2),
        calm_since=START - timedelta(minutes=5),
        told_at=START - timedelta(hours=1),
    )
    following = watch_on(watch, HealthLevel.GREEN, now=START)

    assert following.letter is Letter.OVER
    assert following.began_at == START - timedelta(hours=2)
    assert following.watch.red_since is following.watch.told_at is None


def test_since_is_when_the_level_changed() -> None:
    watch = first_watch(HealthLevel.GREEN, now=START)
    later = START + timedelta(minutes=1)
    for level, since in ((HealthLevel.GREEN, START), (HealthLevel.RED, later)):
        assert watch_on(watch, level, now=later).watch.since == since


@pytest.mark.parametrize(("minutes", "away"), [(1, False), (5, False), (6, True)])
def test_a_gap_between_looks_is_a_time_without_workers(
    minutes: int, away: bool
) -> None:
    before = first_watch(HealthLevel.GREEN, now=START)

    now = START + timedelta(minutes=minutes)
    assert workers_were_away(before, now=now) is away


@pytest.mark.parametrize(
    ("levels", "worst"),
    [
        ("", HealthLevel.GREEN),
        ("gg", HealthLevel.GREEN),
        ("g?", HealthLevel.UNKNOWN),
        ("?y", HealthLevel.YELLOW),
        ("yrg", HealthLevel.RED),
    ],
)
def test_the_worst_level_counts(levels: str, worst: HealthLevel) -> None:
    assert worst_level(LEVELS[sign] for sign in levels) is worst


def test_times_and_counts_as_sentences_have_them() -> None:
    assert spoken_time(START, START) == "2:00 PM"
    assert spoken_time(START, START + timedelta(days=1)) == "Oct 5, 2:00 PM"
    assert spoken_moment(START, START) == "at 2:00 PM"
    assert spoken_moment(START, START + timedelta(days=1)) == "on Oct 5 at 2:00 PM"
    assert counted(1, "text") == "1 text"
    assert counted(1200, "reply", "replies") == "1,200 replies"
