"""Every worker keeps the timetable; however many there are, each tick of a timed job is one job."""

from collections import Counter
from collections.abc import Callable, Iterator
from threading import Barrier

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.periodic import PeriodicDeferrer

from quadline.config.schedule import timetable
from quadline.delivery.tests.acts import at_once

NOON = 1_800_014_405.0  # five seconds into a quarter of an hour: every timed job but the nightly ones has had its tick
RUN_OFTEN = {timed.run.name for timed in timetable() if not timed.cron.startswith("20 7")}


@pytest.fixture
def no_jobs(transactional_db: None) -> Iterator[None]:
    yield
    forget_jobs()


def forget_jobs() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


def waiting() -> Counter[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, count(*) FROM procrastinate_jobs WHERE status = 'todo' GROUP BY 1")
        return Counter(dict(cursor.fetchall()))


def run_all_that_wait() -> None:
    """As a worker does with what went well: it is deleted, and the tick stays on record."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")


class Scheduler:
    """One worker's: what it has deferred before it knows for itself only."""

    def __init__(self) -> None:
        self.deferrer = PeriodicDeferrer(registry=app.periodic_registry)

    def look(self, at: float) -> None:
        async_to_sync(self.deferrer.defer_jobs)(list(self.deferrer.get_previous_tasks(at=at)))


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
