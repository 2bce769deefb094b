"""A worker on a machine whose clock is wrong, and is set right
while it runs: texts leave as always.
"""

import json
import time
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from quadline.accounts.tokens import make_token
from quadline.demo.processes import wait_until_answers
from tests.cast import Cast
from tests.faults.harness import clocks
from tests.faults.harness.machines import Program
from tests.faults.harness.nemesis import Blow
from tests.faults.harness.run import fought
from tests.faults.harness.stage import raised
from tests.faults.test_first_texts import first_text
from tests.faults.test_lost_answers import with_numbers
from tests.house import PATIENCE, House, eventually, free_port

SETTLED_WITHIN = 600.0
needs_faketime = pytest.mark.skipif(
    clocks.library() is None, reason="no libfaketime: apt-get install faketime"
)
# Whatever somebody waits for, further ahead than a minute.
TOO_FAR_AHEAD = """
    SELECT 'text', due_at FROM conversations_message WHERE due_at > now() + interval '1 minute'
    UNION ALL SELECT 'look', next_look_at FROM delivery_attempt WHERE next_look_at > now() + interval '2 minutes'
    UNION ALL SELECT 'attempt', started_at FROM delivery_attempt WHERE started_at > now() + interval '1 minute'
    UNION ALL SELECT 'number', free_at FROM numbers_systemnumber WHERE free_at > now() + interval '1 minute'
    UNION ALL SELECT 'email', due_at FROM delivery_outgoingemail WHERE due_at > now() + interval '20 minutes'
    UNION ALL SELECT 'job', scheduled_at FROM procrastinate_jobs WHERE scheduled_at > now() + interval '11 minutes'
    UNION ALL SELECT 'tick', to_timestamp(defer_timestamp) FROM procrastinate_periodic_defers
              WHERE defer_timestamp > extract(epoch FROM now()) + 60
"""


@pytest.fixture
def clock_file(the_house: House, tmp_path: Path) -> Iterator[Path]:
    """The house's only worker goes by a clock that stands in this file."""
    the_house.processes["worker"].stop()
    file = tmp_path / "clock"
    worker = Program(
        ["worker"], the_house.settings | clocks.settable(file), tmp_path / "worker.log"
    )
    worker.start()
    yield file
    worker.stop()
    the_house.start("worker")


@needs_faketime
@pytest.mark.parametrize("wrong_by", [-600, 3600, 7000])
def test_a_text_leaves_while_a_workers_clock_is_wrong_and_after_it_was_set_right(
    the_house: House, people: Cast, clock_file: Path, wrong_by: int
) -> None:
    with_numbers(the_house, people)
    set_clock(clock_file, wrong_by)
    arrives(the_house, people, "while it is wrong")
    set_clock(clock_file, 0)
    arrives(the_house, people, "now that it is right")
    arrives(the_house, people, "and once more")
    assert too_far_ahead() == []


@needs_faketime
@pytest.mark.parametrize("wrong_by", [-600, 3600])
def test_a_text_leaves_at_once_though_the_web_process_that_took_it_has_a_wrong_clock(
    the_house: House, people: Cast, tmp_path: Path, wrong_by: int
) -> None:
    with_numbers(the_house, people)
    file, port = tmp_path / "clock", free_port(19600)
    web = Program(
        ["web", "--port", str(port)],
        the_house.settings | clocks.settable(file),
        tmp_path / "web.log",
    )
    web.start()
    try:
        assert wait_until_answers(f"http://127.0.0.1:{port}/readyz", seconds=PATIENCE)
        set_clock(file, wrong_by)
        _, token = make_token(
            user=people.maya,
            name="campus",
            actor=people.ada,
            now=timezone.now() - timedelta(days=1),
        )
        text = {"student": people.rosa.institutional_id, "body": "Are you there?"}
        asked = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/v1/messages", json.dumps(text).encode()
        )
        asked.add_header("Authorization", f"Bearer {token}")
        asked.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
            assert answer.status == 201
        eventually(
            lambda: len(the_house.simulator.accepts(to=people.rosa.mobile)) == 1,
            every=0.2,
        )
        assert too_far_ahead() == []
    finally:
        web.stop()


@needs_faketime
def test_an_answer_that_was_lost_while_a_workers_clock_was_wrong_is_looked_up_soon(
    the_house: House, people: Cast, clock_file: Path
) -> None:
    with_numbers(the_house, people)
    set_clock(clock_file, 7000)
    the_house.simulator.fault(kind="accept_then_500", times=1)
    the_house.simulator.fault(kind="callback_lost", times=9)
    text = first_text(people.maya, people.rosa, "Did you get this?")
    eventually(lambda: text.events.filter(cause="answer lost").exists())
    set_clock(clock_file, 0)
    eventually(lambda: text.attempts.filter(outcome="accepted").exists())
    assert len(the_house.simulator.accepts(to=people.rosa.mobile)) == 1


@needs_faketime
def test_the_promises_hold_while_the_clocks_of_workers_are_wrong(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    blows = [
        Blow(1.0, "clock", "worker_1", 4.0, {"by": 7000}),
        Blow(
            4.0,
            "fault",
            "accept_then_500",
            0.0,
            {"kind": "accept_then_500", "times": 3},
        ),
        Blow(6.0, "clock", "worker_2", 5.0, {"by": -600}),
        Blow(8.0, "clock", "worker_1", 6.0, {"by": 3600}),
        Blow(10.0, "kill", "worker_1", 1.0),
    ]
    with raised(tmp_path_factory.mktemp("stage")) as stage:
        report = fought(stage, seed=11, seconds=15, blows=blows, within=SETTLED_WITHIN)
        assert stage.rows(TOO_FAR_AHEAD) == []
    print(report)
    assert report.holds, str(report)
    assert report.struck["clock worker"] == 3


def set_clock(file: Path, seconds: int) -> None:
    """Returns when the worker goes by it."""
    clocks.set_clock(file, seconds)
    time.sleep(2 * clocks.CACHED_SECONDS)


def arrives(house: House, people: Cast, words: str) -> None:
    before = len(house.simulator.accepts(to=people.rosa.mobile))
    first_text(people.maya, people.rosa, words)
    eventually(
        lambda: len(house.simulator.accepts(to=people.rosa.mobile)) == before + 1,
        every=0.2,
    )


def too_far_ahead() -> list[object]:
    with connection.cursor() as cursor:
        cursor.execute(TOO_FAR_AHEAD)
        return list(cursor.fetchall())
