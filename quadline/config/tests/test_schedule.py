"""Every worker keeps the timetable; however many there are,
each tick of a timed job is one job.
"""

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from asgiref.sync import async_to_sync
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app

from quadline import clock, jobs
from quadline.config.schedule import timetable
from quadline.delivery.sending.sender import send_due_texts, send_overdue_texts
from quadline.delivery.tests.acts import at_once
from quadline.jobs import enqueue
from quadline.numbers.alerts import email_number_active
from quadline.worker import (
    DatabaseClockDeferrer,
    drop_repeated_jobs,
    reschedule_future_jobs,
)

# five seconds into a quarter of an hour: every timed job but the nightly ones has had
# its tick
NOON = 1_800_014_405.0
RUN_OFTEN = {
    timed.run.name for timed in timetable() if not timed.cron.startswith("20 7")
}


@pytest.fixture
def no_jobs(transactional_db: None) -> Iterator[None]:
    yield
    forget_jobs()


def forget_jobs() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


def waiting() -> Counter[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT task_name, count(*) FROM procrastinate_jobs WHERE status = 'todo'"
            " GROUP BY 1"
        )
        return Counter(dict(cursor.fetchall()))


def run_all_that_wait() -> None:
    """As a worker does with what went well: it is deleted,
    and the tick stays on record.
    """
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")


class Scheduler:
    """One worker's: what it has deferred before it knows for itself only."""

    def __init__(self) -> None:
        self.deferrer = DatabaseClockDeferrer(registry=app.periodic_registry)

    def look(self, at: float) -> None:
        self.deferrer.forget_what_is_to_come(at)
        async_to_sync(self.deferrer.defer_jobs)(
            list(self.deferrer.get_previous_tasks(at=at))
        )


@pytest.mark.usefixtures("no_jobs")
def test_two_schedulers_at_the_same_moment_make_one_job_of_each_tick() -> None:
    start = Barrier(2)

    def scheduler() -> Callable[[], None]:
        mine = Scheduler()

        def look() -> None:
            start.wait()
            mine.look(NOON)

        return look

    at_once([scheduler(), scheduler()])
    assert waiting() == dict.fromkeys(RUN_OFTEN, 1)


@pytest.mark.usefixtures("no_jobs")
def test_a_tick_that_was_run_is_not_run_again_for_another_scheduler() -> None:
    first, second = Scheduler(), Scheduler()
    first.look(NOON)
    run_all_that_wait()
    second.look(NOON + 1)
    assert waiting() == {}


@pytest.mark.usefixtures("no_jobs")
def test_of_due_jobs_that_say_the_same_thing_the_newest_is_kept() -> None:
    for at in range(5):
        enqueue(send_due_texts)
        enqueue(send_overdue_texts, timestamp=at)
        enqueue(email_number_active, number_id=at % 2)
        enqueue(send_due_texts, after=timedelta(minutes=5))
    newest = due_jobs(send_due_texts)[-1]
    drop_repeated()
    assert due_jobs(send_due_texts) == [newest]
    assert [
        len(due_jobs(task)) for task in (send_overdue_texts, email_number_active)
    ] == [1, 2]
    assert waiting()[send_due_texts.name] == 6, "what is not due yet stays"


def drop_repeated() -> None:
    as_a_worker(drop_repeated_jobs)


def as_a_worker(act: Callable[[Any], Awaitable[object]]) -> None:
    async def run() -> None:
        connector: Any = app.connector
        async with app.with_connector(
            connector.get_worker_connector()
        ).open_async() as worker_app:
            await act(worker_app)

    async_to_sync(run)()


def due_jobs(task: Any) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM procrastinate_jobs WHERE task_name = %s AND"
            " coalesce(scheduled_at, now()) <= now() ORDER BY id",
            [task.name],
        )
        return [id for (id,) in cursor.fetchall()]


@pytest.mark.usefixtures("no_jobs")
def test_a_scheduler_goes_on_when_the_databases_clock_was_ahead_and_is_right_again() -> (
    None
):
    scheduler = Scheduler()
    scheduler.look(NOON + 3600)
    run_all_that_wait()
    scheduler.look(NOON)
    assert waiting() == dict.fromkeys(RUN_OFTEN, 1)


@pytest.mark.usefixtures("no_jobs")
def test_ticks_and_retries_that_lie_too_far_ahead_are_brought_back() -> None:
    Scheduler().look(time.time() + 7200)
    enqueue(email_number_active, number_id=1, after=timedelta(hours=2))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET attempts = 1 WHERE scheduled_at IS NOT NULL"
        )
    as_a_worker(reschedule_future_jobs)
    assert len(due_jobs(email_number_active)) == 1
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_periodic_defers WHERE defer_timestamp >"
            " extract(epoch FROM now()) + 60"
        )
        assert cursor.fetchone() == (0,)


def test_a_failed_job_is_due_again_by_the_databases_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The machine's clock is an hour ahead, and the database's is not."""
    right = timezone.now()
    monkeypatch.setattr(clock, "now", lambda: right)
    with time_machine.travel(right + timedelta(hours=1)):
        decision = jobs._RetryPolicy(25).get_retry_decision(
            exception=ValueError(), job=ProcrastinateJobOf(attempts=0)
        )
    assert decision is not None
    assert decision.retry_at == right + timedelta(seconds=2)


@pytest.mark.parametrize(
    ("attempts", "wait"), [(0, 2), (3, 16), (8, 512), (9, 600), (24, 600)]
)
def test_a_failed_job_waits_longer_each_time_but_ten_minutes_at_most(
    attempts: int, wait: int
) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        decision = jobs._RetryPolicy(25).get_retry_decision(
            exception=ValueError(), job=ProcrastinateJobOf(attempts)
        )
        assert decision is not None
        assert decision.retry_at == timezone.now() + timedelta(seconds=wait)
    assert (
        jobs._RetryPolicy(25).get_retry_decision(
            exception=ValueError(), job=ProcrastinateJobOf(25)
        )
        is None
    )


@dataclass
class ProcrastinateJobOf:
    attempts: int
