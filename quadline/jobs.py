"""The job engine: declare a job, enqueue it in this transaction. Only
worker.py, which runs them, knows it, too.

Jobs take ids and are safe to run twice. The engine is procrastinate, on the same
PostgreSQL (docs/adr/0002-jobs.md).
"""

import inspect
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar

import procrastinate
from asgiref.sync import sync_to_async
from django.db import close_old_connections, connection, transaction
from procrastinate.contrib.django import app

from quadline import clock

MAX_RETRY_DELAY = timedelta(minutes=10)  # of a failed job, until it is tried again
SWEEP_LOCKS = 0x73776570  # the database's advisory locks that stand for sweeps
# Threads for jobs that are long in the database while others go on.
THREAD_OPTIONS: dict[str, Any] = {
    "thread_sensitive": False,
    "executor": ThreadPoolExecutor(2, thread_name_prefix="beside"),
}
# Jobs were called after their modules at first: some may still be queued.
FORMER_MODULES = {
    "quadline.webhooks.missed_replies": "quadline.webhooks.gaps",
    "quadline.delivery.failsafe.email_sender": "quadline.delivery.mailing",
    "quadline.delivery.inbound.source_retention": "quadline.delivery.kept_sources",
    "quadline.delivery.inbound.stop_start_order": "quadline.delivery.word_order",
    "quadline.delivery.opting.carrier_opt_outs": "quadline.delivery.carrier_opt_outs",
    "quadline.delivery.opting.confirmations": "quadline.delivery.confirmations",
    "quadline.delivery.outbox.deadlines": "quadline.delivery.deadlines",
    "quadline.delivery.outbox.holding": "quadline.delivery.holding",
    "quadline.delivery.outbox.out_of_reach": "quadline.delivery.out_of_reach",
    "quadline.delivery.outcomes.future_times": "quadline.delivery.far_ahead",
    "quadline.delivery.outcomes.missing_receipts": "quadline.delivery.lost_news",
    "quadline.delivery.outcomes.reconciliation": "quadline.delivery.reconcile",
    "quadline.delivery.outcomes.stuck_texts": "quadline.delivery.stuck",
    "quadline.delivery.sending.sender": "quadline.delivery.sender",
    "quadline.numbers.probing": "quadline.delivery.activation",
}
# Those that had another name, by the one they have.
FORMER_FUNCTIONS = {
    "quadline.delivery.email_author_of_held_texts": "tell_texts_held",
    "quadline.delivery.email_carrier_trouble": "tell_carrier_trouble",
    "quadline.delivery.email_daily_cap_reached": "tell_used_up",
    "quadline.delivery.fix_future_times_job": "bring_back_what_lies_too_far_ahead",
    "quadline.delivery.hold_texts_out_of_reach_job": "keep_what_is_out_of_reach",
    "quadline.delivery.look_up_missing_receipts": "ask_for_lost_news",
    "quadline.delivery.release_texts_without_question": "let_go_on_what_nobody_asks_about",  # noqa: E501
    "quadline.numbers.email_number_active": "tell_active",
    "quadline.numbers.email_number_delayed": "tell_delayed",
    "quadline.numbers.email_number_failed": "tell_failed",
    "quadline.numbers.email_number_late": "tell_late",
    "quadline.numbers.provision_waiting_numbers": "take_up_numbers",
    "quadline.webhooks.apply_overdue_receipts": "apply_forgotten_receipts",
}
Result = TypeVar("Result")


class ScheduledJob:
    """A job with the cron line it runs by; the whole
    timetable is config/schedule.py.
    """

    def __init__(
        self,
        run: Any,
        cron: str,
    ) -> None:
        self.run = run
        self.cron = cron


# 25 attempts, with the waits of _RetryPolicy, are nearly three hours.
def job(*, queue: str, attempts: int = 25) -> Callable[[Callable[..., Any]], Any]:
    """Declare a job. It is tried again after a failure, later each
    time, at most every ten minutes.

    It is called after its room and function, wherever in the room that stands. Raises
    ValueError when the room has a job of that name.
    """
    waits = _RetryPolicy(attempts)

    def declare(run: Callable[..., Any]) -> Any:
        room = ".".join(run.__module__.split(".")[:2])
        name = f"{room}.{run.__name__}"
        if name in app.tasks:
            raise ValueError(f"there is a job {name} already")
        # an asynchronous one asks for it when it needs it: fresh_connection
        is_async = inspect.iscoroutinefunction(run)
        called = run if is_async else _with_fresh_connection(run)
        former_module = FORMER_MODULES.get(run.__module__, run.__module__)
        former_function = FORMER_FUNCTIONS.get(name, run.__name__)
        declared = app.task(
            queue=queue,
            retry=waits,
            name=name,
            aliases=[f"{former_module}.{former_function}"],
        )
        return declared(called)

    return declare


def _with_fresh_connection(run: Callable[..., Any]) -> Callable[..., Any]:
    """Close a connection that died while the worker was idle,
    as Django does around a request.
    """

    @wraps(run)
    def run_here(*args: Any, **arguments: Any) -> Any:
        close_old_connections()
        return run(*args, **arguments)

    return run_here


async def refresh_connection() -> None:
    """The same for an asynchronous job, before it first asks the database; it
    may have something to do before that.
    """
    await sync_to_async(close_old_connections)()


async def run_in_thread(run: Callable[..., Result], *args: Any) -> Result:
    """For an asynchronous job: run this in a thread with a database connection of its
    own, so that no other waits for it.
    """
    result: Result = await sync_to_async(_with_fresh_connection(run), **THREAD_OPTIONS)(
        *args
    )
    return result


class _RetryPolicy(procrastinate.BaseRetryStrategy):
    """After 2, 4, 8 … seconds by the database's clock, ten minutes at most."""

    def __init__(self, attempts: int) -> None:
        self.attempts = attempts

    def get_retry_decision(
        self,
        *,
        exception: BaseException,
        job: Any,
    ) -> procrastinate.RetryDecision | None:
        if job.attempts >= self.attempts:
            return None
        doubled = timedelta(seconds=2 ** min(job.attempts + 1, 20))
        wait = min(doubled, MAX_RETRY_DELAY)
        return procrastinate.RetryDecision(retry_at=clock.now() + wait)


def enqueue(task: Any, *, after: timedelta | None = None, **arguments: Any) -> None:
    """Enqueue a job in the caller's transaction: it exists
    exactly when the rows it is about do.
    """
    configured = task.configure(schedule_at=clock.now() + after) if after else task
    configured.defer(**arguments)


def enqueue_each(task: Any, each: Iterable[dict[str, Any]]) -> None:
    """Enqueue a job for each of these arguments, in one
    statement and the caller's transaction.
    """
    arguments = list(each)
    if arguments:
        task.configure().batch_defer(*arguments)


def enqueue_once(task: Any, *, key: str, **arguments: Any) -> None:
    """For sweeps: nothing happens when a job of this key waits already.

    Not for news of new rows: the job that waits may begin before the caller's
    transaction commits, and miss them.
    """
    with suppress(procrastinate.exceptions.AlreadyEnqueued), transaction.atomic():
        task.configure(queueing_lock=key).defer(**arguments)


@contextmanager
def single_instance(name: str) -> Iterator[bool]:
    """For a sweep that may last longer than until its next: whether no other of this
    name is under way, in any worker.

    The database session holds it, so it ends with its worker, however that ends.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_lock(%s, hashtext(%s))", [SWEEP_LOCKS, name]
        )
        (is_first,) = cursor.fetchone()
    try:
        yield is_first
    finally:
        if is_first:
            unlock = "SELECT pg_advisory_unlock(%s, hashtext(%s))"
            with connection.cursor() as cursor:
                cursor.execute(unlock, [SWEEP_LOCKS, name])


def set_timetable(timed: Iterable[ScheduledJob]) -> None:
    for entry in timed:
        app.periodic(cron=entry.cron)(entry.run)


def queues_in_use() -> set[str]:
    """Every queue that a declared job names, but the engine's own."""
    return {
        task.queue for name, task in app.tasks.items() if name.startswith("quadline.")
    }
