"""Every queue and every timed job stand on one page, and a timed
job in an empty house does no harm.
"""

import ast
import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.core import mail
from procrastinate.contrib.django import app

from quadline import jobs
from quadline.config.schedule import QUEUES, timetable
from quadline.jobs import ScheduledJob, queues_in_use
from tests.architecture.source import nodes, ours

# What jobs were called before they were called after their rooms.
FORMER_NAMES = [
    "quadline.accounts.guessing.tell_administrators",
    "quadline.accounts.passwords.tell_owner",
    "quadline.accounts.passwords.send_link",
    "quadline.accounts.throttles.drop_ended_throttles",
    "quadline.api.idempotency.drop_old_answers",
    "quadline.broadcasts.finishing.follow_broadcasts",
    "quadline.delivery.activation.probe_quiet_registrations",
    "quadline.delivery.alerts.tell_texts_held",
    "quadline.delivery.alerts.tell_used_up",
    "quadline.delivery.alerts.tell_carrier_trouble",
    "quadline.delivery.carrier_opt_outs.tell_carrier",
    "quadline.delivery.carrier_opt_outs.compare_with_carrier",
    "quadline.delivery.confirmations.check_confirmations",
    "quadline.delivery.deadlines.email_overdue_texts",
    "quadline.delivery.far_ahead.bring_back_what_lies_too_far_ahead",
    "quadline.delivery.holding.let_go_on_what_nobody_asks_about",
    "quadline.delivery.kept_sources.drop_old_sources",
    "quadline.delivery.lost_news.ask_for_lost_news",
    "quadline.delivery.mailing.send_due_emails",
    "quadline.delivery.mailing.send_overdue_emails",
    "quadline.delivery.out_of_reach.keep_what_is_out_of_reach",
    "quadline.delivery.reconcile.settle_unknown_attempts",
    "quadline.delivery.sender.send_due_texts",
    "quadline.delivery.sender.send_overdue_texts",
    "quadline.delivery.stuck.find_stuck_texts",
    "quadline.delivery.word_order.settle_pairs_in_doubt",
    "quadline.numbers.alerts.tell_failed",
    "quadline.numbers.alerts.tell_active",
    "quadline.numbers.alerts.tell_delayed",
    "quadline.numbers.alerts.tell_late",
    "quadline.numbers.alerts.find_late_numbers",
    "quadline.numbers.provisioning.provision_number",
    "quadline.numbers.provisioning.take_up_numbers",
    "quadline.webhooks.events.apply_receipts",
    "quadline.webhooks.events.apply_forgotten_receipts",
    "quadline.webhooks.events.drop_old_events",
    "quadline.webhooks.gaps.fetch_missed_replies",
]


KNOWN_TO_A_WORKER = """
import django
django.setup()
from procrastinate.contrib.django import app
print(*sorted(task.func.__module__ for task in app.tasks.values()))
"""


def declares_a_job(path: Path) -> bool:
    marks = [
        mark.func
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for mark in node.decorator_list
        if isinstance(mark, ast.Call)
    ]
    return any(isinstance(mark, ast.Name) and mark.id == "job" for mark in marks)


def test_a_worker_knows_every_job_without_any_page_having_been_opened() -> None:
    """Whoever declares one is imported when Django is ready: config/apps.py."""
    settings = {"DJANGO_SETTINGS_MODULE": "quadline.config.settings"}
    asked = subprocess.run(
        [sys.executable, "-c", KNOWN_TO_A_WORKER],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=True,
    )
    declaring = {
        str(path).removesuffix(".py").replace("/", ".")
        for path in ours(".py")
        if str(path).startswith("quadline/") and "tests" not in path.parts
        if declares_a_job(path)
    }
    assert len(declaring) > 15
    assert declaring - set(asked.stdout.split()) == set()


def test_every_queue_has_a_job_and_every_job_a_queue() -> None:
    assert queues_in_use() == set(QUEUES)


@pytest.mark.parametrize("name", FORMER_NAMES)
def test_a_job_that_was_queued_under_its_former_name_is_found(name: str) -> None:
    assert app.tasks[name].name.count(".") == 2  # quadline, its room, its function


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
