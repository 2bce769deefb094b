"""The job engine's only mention: declare a job, enqueue it in this transaction, run a worker.

Jobs take ids and are safe to run twice. The engine is procrastinate, on the same PostgreSQL (docs/adr/0002-jobs.md).
"""

import asyncio
import gc
import inspect
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial, wraps
from typing import Any, TypeVar

import procrastinate
import uvloop
from asgiref.sync import sync_to_async
from django.db import close_old_connections, connection, transaction
from django.utils import timezone
from procrastinate.contrib.django import app

logger = logging.getLogger(__name__)

# A worker writes a heartbeat every 10 s; three missed ones and its jobs are somebody else's.
STALLED_AFTER_SECONDS = 30.0
FETCH_EVERY_SECONDS = 1.0  # the engine's LISTEN is not renewed after a database restart: this bounds the delay
DRAIN_SECONDS = 25.0
SWEEPS = 0x73776570  # the database's advisory locks that stand for sweeps
MOST_WAIT_SECONDS = 0.0003  # of one thread for another
STEPS_BACK = 10  # as nice(1) counts them: a tenth of a web process's share, while both want the core
# A thread for each job that is long in the database beside others.
BESIDE: dict[str, Any] = {"thread_sensitive": False, "executor": ThreadPoolExecutor(2, thread_name_prefix="beside")}
Result = TypeVar("Result")
# Of due jobs that say the same thing the newest is enough: it begins after all of them were committed, and so sees the
# rows of each. Without this what waits would grow with the news, not with the work.
DROP_REPEATED = """
    WITH due AS (
        SELECT id, row_number() OVER (PARTITION BY task_name, args - 'timestamp' ORDER BY id DESC) AS place
        FROM procrastinate_jobs
        WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()) AND lock IS NULL AND queueing_lock IS NULL
    ),
    repeated AS (
        SELECT job.id FROM procrastinate_jobs AS job JOIN due ON due.id = job.id
        WHERE due.place > 1 AND job.status = 'todo' FOR UPDATE OF job SKIP LOCKED
    )
    DELETE FROM procrastinate_jobs WHERE id IN (SELECT id FROM repeated)
"""


class Timed:
    """A job with the cron line it runs by; the whole timetable is config/schedule.py."""

    def __init__(self, run: Any, cron: str) -> None:
        self.run = run
        self.cron = cron


def job(*, queue: str, attempts: int = 25) -> Callable[[Callable[..., Any]], Any]:
    """Declare a job. It is tried again after a failure, later each time, at most every ten minutes."""
    waits = _Capped(procrastinate.RetryStrategy(max_attempts=attempts, exponential_wait=2))

    def declare(run: Callable[..., Any]) -> Any:
        return app.task(queue=queue, retry=waits)(run if inspect.iscoroutinefunction(run) else _with_fresh_connection(run))

    return declare


def _with_fresh_connection(run: Callable[..., Any]) -> Callable[..., Any]:
    """Let go of a connection that died while the worker was idle, as Django does around a request."""

    @wraps(run)
    def run_here(*args: Any, **arguments: Any) -> Any:
        close_old_connections()
        return run(*args, **arguments)

    return run_here


async def fresh_connection() -> None:
    """The same for an asynchronous job, before it first asks the database; it may have something to do before that."""
    await sync_to_async(close_old_connections)()


async def beside(run: Callable[..., Result], *args: Any) -> Result:
    """For an asynchronous job: run this in a thread with a database connection of its own, so that no other waits for it."""
    result: Result = await sync_to_async(_with_fresh_connection(run), **BESIDE)(*args)
    return result


class _Capped(procrastinate.BaseRetryStrategy):
    """Exponential waits that never grow past ten minutes."""

    def __init__(self, inner: procrastinate.RetryStrategy) -> None:
        self.inner = inner

    def get_retry_decision(self, *, exception: BaseException, job: Any) -> procrastinate.RetryDecision | None:
        decision = self.inner.get_retry_decision(exception=exception, job=job)
        if decision is None:
            return None
        cap = timezone.now() + timedelta(minutes=10)
        return procrastinate.RetryDecision(retry_at=min(decision.retry_at or cap, cap))


def enqueue(task: Any, *, after: timedelta | None = None, **arguments: Any) -> None:
    """Enqueue a job in the caller's transaction: it exists exactly when the rows it is about do."""
    configured = task.configure(schedule_in={"seconds": after.total_seconds()}) if after else task
    configured.defer(**arguments)


def enqueue_once(task: Any, *, key: str, **arguments: Any) -> None:
    """For sweeps: nothing happens when a job of this key waits already.

    Not for news of new rows: the job that waits may begin before the caller's transaction commits, and miss them.
    """
    with suppress(procrastinate.exceptions.AlreadyEnqueued), transaction.atomic():
        task.configure(queueing_lock=key).defer(**arguments)


@contextmanager
def alone(name: str) -> Iterator[bool]:
    """For a sweep that may last longer than until its next: whether no other of this name is under way, in any worker.

    The database session holds it, so it ends with its worker, however that ends.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [SWEEPS, name])
        (is_first,) = cursor.fetchone()
    try:
        yield is_first
    finally:
        if is_first:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [SWEEPS, name])


def set_timetable(timed: Iterable[Timed]) -> None:
    for entry in timed:
        app.periodic(cron=entry.cron)(entry.run)


def queues_in_use() -> set[str]:
    """Every queue that a declared job names, but the engine's own."""
    return {task.queue for name, task in app.tasks.items() if name.startswith("quadline.")}


async def take_up_stalled_jobs(worker_app: procrastinate.App) -> int:
    """Give the jobs of dead workers back to the queue. Returns how many."""
    manager = worker_app.job_manager
    stalled = list(await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_SECONDS))
    for lost in stalled:
        logger.warning("taking up a stalled job", extra={"task": lost.task_name})
        await manager.retry_job(lost)
    return len(stalled)


async def drop_repeated_jobs(worker_app: procrastinate.App) -> None:
    await worker_app.connector.execute_query_async(DROP_REPEATED)


def prepare_the_interpreter() -> None:
    """For a process that is busy with many small things.

    A thread that comes back from the database is let in while the event loop is busy: by default it waits five
    milliseconds, at each statement, longer than most statements take. And what was imported stays for good: the collector,
    which looks through all of it again and again, is told so.
    """
    sys.setswitchinterval(MOST_WAIT_SECONDS)
    gc.collect()
    gc.freeze()


def step_back() -> None:
    """On a core that is shared with web processes, whoever waits for a page goes first."""
    os.nice(STEPS_BACK)


def run_worker(queues: Iterable[str], *, concurrency: int = 8) -> None:
    """Run jobs until SIGTERM or SIGINT, then finish those under way."""
    step_back()
    prepare_the_interpreter()
    uvloop.run(_run(list(queues), concurrency))


async def _run(queues: list[str], concurrency: int) -> None:
    connector: Any = app.connector
    # A second app over the same jobs: the worker fetches on its own pool, while a job that enqueues another
    # still does so inside its own Django transaction.
    async with app.with_connector(connector.get_worker_connector()).open_async() as worker_app:
        sweeps = [
            asyncio.create_task(_forever(partial(take_up_stalled_jobs, worker_app), STALLED_AFTER_SECONDS / 3)),
            asyncio.create_task(_forever(partial(drop_repeated_jobs, worker_app), FETCH_EVERY_SECONDS)),
        ]
        worker = asyncio.create_task(_work_on(worker_app, queues, concurrency))
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, worker.cancel)
        try:
            await worker
        except asyncio.CancelledError:
            pass
        finally:
            for sweep in sweeps:
                sweep.cancel()


async def _work_on(worker_app: procrastinate.App, queues: list[str], concurrency: int) -> None:
    """Until it is cancelled. A fault of the database while a job is fetched or put away ends no worker.

    Nor does one that the engine meets beside its jobs, at a heartbeat or the timetable: it then ends in order, without a word
    to us (procrastinate 3.10).
    """
    while True:
        try:
            await worker_app.run_worker_async(
                queues=queues,
                concurrency=concurrency,
                fetch_job_polling_interval=FETCH_EVERY_SECONDS,
                shutdown_graceful_timeout=DRAIN_SECONDS,
                delete_jobs="successful",
                install_signal_handlers=False,
            )
            logger.error("the engine ended by itself; the worker begins anew")
        except Exception:
            logger.exception("the worker begins anew")
        await asyncio.sleep(FETCH_EVERY_SECONDS)


async def _forever(sweep: Callable[[], Awaitable[object]], every: float) -> None:
    while True:
        await asyncio.sleep(every)
        try:
            await sweep()
        except Exception:
            logger.exception("a sweep of the jobs failed and will be tried again")
