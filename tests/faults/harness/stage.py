"""The whole house as in production: two web processes behind one address, two workers,
mail intake, database, carrier, mail.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from quadline.demo.processes import wait_until_answers
from tests.faults.harness import clocks
from tests.faults.harness.balancer import Balancer
from tests.faults.harness.machines import Database, Program
from tests.house import PATIENCE, Simulator, eventually, free_port

WEBS, WORKERS = ("web_1", "web_2"), ("worker_1", "worker_2")
OURS = (*WEBS, *WORKERS, "mail_intake")
RATE = 5.0  # segments a second and number


@dataclass
class Person:
    id: int
    email: str
    mobile: str = ""


@dataclass
class Stage:
    """Everything that a nemesis may touch, and where a load goes in."""

    data: Path
    database: Database
    simulator: Simulator
    url: str
    balancer: Balancer
    web_urls: list[str]
    programs: dict[str, Program] = field(default_factory=dict)
    staff: list[Person] = field(default_factory=list)
    newcomers: list[Person] = field(default_factory=list)  # who have no number
    students: list[Person] = field(default_factory=list)

    def rows(self, query: str, **facts: Any) -> list[dict[str, Any]]:
        """Plain SQL: the checker trusts none of the code that it checks."""
        with psycopg.connect(
            self.database.url, connect_timeout=20, row_factory=psycopg.rows.dict_row
        ) as connection:
            return list(connection.execute(query, facts))

    def ledger(self, kind: str) -> list[dict[str, Any]]:
        """All lines of one kind: it is read to its end."""
        lines: list[dict[str, Any]] = []
        while True:
            after = lines[-1]["n"] if lines else 0
            page = self.simulator.ask(
                "GET", f"/simulator/ledger?kind={kind}&after={after}&limit=10000"
            )
            lines += page
            if len(page) < 10_000:
                return lines

    def heal(self) -> None:
        """Everything is alive and nothing goes wrong any more."""

        self.database.signal(signal.SIGCONT)
        self.database.start()
        for program in self.programs.values():
            program.signal(signal.SIGCONT)
            if clock := clocks.file_of(program.environment):
                clocks.set_clock(clock, 0)
            if not program.is_alive:
                program.start()
        assert wait_until_answers(
            f"{self.simulator.url}/simulator/healthz", seconds=PATIENCE
        )
        self.simulator.clear_faults()
        self.simulator.settings(callback_delay=0.05)
        # where several houses share two cores, all callers that were not answered ask
        # again at once
        for url in self.web_urls:
            assert wait_until_answers(f"{url}/readyz", seconds=600), (
                f"{url} does not come back"
            )

    def stop(self) -> None:
        for program in reversed(self.programs.values()):
            with suppress(OSError):
                program.kill()
        self.balancer.stop()
        self.database.forget()


@contextmanager
def raised(
    data: Path, *, database: Database | None = None, **extra: str
) -> Iterator[Stage]:
    """A stage with everything running and the college in it.
    ``extra``: settings of the house.
    """
    stage = _built(data, database or Database(data / "database"), extra)
    try:
        _begin(stage)
        yield stage
    finally:
        stage.stop()


def _built(data: Path, database: Database, extra: dict[str, str]) -> Stage:
    ports = [free_port(18700)]
    while len(ports) < 6:
        ports.append(free_port(ports[-1] + 1))
    front, first, second, carrier, smtp, intake = ports
    simulator = Simulator(f"http://127.0.0.1:{carrier}")
    webs = [f"http://127.0.0.1:{first}", f"http://127.0.0.1:{second}"]
    stage = Stage(
        data,
        database,
        simulator,
        f"http://127.0.0.1:{front}",
        Balancer(front, [first, second]),
        webs,
    )
    settings = _settings(stage, smtp, intake) | extra

    def program(name: str, *arguments: str) -> None:
        stage.programs[name] = Program(list(arguments), settings, data / f"{name}.log")

    account = [
        "--account-sid",
        os.environ["TWILIO_ACCOUNT_SID"],
        "--auth-token",
        os.environ["TWILIO_AUTH_TOKEN"],
    ]
    service = [
        "--messaging-service",
        os.environ["TWILIO_MESSAGING_SERVICE_SID"],
        "--data",
        str(data / "simulator"),
    ]
    mail = ["--smtp-port", str(smtp), "--mail-intake", settings["MAIL_INTAKE_URL"]]
    program("simulator", "simulator", "--port", str(carrier), *account, *service, *mail)
    program("web_1", "web", "--port", str(first))
    program("web_2", "web", "--port", str(second))
    for name in WORKERS:
        program(name, "worker")
        stage.programs[name].environment = settings | clocks.settable(
            data / f"{name}.clock"
        )
    program("mail_intake", "mail_intake")
    return stage


def _settings(stage: Stage, smtp: int, intake: int) -> dict[str, str]:
    return {
        "DATABASE_URL": stage.database.url,
        "PUBLIC_URL": stage.url,
        **dict.fromkeys(
            ("TWILIO_API_URL", "TWILIO_MESSAGING_URL", "TWILIO_EVENTS_URL"),
            stage.simulator.url,
        ),
        "TWILIO_ACCOUNTS_URL": stage.simulator.url,
        "EMAIL_URL": f"smtp://127.0.0.1:{smtp}",
        "EMAIL_FROM": "texting@alder.example",
        "EMAIL_REPLY_TO": "reply@mail.alder.example",
        "MAIL_INTAKE_URL": f"lmtp://127.0.0.1:{intake}",
        "DATA_DIR": str(stage.data),
        "TEXTS_PER_SECOND": str(RATE),
        "FAILSAFE_HOLD_SECONDS": "2",
    }


def _begin(stage: Stage) -> None:
    stage.database.start()
    stage.balancer.start()
    stage.programs["simulator"].start()
    environment = {**os.environ, **stage.programs["web_1"].environment}
    _once(["quadline", "prepare"], environment)
    filled = json.loads(_once(["tests.faults.harness.college"], environment))
    stage.staff = [Person(**each) for each in filled["staff"]]
    stage.newcomers = [Person(**each) for each in filled["newcomers"]]
    stage.students = [Person(**each) for each in filled["students"]]
    assert wait_until_answers(
        f"{stage.simulator.url}/simulator/healthz", seconds=PATIENCE
    )
    stage.simulator.settings(
        registration_delay=0, callback_delay=0.05, carrier_blocks_opt_outs=False
    )
    _once(["quadline", "connect_carrier"], environment)
    for name in OURS:
        stage.programs[name].start()
    for url in stage.web_urls:
        assert wait_until_answers(f"{url}/readyz", seconds=PATIENCE), (
            f"{url} does not start"
        )
    eventually(lambda: _workers_beat(stage) >= len(WORKERS), every=0.5)


def _workers_beat(stage: Stage) -> int:
    return len(stage.rows("SELECT id FROM procrastinate_workers"))


def _once(module: list[str], environment: dict[str, str]) -> str:
    environment = {"DJANGO_SETTINGS_MODULE": "quadline.config.settings", **environment}
    done = subprocess.run(
        [sys.executable, "-m", *module],
        env=environment,
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
