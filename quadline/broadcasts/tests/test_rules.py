"""The law of a broadcast, as tables. No database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadline.broadcasts.rules import (
    MAY_BECOME,
    NO_TEXT_WORDS,
    BroadcastState,
    NoTextReason,
    PlannedOutcome,
    finish_at,
    outcome_of,
    sending_seconds,
)
from quadline.consent.quiet_hours import QuietHours, quiet_until
from quadline.consent.rules import Reason

HOURS = QuietHours.parse("21:00-08:00")
DETROIT, HAWAII = ("America/Detroit",), ("Pacific/Honolulu",)
# in Detroit; seven in the morning on Hawaii
NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_every_reason_has_words_and_one_outcome() -> None:
    assert set(NO_TEXT_WORDS) == set(NoTextReason)
    assert {outcome_of(why) for why in NoTextReason} == {
        PlannedOutcome.EMAIL,
        PlannedOutcome.NOTHING,
    }
    assert {reason.value for reason in Reason} - {Reason.QUIET_HOURS} <= {
        why.value for why in NoTextReason
    }


def test_every_state_has_its_followers() -> None:
    assert set(MAY_BECOME) == set(BroadcastState)
    assert MAY_BECOME[BroadcastState.STOPPED] == frozenset()


@pytest.mark.parametrize(
    ("segments", "rate", "seconds"),
    [(0, 1.0, 0), (10, 1.0, 10), (10, 3.0, 4), (10, 0, 0)],
)
def test_segments_take_as_long_as_the_rate_says(
    segments: int, rate: float, seconds: int
) -> None:
    assert sending_seconds(segments, rate) == seconds


@pytest.mark.parametrize(
    ("load", "now", "ends"),
    [
        ({}, NOON, NOON),
        ({DETROIT: 60}, NOON, NOON + MINUTE),
        ({(): 60, DETROIT: 60}, NOON, NOON + 2 * MINUTE),
        # Too early on Hawaii: those wait for eight o'clock there, the others go at
        # once.
        ({DETROIT: 60, HAWAII: 60}, NOON, NOON + timedelta(hours=1) + MINUTE),
        # Ten in the evening: all wait for the morning, but what goes at any hour does
        # not.
        (
            {DETROIT: 60},
            NOON + timedelta(hours=10),
            NOON + timedelta(hours=20) + MINUTE,
        ),
        ({(): 60}, NOON + timedelta(hours=10), NOON + timedelta(hours=10) + MINUTE),
        # Ten hours of sending from noon: nine today, one tomorrow.
        ({DETROIT: 36_000}, NOON, NOON + timedelta(hours=21)),
    ],
)
def test_the_end_is_after_the_rate_and_the_nights(
    load: dict[tuple[str, ...], int], now: datetime, ends: datetime
) -> None:
    assert finish_at(load, now=now, rate=1.0, quiet_hours=HOURS) == ends


def test_without_a_limit_only_the_night_is_waited_for() -> None:
    night = NOON + timedelta(hours=10)
    assert finish_at(
        {DETROIT: 10**6}, now=night, rate=0, quiet_hours=HOURS
    ) == NOON + timedelta(hours=20)
    assert finish_at({DETROIT: 10**6}, now=night, rate=0, quiet_hours=None) == night


LOADS = st.dictionaries(
    st.sampled_from([(), DETROIT, HAWAII, DETROIT + HAWAII]),
    st.integers(0, 20_000),
    max_size=4,
)


@given(load=LOADS, hours=st.integers(0, 47), rate=st.sampled_from([0.5, 1.0, 10.0]))
def test_the_end_is_never_earlier_than_the_rate_allows_nor_in_everybodys_night(
    load: dict[tuple[str, ...], int], hours: int, rate: float
) -> None:
    now = NOON + timedelta(hours=hours)
    ends = finish_at(load, now=now, rate=rate, quiet_hours=HOURS)
    assert ends >= now + timedelta(seconds=sum(load.values()) / rate) - timedelta(
        seconds=1
    )
    at_the_end = (
        ends - timedelta(minutes=6) if ends > now + timedelta(minutes=6) else now
    )
    if HOURS and any(load.values()) and ends > now:
        assert any(
            not quiet_until(moment, zones, HOURS)
            for zones in load
            if load[zones]
            for moment in (at_the_end, ends)
        )
