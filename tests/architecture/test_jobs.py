"""Every queue and every timed job stand on one page, and a timed
job in an empty house does no harm.
"""

import inspect

import pytest
from asgiref.sync import async_to_sync
from django.core import mail

from quadline import jobs
from quadline.config.schedule import QUEUES, timetable
from quadline.jobs import ScheduledJob, queues_in_use


def test_every_queue_has_a_job_and_every_job_a_queue() -> None:
    assert queues_in_use() == set(QUEUES)


def test_every_queue_says_what_it_is_for() -> None:
    assert all(QUEUES.values())


@pytest.mark.django_db
@pytest.mark.parametrize(
    "timed", timetable(), ids=lambda timed: timed.run.name.rpartition(".")[2]
)
def test_a_timed_job_is_safe_with_no_data_and_twice(
    timed: ScheduledJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    # it would end the test's transaction
    monkeypatch.setattr(jobs, "close_old_connections", lambda: None)
    monkeypatch.setattr(
        jobs, "THREAD_OPTIONS", {}
    )  # another connection would not see it
    run = (
        async_to_sync(timed.run.func)
        if inspect.iscoroutinefunction(timed.run.func)
        else timed.run.func
    )
    for _ in range(2):
        run(timestamp=0)

    assert mail.outbox == []


def test_no_job_is_on_the_timetable_twice() -> None:
    names = [timed.run.name for timed in timetable()]

    assert len(names) == len(set(names))
