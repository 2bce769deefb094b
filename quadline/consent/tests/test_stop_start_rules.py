"""Which word was said last: only dates of one clock are
compared, and in doubt STOP wins.
"""

from datetime import UTC, datetime, timedelta

import pytest

from quadline.consent.rules import Change
from quadline.consent.stop_start_rules import (
    NEAR,
    Word,
    WordSource,
    WordStanding,
    comes_after,
    standing_of,
)

NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
OUT, IN = Change.OPT_OUT, Change.OPT_IN


def word(
    change: Change,
    heard: timedelta = timedelta(0),
    *,
    carrier: timedelta | None = None,
    log: timedelta | None = None,
    kind: WordSource = WordSource.TEXT,
    id: int = 0,
) -> Word:
    """Times are since noon. ``log``: it was read from the log, which dates it so;
    ``carrier``: it was looked up.
    """
    dated = log if log is not None else carrier
    return Word(
        id=id,
        change=change,
        kind=kind,
        occurred_at=NOON + (log if log is not None else heard),
        heard_at=NOON + heard,
        carrier_at=NOON + dated if dated is not None else None,
    )


FAR = NEAR + SECOND


@pytest.mark.parametrize(
    ("start", "stop", "is_after"),
    [
        # Webhooks, minutes apart or less: they say nothing of when.
        (word(IN, 6 * SECOND), word(OUT), None),
        (word(IN), word(OUT, 6 * SECOND), None),
        (word(IN, NEAR), word(OUT), None),
        # Far apart by our clock.
        (word(IN, FAR), word(OUT), True),
        (word(IN), word(OUT, FAR), False),
        # Both by the carrier's clock: that alone counts, whenever they were heard and
        # however far off it is.
        (word(IN, 6 * SECOND, carrier=SECOND), word(OUT, carrier=2 * SECOND), False),
        (word(IN, carrier=2 * SECOND), word(OUT, 6 * SECOND, carrier=SECOND), True),
        (word(IN, 9 * HOUR, carrier=-HOUR), word(OUT, carrier=-HOUR - SECOND), True),
        # one second is no order
        (word(IN, carrier=SECOND), word(OUT, carrier=SECOND), False),
        # One by each clock: nobody knows how they differ.
        (word(IN, MINUTE, log=-40 * SECOND), word(OUT), None),
        (word(IN), word(OUT, MINUTE, log=-40 * SECOND), None),
        # the carrier's clock may be an hour behind
        (word(IN), word(OUT, MINUTE, log=-HOUR), None),
        (word(IN, HOUR), word(OUT, HOUR, log=-HOUR), None),
        (word(IN), word(OUT, HOUR, log=-MINUTE), None),  # read late, after a downtime
        (word(IN, 2 * HOUR), word(OUT, HOUR, log=-HOUR), True),  # later by every clock
    ],
)
def test_an_opt_in_comes_after_an_opt_out_by_one_clock(
    start: Word, stop: Word, is_after: bool | None
) -> None:
    assert comes_after(start, stop) is is_after


@pytest.mark.parametrize(
    ("start", "is_after"),
    [
        (word(IN, MINUTE), False),  # in doubt, and no carrier can tell
        (word(IN, FAR), True),
        (word(IN, HOUR, log=-HOUR), False),  # an old one
        (word(IN, HOUR, log=MINUTE), False),
        (word(IN, -HOUR), False),
    ],
)
def test_what_a_person_was_told_is_undone_by_what_surely_came_later(
    start: Word, is_after: bool
) -> None:
    assert comes_after(start, word(OUT, kind=WordSource.TOLD)) is is_after


@pytest.mark.parametrize(
    ("start", "is_after"),
    [
        (word(IN, MINUTE), True),  # pressed in the email about the refused text
        # the same, its webhook lost and the log's clock behind
        (word(IN, MINUTE, log=-40 * SECOND), True),
        (word(IN, HOUR, log=-HOUR), False),  # lost an hour before the call
        # known before the call, and the carrier refused all the same
        (word(IN, -SECOND), False),
    ],
)
def test_a_refusal_is_undone_by_what_we_hear_after_the_call(
    start: Word, is_after: bool
) -> None:
    assert comes_after(start, word(OUT, kind=WordSource.REFUSAL)) is is_after


STOP_1, START_2 = word(OUT, carrier=SECOND, id=1), word(IN, carrier=2 * SECOND, id=2)
LATE_STOP = word(OUT, MINUTE, id=3)


@pytest.mark.parametrize(
    ("words", "standing"),
    [
        ([STOP_1], WordStanding(STOP_1)),
        ([START_2], WordStanding(START_2)),
        ([STOP_1, START_2], WordStanding(START_2)),
        ([STOP_1, START_2, LATE_STOP], WordStanding(LATE_STOP, is_in_doubt=True)),
        ([STOP_1, LATE_STOP], WordStanding(LATE_STOP)),
        (
            [START_2, word(OUT, carrier=2 * SECOND, id=3)],
            WordStanding(word(OUT, carrier=2 * SECOND, id=3)),
        ),
        (
            [LATE_STOP, word(OUT, FAR + 2 * MINUTE, id=4), word(IN, id=5)],
            WordStanding(word(OUT, FAR + 2 * MINUTE, id=4)),
        ),
    ],
    ids=[
        "stop",
        "start",
        "start wins",
        "in doubt out",
        "two stops",
        "one second",
        "sure of one is enough",
    ],
)
def test_a_pair_stands_where_its_last_word_says(
    words: list[Word], standing: WordStanding
) -> None:
    assert standing_of(words) == standing
