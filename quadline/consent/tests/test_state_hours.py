"""The states' own hours, by the student's zone and state, beside the college's."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from quadline.college.rules import STATES_BY_DEFAULT
from quadline.consent.quiet_hours import QuietHours, place, quiet_until
from quadline.consent.state_hours import (
    EVERY_DAY,
    ON_DAYS,
    ONLY_A_LATER_MORNING,
    hours_of,
)
from quadline.sms import area_codes

NIGHT = QuietHours(time(21), time(8))
NEW_YORK, CHICAGO, DETROIT = "America/New_York", "America/Chicago", "America/Detroit"
FLORIDA, PANHANDLE, TEXAS = (
    place(NEW_YORK, "FL"),
    place(CHICAGO, "FL"),
    place(CHICAGO, "TX"),
)
RHODE_ISLAND, CONNECTICUT = place(NEW_YORK, "RI"), place(NEW_YORK, "CT")


def at(written: str, zone: str) -> datetime:
    return (
        datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    )


@pytest.mark.parametrize(
    ("now", "where", "until"),
    [
        # Monday, November 23, 2026
        ("2026-11-23 19:59:59", FLORIDA, None),
        ("2026-11-23 20:00", FLORIDA, "2026-11-24 08:00"),
        ("2026-11-23 20:30", NEW_YORK, None),
        ("2026-11-24 03:00", FLORIDA, "2026-11-24 08:00"),
        ("2026-11-24 08:00", FLORIDA, None),
        ("2026-11-24 08:30", CONNECTICUT, "2026-11-24 09:00"),
        ("2026-11-24 09:00", CONNECTICUT, None),
        # Saturday 28 and Sunday 29
        ("2026-11-27 18:00", RHODE_ISLAND, "2026-11-28 10:00"),
        ("2026-11-28 17:00", RHODE_ISLAND, "2026-11-29 10:00"),
        ("2026-11-29 17:00", RHODE_ISLAND, "2026-11-30 09:00"),
    ],
)
def test_a_state_is_stricter_than_the_night(
    now: str, where: str, until: str | None
) -> None:
    expected = at(until, NEW_YORK) if until else None
    assert quiet_until(at(now, NEW_YORK), (where,), NIGHT) == expected


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-28 21:00", "2026-11-29 12:00"),
        ("2026-11-29 09:30", "2026-11-29 12:00"),
        ("2026-11-29 12:00", None),
        ("2026-11-29 22:00", "2026-11-30 09:00"),
    ],
)
def test_in_texas_sunday_begins_at_noon(now: str, until: str | None) -> None:
    expected = at(until, CHICAGO) if until else None
    assert quiet_until(at(now, CHICAGO), (TEXAS,), NIGHT) == expected


def test_a_state_in_two_zones_is_asked_in_both() -> None:
    """Florida's panhandle is an hour behind: 8 PM in Miami holds,
    and so does 7:59 AM in Pensacola.
    """
    where = (FLORIDA, PANHANDLE)
    morning = at("2026-11-24 08:00", CHICAGO)
    assert quiet_until(at("2026-11-23 20:00", NEW_YORK), where, NIGHT) == morning
    assert quiet_until(at("2026-11-24 08:30", NEW_YORK), where, NIGHT) == morning
    assert quiet_until(morning, where, NIGHT) is None


def test_a_students_phone_from_one_state_and_campus_in_another_are_both_asked() -> None:
    where = (DETROIT, TEXAS)
    assert quiet_until(at("2026-11-29 11:00", DETROIT), where, NIGHT) == at(
        "2026-11-29 13:00", DETROIT
    )


def test_a_college_may_open_later_or_close_earlier_than_a_state() -> None:
    college = QuietHours(time(18), time(10))
    assert quiet_until(at("2026-11-23 18:00", NEW_YORK), (FLORIDA,), college) == at(
        "2026-11-24 10:00", NEW_YORK
    )


def test_the_clock_that_jumps_moves_a_states_morning_with_it() -> None:
    # Saturday; the clock jumps on Sunday at 2 AM
    before = at("2027-03-13 21:00", CHICAGO)
    until = quiet_until(before, (TEXAS,), NIGHT)
    assert until == at("2027-03-14 12:00", CHICAGO)
    assert (until - before).total_seconds() == 14 * 3600


@pytest.mark.parametrize("state", sorted(EVERY_DAY))
def test_every_state_lets_texts_arrive_on_every_day(state: str) -> None:
    week = [hours_of(state, weekday) for weekday in range(7)]
    assert all(
        hours and time(8) <= hours.opens < hours.closes <= time(21) for hours in week
    )


def test_the_table_names_states_once_and_only_those_that_have_hours() -> None:
    assert {state for state, _ in ON_DAYS} <= EVERY_DAY.keys()
    assert set(STATES_BY_DEFAULT.split(",")) | ONLY_A_LATER_MORNING == EVERY_DAY.keys()
    assert all(EVERY_DAY[state].closes == time(21) for state in ONLY_A_LATER_MORNING)
    assert hours_of("NY", 0) is None


def test_every_area_code_of_such_a_state_lies_in_a_zone_we_know() -> None:
    listed = [code for codes in area_codes._STATES.values() for code in codes.split()]
    assert len(listed) == len(set(listed))
    assert area_codes._STATES.keys() == EVERY_DAY.keys()
    assert [code for code in listed if not area_codes.zones_of(code)] == []
    assert all(not area_codes.is_foreign(code) for code in listed)
