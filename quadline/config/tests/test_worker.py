"""A worker goes on until it gets a stop signal, whatever the engine meets."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.worker import Worker

from quadline import worker
from quadline.delivery.sending.sender import send_due_texts
from quadline.jobs import enqueue

PATIENCE_SECONDS = 30


@pytest.mark.django_db(transaction=True)
def test_a_worker_starts_again_when_the_engine_ends_on_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    beats = 0

    async def fail_once(failing: Worker) -> None:
        nonlocal beats
        beats += 1
        if beats == 1:
            raise ConnectionError("the server closed the connection unexpectedly")
        await sync_to_async(enqueue)(send_due_texts)
        await asyncio.Event().wait()

    async def tick_never(ticking: Worker) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Worker, "_update_heartbeat", fail_once)
    monkeypatch.setattr(worker.DatabaseClockWorker, "_periodic_deferrer", tick_never)
    counts = worker.JobCounts()
    async_to_sync(asyncio.wait_for)(
        _work_until(lambda: beats == 2 and not _has_jobs(), counts), PATIENCE_SECONDS
    )
    assert counts.done == {"delivery.send_due_texts": 1}


async def _work_until(is_done: Any, counts: worker.JobCounts) -> None:
    connector: Any = app.connector
    async with app.with_connector(
        connector.get_worker_connector()
    ).open_async() as worker_app:
        work = worker._work_on(worker_app, ["texts"], 1, counts)
        working = asyncio.create_task(work)
        while not await sync_to_async(is_done)():
            assert not working.done(), "the worker ended"
            await asyncio.sleep(0.1)
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working


def _has_jobs() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE task_name = %s)",
            [send_due_texts.name],
        )
        return bool(cursor.fetchone()[0])
