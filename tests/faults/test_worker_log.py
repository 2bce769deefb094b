"""A worker says at INFO what it does, and of whom it does it, nothing."""

import json
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.faults.test_told_to_stop import Site
from tests.house import eventually

pytestmark = pytest.mark.processes


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    site.settings["LOG_LEVEL"] = "INFO"
    yield site
    site.heal()
    site.database.forget()


def test_it_says_that_it_started_what_it_ran_and_that_it_stopped(site: Site) -> None:
    worker = site.begin("worker", "texts", "letters")
    enqueue(site, "quadline.numbers.email_number_active", number_id=734_555_0163)
    enqueue(site, "quadline.delivery.send_overdue_texts")
    eventually(lambda: waiting(site) == 0)
    worker.signal(signal.SIGTERM)
    eventually(lambda: not worker.is_alive)

    words = worker.log.read_text()
    lines = [json.loads(line) for line in words.splitlines()]
    [started] = [line for line in lines if line["event"] == "worker started"]
    assert started["queues"] == ["texts", "letters"]
    assert started["level"] == "info"
    assert total(lines, "done")["delivery.send_overdue_texts"] >= 1
    # there is no such number
    assert total(lines, "failed")["numbers.email_number_active"] >= 1
    assert lines[-1]["event"] == "worker stopped"
    assert "7345550163" not in words


def total(lines: list[dict[str, Any]], kind: str) -> Counter[str]:
    """Over all the times that it said so."""
    said = [line[kind] for line in lines if line["event"] == "jobs run"]
    return sum((Counter(each) for each in said), Counter())


def enqueue(site: Site, task: str, **arguments: int) -> None:
    queue = "letters" if "email_number" in task else "texts"
    with psycopg.connect(site.database.url) as connection:
        connection.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args)"
            " VALUES (%s, %s, %s)",
            [queue, task, json.dumps(arguments)],
        )


def waiting(site: Site) -> int:
    with psycopg.connect(site.database.url) as connection:
        query = (
            "SELECT count(*) FROM procrastinate_jobs WHERE attempts = 0"
            " AND task_name IN ('quadline.numbers.email_number_active',"
            " 'quadline.delivery.send_overdue_texts') AND status IN ('todo', 'doing')"
        )
        row = connection.execute(query).fetchone()
    return row[0] if row else 0
