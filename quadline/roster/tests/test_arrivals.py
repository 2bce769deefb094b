"""When a file is whole, and when one is late: tables."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from quadline.roster.runs.rules import (
    SeenFile,
    Trouble,
    arrival_trouble,
    arrivals,
    is_temporary,
    last_due,
    waits_for_more,
)

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")


def seen(size: int = 9, modified: int = 1, *, seconds: float = 60) -> SeenFile:
    return SeenFile(size, modified, NOW - timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("name", "temporary"),
    [
        ("students.csv", False),
        ("students.csv.PART", True),
        (".in.students.csv", True),
        ("students.csv~", True),
        ("~$students.csv", True),
        ("partial.csv", False),
        ("students.csv.tmp", True),
    ],
)
def test_what_programs_call_a_file_while_they_write_it(
    name: str, temporary: bool
) -> None:
    assert is_temporary(name) is temporary


@pytest.mark.parametrize(
    ("before", "found", "ready"),
    [
        ({}, {"a.csv": (9, 1)}, []),
        ({"a.csv": seen()}, {"a.csv": (9, 1)}, [["a.csv"]]),
        ({"a.csv": seen(seconds=49)}, {"a.csv": (9, 1)}, []),
        ({"a.csv": seen(size=8)}, {"a.csv": (9, 1)}, []),
        ({"a.csv": seen(modified=2)}, {"a.csv": (9, 1)}, []),
        ({"a.zip": seen(size=0)}, {"a.zip": (0, 1)}, []),
        (
            {"a.csv": seen(), "b.csv": seen()},
            {"a.csv": (9, 1), "b.csv": (9, 1)},
            [["a.csv", "b.csv"]],
        ),
        ({"a.csv": seen()}, {"a.csv": (9, 1), "b.csv": (9, 1)}, []),
        ({"a.csv": seen()}, {"a.csv": (9, 1), "b.csv.part": (9, 1)}, []),
        (
            {"a.csv": seen(), "b.csv.part": seen()},
            {"a.csv": (9, 1), "b.csv.part": (9, 1)},
            [["a.csv"]],
        ),
        (
            {"a.zip": seen(), "b.zip": seen()},
            {"a.zip": (9, 1), "b.zip": (9, 1)},
            [["a.zip"], ["b.zip"]],
        ),
    ],
)
def test_a_delivery_is_ready_when_nothing_has_changed(
    before: dict[str, SeenFile],
    found: dict[str, tuple[int, int]],
    ready: list[list[str]],
) -> None:
    assert arrivals(found, before, now=NOW).ready == ready


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("arrived", "now", "trouble"),
    [
        (at(20, 4), at(20, 5), Trouble.NONE),
        (at(19, 4), at(20, 4, 40), Trouble.NONE),  # within the grace
        (at(19, 4), at(20, 5), Trouble.LATE),
        (at(19, 4), at(21, 4, 40), Trouble.LATE),
        (at(19, 4), at(21, 5), Trouble.MISSING),
        (at(20, 11), at(20, 12), Trouble.NONE),  # late, but there
        (at(20, 11), at(21, 5), Trouble.NONE),
        (None, at(20, 5), Trouble.MISSING),
    ],
)
def test_a_file_is_late_then_missing(
    arrived: datetime | None, now: datetime, trouble: Trouble
) -> None:
    found = arrival_trouble(
        expected_by=time(4, 30), arrived_at=arrived, since=at(1, 0), now=now
    )
    assert found == trouble


def test_a_new_source_is_not_late_for_what_was_before_it() -> None:
    found = arrival_trouble(
        expected_by=time(4, 30), arrived_at=None, since=at(20, 4, 31), now=at(20, 12)
    )
    assert found == Trouble.NONE


def test_the_hour_is_the_clocks_on_both_sides_of_a_change() -> None:
    before = datetime(2026, 11, 1, 0, 0, tzinfo=ZONE)
    assert last_due(time(4, 30), before).isoformat() == "2026-10-31T04:30:00-04:00"
    after = datetime(2026, 11, 1, 12, 0, tzinfo=ZONE)
    assert last_due(time(4, 30), after).isoformat() == "2026-11-01T04:30:00-05:00"


def test_the_others_of_a_manifest_are_awaited_for_a_while() -> None:
    named = {"users.csv", "roles.csv"}
    soon, late = NOW + timedelta(minutes=29), NOW + timedelta(minutes=31)

    assert waits_for_more(named, {"users.csv"}, since=NOW, now=soon)
    assert not waits_for_more(named, {"users.csv"}, since=NOW, now=late)
    assert not waits_for_more(named, named, since=NOW, now=soon)
