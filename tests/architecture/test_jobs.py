"""Every queue and every timed job stand on one page, and a timed
job in an empty house does no harm.
"""

import ast
import inspect
import subprocess
import sys

import pytest
from asgiref.sync import async_to_sync
from django.core import mail
from procrastinate.contrib.django import app

from quadline import jobs
from quadline.config.schedule import QUEUES, timetable
from quadline.jobs import ScheduledJob, queues_in_use
from tests.architecture.source import code_of_the_house, nodes

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


def test_every_queue_has_a_job_and_every_job_a_queue() -> None:
    assert queues_in_use() == set(QUEUES)


@pytest.mark.parametrize("name", FORMER_NAMES)
def test_a_job_that_was_queued_under_its_former_name_is_found(name: str) -> None:
    assert app.tasks[name].name.count(".") == 2  # quadline, its room, its function


KNOWN_TO_A_WORKER = """
import django
django.setup()
from procrastinate.contrib.django import app
print(*app.tasks)
"""


def jobs_in_the_code() -> set[str]:
    """Each by its room and its function, as the job engine has it."""
    found = set()
    for path in code_of_the_house():
        declared = [
            node.name
            for node in nodes(path)
            if isinstance(node, ast.FunctionDef) and "job(" in decorators_of(node)
        ]
        found |= {f"quadline.{path.parts[1]}.{name}" for name in declared}
    return found


def decorators_of(function: ast.FunctionDef) -> str:
    return " ".join(ast.unparse(each) for each in function.decorator_list)


def test_a_worker_knows_each_job_from_its_start() -> None:
    """In a process of its own: here a test has imported whatever it needs."""
    command = [sys.executable, "-c", KNOWN_TO_A_WORKER]
    known = subprocess.run(command, capture_output=True, text=True, check=True)

    assert len(jobs_in_the_code()) > 30
    assert jobs_in_the_code() - set(known.stdout.split()) == set()


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
