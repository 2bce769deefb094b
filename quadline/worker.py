"""Run a worker: fetch jobs, keep the timetable, end on a stop signal. Only
jobs.py also knows the job engine.
"""

import asyncio
import gc
import os
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import procrastinate
import structlog
import uvloop
from procrastinate import periodic
from procrastinate.contrib.django import app
from procrastinate.worker import Worker

from quadline import clock, stopping
from quadline.jobs import MAX_RETRY_DELAY

log = structlog.get_logger(__name__)

# A worker writes a heartbeat every 10 s; after three missed ones
# another worker takes its jobs.
STALLED_AFTER_SECONDS = 30.0
# the engine's LISTEN is not renewed after a database restart: this bounds the delay
FETCH_EVERY_SECONDS = 1.0
DRAIN_SECONDS = 25.0
# however the database is: the jobs' time, and some to write down what they did
WORKER_STOP_SECONDS = 30.0
MAX_WAIT_SECONDS = 0.0003  # of one thread for another
# as nice(1) counts them: a tenth of a web process's share, while both want the core
NICENESS = 10
A_MINUTE = timedelta(minutes=1)
COUNTS_EVERY_SECONDS = A_MINUTE.total_seconds()
# Of due jobs that say the same thing the newest is enough: it begins after all of them
# were committed, and so sees the rows of each. Without this what waits would grow with
# the news, not with the work.
DROP_REPEATED = """
    WITH due AS (
        SELECT id, row_number() OVER (
            PARTITION BY task_name, args - 'timestamp' ORDER BY id DESC) AS place
        FROM procrastinate_jobs
        WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())
              AND lock IS NULL AND queueing_lock IS NULL
    ),
    repeated AS (
        SELECT job.id FROM procrastinate_jobs AS job JOIN due ON due.id = job.id
        WHERE due.place > 1 AND job.status = 'todo' FOR UPDATE OF job SKIP LOCKED
    )
    DELETE FROM procrastinate_jobs WHERE id IN (SELECT id FROM repeated)
"""
# A failed job is due again within LONGEST_WAIT, and no tick of the timetable is run
# before its time: what lies further ahead was written by a clock that was wrong.
RESCHEDULE_FUTURE_JOBS = """
    UPDATE procrastinate_jobs SET scheduled_at = clock_timestamp()
    WHERE status = 'todo' AND attempts > 0
          AND scheduled_at > clock_timestamp() + %(longest)s * interval '1 second'
"""
DELETE_FUTURE_TICKS = """
    DELETE FROM procrastinate_periodic_defers
    WHERE defer_timestamp > extract(epoch FROM clock_timestamp()) + %(longest)s
"""


def run_worker(queues: Iterable[str], *, concurrency: int = 8) -> None:
    """Run jobs until SIGTERM or SIGINT, then finish those under way.

    It ends within ENDS_WITHIN_SECONDS, whatever the database does; at a second signal,
    at once.
    """
    lower_priority()
    tune_interpreter()
    uvloop.run(_run(list(queues), concurrency))


def tune_interpreter() -> None:
    """For a process that is busy with many small things.

    A thread that comes back from the database is let in while the event loop is busy:
    by default it waits five milliseconds, at each statement, longer than most
    statements take. And what was imported stays for good: the collector, which looks
    through all of it again and again, is told so.
    """
    sys.setswitchinterval(MAX_WAIT_SECONDS)
    gc.collect()
    gc.freeze()


def lower_priority() -> None:
    """On a core that is shared with web processes, a person
    who waits for a page goes first.
    """
    os.nice(NICENESS)


@dataclass
class JobCounts:
    """What this worker did since it last said so, by the name of the job."""

    done: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)

    async def count(
        self,
        run_job: Callable[[], Awaitable[Any]],
        context: Any,
        _: Worker,
    ) -> Any:
        """Around each job that the engine runs. No arguments: they name people."""
        name = context.job.task_name.removeprefix("quadline.")
        try:
            result = await run_job()
        except Exception:
            self.failed[name] += 1
            raise
        self.done[name] += 1
        return result

    async def report(self) -> None:
        if self.done or self.failed:
            log.info("jobs run", done=dict(self.done), failed=dict(self.failed))
        self.done.clear()
        self.failed.clear()


async def _run(queues: list[str], concurrency: int) -> None:
    log.info("worker started", queues=queues, concurrency=concurrency)
    working = asyncio.create_task(_work(queues, concurrency))

    def stop() -> None:
        stopping.on_stop_signal(within=WORKER_STOP_SECONDS)
        log.info("worker stopping: what is under way is finished")
        working.cancel()

    for name in stopping.STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(name, stop)
    with suppress(asyncio.CancelledError):
        await working
    log.info("worker stopped")


async def _work(queues: list[str], concurrency: int) -> None:
    connector: Any = app.connector
    # A second app over the same jobs: the worker fetches on its own pool, while a job
    # that enqueues another still does so inside its own Django transaction.
    of_worker = app.with_connector(connector.get_worker_connector())
    counts = JobCounts()
    async with of_worker.open_async() as worker_app:
        await sync_clock(worker_app)
        housekeeping = [
            asyncio.create_task(_forever(partial(act, worker_app), every))
            for act, every in (
                (sync_clock, clock.READING_MAX_AGE_SECONDS / 2),
                (drop_repeated_jobs, FETCH_EVERY_SECONDS),
                (retry_stalled_jobs, STALLED_AFTER_SECONDS / 3),
                (reschedule_future_jobs, STALLED_AFTER_SECONDS),
            )
        ]
        reporting = _forever(counts.report, COUNTS_EVERY_SECONDS)
        housekeeping.append(asyncio.create_task(reporting))
        try:
            await _work_on(worker_app, queues, concurrency, counts)
        finally:
            for task in housekeeping:
                task.cancel()
            await counts.report()


async def _work_on(
    worker_app: procrastinate.App,
    queues: list[str],
    concurrency: int,
    counts: JobCounts,
) -> None:
    """Until it is cancelled. A fault of the database while a job is
    fetched or put away ends no worker.

    A fault outside the jobs, at a heartbeat or the timetable, ends none either: the
    engine then ends in order, without a word to us (procrastinate 3.10). In a worker
    that got a stop signal either is its end.
    """
    engine: Any = worker_app  # part of it has no types
    engine.perform_import_paths()
    while True:
        worker: Any = DatabaseClockWorker(
            worker_app,
            queues=queues,
            concurrency=concurrency,
            fetch_job_polling_interval=FETCH_EVERY_SECONDS,
            shutdown_graceful_timeout=DRAIN_SECONDS,
            delete_jobs="successful",
            worker_middleware=[counts.count],
            install_signal_handlers=False,
        )
        try:
            await worker.run()
            log.error("the engine ended on its own; the worker starts again")
        except Exception:
            log.exception("the worker met a fault")
        if stopping.stop_requested():
            return
        await asyncio.sleep(FETCH_EVERY_SECONDS)


class DatabaseClockWorker(Worker):
    """A worker that keeps the timetable by the database's clock."""

    async def _periodic_deferrer(self) -> None:
        await DatabaseClockDeferrer(registry=self.app.periodic_registry).worker()


class DatabaseClockDeferrer(periodic.PeriodicDeferrer):
    """What is due on the timetable, by the database's clock.

    By the worker's own, if that is an hour ahead for a moment, the ticks of the hour to
    come would be used up, and this worker would defer nothing until they are past.
    """

    async def worker(self) -> None:
        while True:
            at = clock.now().timestamp()
            self.forget_what_is_to_come(at)
            due = self.get_previous_tasks(at=at)
            await self.defer_jobs(jobs_to_defer=due)
            await self.wait(next_tick=self.get_next_tick(at=at))

    def forget_what_is_to_come(self, at: float) -> None:
        """The database's clock was ahead, and is right again."""
        passed = {key: last for key, last in self.last_defers.items() if last <= at}
        self.last_defers = passed


async def sync_clock(worker_app: procrastinate.App) -> None:
    """So that nothing in the event loop, and no thread of it, has to ask."""
    asked = clock.monotonic_seconds()
    answer = await worker_app.connector.execute_query_one_async(clock.CLOCK_TIMESTAMP)
    clock.note_database_time(answer["at"], asked=asked)


async def retry_stalled_jobs(worker_app: procrastinate.App) -> int:
    """Give the jobs of dead workers back to the queue. Returns how many."""
    manager = worker_app.job_manager
    found = await manager.get_stalled_jobs(
        seconds_since_heartbeat=STALLED_AFTER_SECONDS
    )
    stalled = list(found)
    for lost in stalled:
        log.warning("taking up a stalled job", job=lost.task_name)
        await manager.retry_job(lost, retry_at=clock.now())
    return len(stalled)


async def drop_repeated_jobs(worker_app: procrastinate.App) -> None:
    await worker_app.connector.execute_query_async(DROP_REPEATED)


async def reschedule_future_jobs(worker_app: procrastinate.App) -> None:
    """What a clock that was wrong has put off for hours is due."""
    longest = (MAX_RETRY_DELAY + A_MINUTE).total_seconds()
    await worker_app.connector.execute_query_async(
        RESCHEDULE_FUTURE_JOBS, longest=longest
    )
    await worker_app.connector.execute_query_async(
        DELETE_FUTURE_TICKS, longest=A_MINUTE.total_seconds()
    )


async def _forever(act: Callable[[], Awaitable[object]], every: float) -> None:
    while True:
        await asyncio.sleep(every)
        try:
            await act()
        except Exception:
            log.exception("housekeeping of the jobs failed and will be tried again")
