"""Quiet hours across midnight, across clock changes and across zones."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadline.consent.quiet_hours import QuietHours, quiet_until

NIGHT = QuietHours(time(21), time(8))
DETROIT, CHICAGO, HONOLULU, PHOENIX = (
    "America/Detroit",
    "America/Chicago",
    "Pacific/Honolulu",
    "America/Phoenix",
)


def at(written: str, zone: str = DETROIT, fold: int = 0) -> datetime:
    """A moment by the clock on the wall; ``fold=1`` is the
    second time that clock shows it.
    """
    return (
        datetime.fromisoformat(written)
        .replace(tzinfo=ZoneInfo(zone), fold=fold)
        .astimezone(UTC)
    )


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-23 08:00", None),
        ("2026-11-23 12:00", None),
        ("2026-11-23 20:59:59", None),
        ("2026-11-23 21:00", "2026-11-24 08:00"),
        ("2026-11-23 23:59:59", "2026-11-24 08:00"),
        ("2026-11-24 00:00", "2026-11-24 08:00"),
        ("2026-11-24 07:59:59", "2026-11-24 08:00"),
        ("2026-12-31 22:00", "2027-01-01 08:00"),
        # the night in which the clock jumps: an hour shorter
        ("2027-03-13 22:00", "2027-03-14 08:00"),
        ("2027-03-14 03:00", "2027-03-14 08:00"),
        # the night in which an hour comes twice: an hour longer
        ("2026-10-31 22:00", "2026-11-01 08:00"),
        ("2026-11-01 01:30", "2026-11-01 08:00"),
    ],
)
def test_the_night_ends_at_eight_by_the_clock_on_the_wall(
    now: str, until: str | None
) -> None:
    assert quiet_until(at(now), (DETROIT,), NIGHT) == (at(until) if until else None)


def test_the_second_half_past_one_of_the_autumn_night_is_as_quiet_as_the_first() -> (
    None
):
    first, second = at("2026-11-01 01:30"), at("2026-11-01 01:30", fold=1)

    assert second - first == timedelta(hours=1)
    assert (
        quiet_until(first, (DETROIT,), NIGHT)
        == quiet_until(second, (DETROIT,), NIGHT)
        == at("2026-11-01 08:00")
    )


def test_an_end_at_half_past_two_on_the_day_that_skips_it_is_the_first_moment_after_the_gap() -> (
    None
):
    hours = QuietHours(time(21), time(2, 30))

    assert quiet_until(at("2027-03-14 01:59"), (DETROIT,), hours) == at(
        "2027-03-14 03:00"
    )
    assert quiet_until(at("2027-03-14 03:00"), (DETROIT,), hours) is None
    assert quiet_until(at("2027-03-15 01:59"), (DETROIT,), hours) == at(
        "2027-03-15 02:30"
    )


def test_an_end_in_the_hour_that_comes_twice_holds_in_both() -> None:
    hours = QuietHours(time(21), time(1, 30))

    assert quiet_until(at("2026-11-01 01:10"), (DETROIT,), hours) == at(
        "2026-11-01 01:30"
    )
    assert quiet_until(at("2026-11-01 01:10", fold=1), (DETROIT,), hours) == at(
        "2026-11-01 01:30", fold=1
    )


def test_a_start_at_half_past_two_on_the_day_that_skips_it_begins_after_the_gap() -> (
    None
):
    hours = QuietHours(time(2, 30), time(6))

    assert quiet_until(at("2027-03-14 01:59"), (DETROIT,), hours) is None
    assert quiet_until(at("2027-03-14 03:00"), (DETROIT,), hours) == at(
        "2027-03-14 06:00"
    )


def test_hours_within_one_day_do_not_cross_midnight() -> None:
    lunch = QuietHours(time(12), time(13))

    assert quiet_until(at("2026-11-23 12:30"), (DETROIT,), lunch) == at(
        "2026-11-23 13:00"
    )
    assert quiet_until(at("2026-11-23 23:30"), (DETROIT,), lunch) is None


def test_a_text_waits_until_it_is_day_in_every_zone_the_student_may_be_in() -> None:
    morning_in_detroit = at("2026-11-23 08:30")  # half past seven in Chicago

    assert quiet_until(morning_in_detroit, (DETROIT,), NIGHT) is None
    assert quiet_until(morning_in_detroit, (DETROIT, CHICAGO), NIGHT) == at(
        "2026-11-23 08:00", CHICAGO
    )
    assert quiet_until(at("2026-11-23 21:30"), (CHICAGO, DETROIT), NIGHT) == at(
        "2026-11-24 08:00", CHICAGO
    )


def test_the_morning_of_one_zone_that_is_the_evening_of_another_is_skipped() -> None:
    # six hours of day: five of difference leave one hour for both
    half_day = QuietHours(time(14), time(8))

    assert quiet_until(at("2026-11-23 20:00"), (DETROIT, HONOLULU), half_day) == at(
        "2026-11-24 08:00", HONOLULU
    )
    assert at("2026-11-24 08:00", HONOLULU) == at("2026-11-24 13:00", DETROIT)


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        ("21:00-08:00", NIGHT),
        ("00:00-06:30", QuietHours(time(0), time(6, 30))),
        ("", None),
        ("08:00-08:00", None),
    ],
)
def test_hours_are_read_as_they_are_written_and_empty_means_none(
    written: str, hours: QuietHours | None
) -> None:
    assert QuietHours.parse(written) == hours


moments = st.datetimes(
    datetime(2026, 10, 25),  # noqa: DTZ001  # the zone is given beside
    datetime(2027, 4, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
clocks = st.integers(0, 24 * 4 - 1).map(
    lambda quarter: time(quarter // 4, quarter % 4 * 15)
)
nights = st.builds(QuietHours, clocks, clocks).filter(
    lambda hours: hours.start != hours.end
)
places = st.lists(
    st.sampled_from([DETROIT, CHICAGO, PHOENIX]), min_size=1, max_size=3, unique=True
)


@given(now=moments, hours=nights, zones=places)
def test_a_held_text_leaves_when_no_clock_is_quiet_and_never_before(
    now: datetime, hours: QuietHours, zones: list[str]
) -> None:
    def is_quiet(moment: datetime) -> bool:
        return any(
            hours.cover(moment.astimezone(ZoneInfo(zone)).time()) for zone in zones
        )

    until = quiet_until(now, tuple(zones), hours)
    if until is None:
        assert not is_quiet(now)
        return
    assert is_quiet(now)
    assert until > now
    quarters = (
        now + timedelta(minutes=15 * step)
        for step in range(int((until - now) / timedelta(minutes=15)) + 1)
    )
    # zones that share no quiet-free hour give up after some days
    if until - now < timedelta(hours=24):
        assert all(is_quiet(moment) for moment in quarters if moment < until)
        assert not is_quiet(until)
