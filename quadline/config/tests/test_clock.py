"""The database's time, as a process knows it: however its own clock is set."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from asgiref.sync import async_to_sync
from django.db import connection

from quadline import clock

now, read = (
    clock.now,
    clock.read_database_clock,
)  # before a test puts Python's time in their place
NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock as it is outside of tests, which nobody has asked yet."""
    monkeypatch.setattr(clock, "now", now)
    monkeypatch.setattr(clock, "read_database_clock", read)
    monkeypatch.setattr(clock, "_last", None)


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Our own clock, which goes on when a test says so."""
    shown = [1000.0]
    monkeypatch.setattr(clock, "monotonic_seconds", lambda: shown[0])
    return shown


def told(at: datetime, *, asked: float) -> None:
    clock.note_database_time(at, asked=asked)


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [timedelta(seconds=-600), timedelta(seconds=7000)])
def test_a_wrong_clock_of_this_machine_changes_nothing(wrong: timedelta) -> None:
    before = database_time()
    with time_machine.travel(datetime.now(UTC) + wrong):
        here = clock.now()
        assert clock.read_database_clock() <= database_time()
    assert before <= here <= database_time()


@pytest.mark.django_db
def test_the_database_is_asked_once_a_second_at_most(seconds: list[float]) -> None:
    first = clock.now()
    with no_question():
        seconds[0] += 0.9
        assert clock.now() == first + timedelta(seconds=0.9)
    seconds[0] += 0.2
    clock.now()
    assert clock._last.heard == seconds[0]  # type: ignore[union-attr]


@pytest.mark.django_db
def test_an_event_loop_counts_on_and_does_not_wait_for_the_database(
    seconds: list[float],
) -> None:
    first = clock.now()
    seconds[0] += 60

    async def look() -> datetime:
        return clock.now()

    with no_question():
        assert async_to_sync(look)() == first + timedelta(seconds=60)


def test_a_slow_answer_sets_our_time_neither_back_nor_ahead(
    seconds: list[float],
) -> None:
    told(NOON, asked=1000.0)
    seconds[0] = 1010.0
    # it read its clock long before we heard
    told(NOON + timedelta(seconds=3), asked=1001.0)
    assert clock.now() == NOON + timedelta(seconds=10)
    told(NOON + timedelta(seconds=10), asked=1001.0)  # long after we asked
    assert clock.now() == NOON + timedelta(seconds=10)


@pytest.mark.parametrize("step", [timedelta(hours=1), timedelta(hours=-1)])
def test_when_the_databases_own_clock_is_set_ours_follows(
    seconds: list[float], step: timedelta
) -> None:
    told(NOON, asked=1000.0)
    seconds[0] = 1001.0
    told(NOON + timedelta(seconds=1) + step, asked=1001.0)
    assert clock.now() == NOON + timedelta(seconds=1) + step


def database_time() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (at,) = cursor.fetchone()
    return at  # type: ignore[no-any-return]


def no_question() -> Any:
    def refuse(*_: Any) -> None:
        raise AssertionError("the database was asked")

    return connection.execute_wrapper(refuse)
