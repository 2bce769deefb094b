"""A process that gets a stop signal ends within its time, whatever the
database does meanwhile. Real processes.
"""

import os
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from quadline.config.programs import WEB_ENDS_WITHIN_SECONDS
from quadline.demo import postgres
from quadline.demo.processes import PROCESS_STOP_SECONDS, wait_until_answers
from quadline.simulator.main import SIMULATOR_STOP_SECONDS as SIMULATOR_ENDS_WITHIN
from quadline.webhooks.mail.intake import INTAKE_STOP_SECONDS as INTAKE_ENDS_WITHIN
from quadline.worker import WORKER_STOP_SECONDS as WORKER_ENDS_WITHIN
from tests.faults.harness.machines import Database, Program
from tests.house import PATIENCE, eventually, free_port, is_listening

BUSY_MACHINE = 60.0  # seconds more than promised until a test has seen it
LETTER = (
    "From: rosa@students.alder.example\nTo: reply@mail.alder.example\nSubject:"
    " Hello\n\nHi"
)


class Site:
    """A database of its own, with tables, and the programs that lean on it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.database = Database(home / "database")
        self.database.start()
        self.settings = {
            "DATABASE_URL": self.database.url,
            "DATA_DIR": str(home),
            "EMAIL_REPLY_TO": "reply@mail.alder.example",
            "EMAIL_FROM": "texting@alder.example",
            "DJANGO_SETTINGS_MODULE": "quadline.config.settings",
        }
        self.programs: list[Program] = []
        self.stopped: list[int] = []  # sessions of the database
        prepare = [sys.executable, "-m", "quadline", "prepare"]
        subprocess.run(
            prepare,
            env={**os.environ, **self.settings},
            check=True,
            capture_output=True,
        )

    def begin(self, *arguments: str) -> Program:
        program = Program(
            list(arguments), self.settings, self.home / f"{arguments[0]}.log"
        )
        program.start()
        self.programs.append(program)
        return program

    def worker(self) -> Program:
        before = self._workers()
        program = self.begin("worker")
        eventually(lambda: self._workers() > before, every=0.5)
        return program

    def web(self) -> Program:
        """With a page, and a receipt, that wait for the
        database when it does not answer.
        """
        self.web_port = free_port(19300)
        program = self.begin("web", "--port", str(self.web_port))
        assert wait_until_answers(
            f"http://127.0.0.1:{self.web_port}/readyz", seconds=PATIENCE
        )
        return program

    def mail_intake(self) -> Program:
        self.intake_port = free_port(19400)
        program = self.begin("mail_intake", "--lmtp", f"127.0.0.1:{self.intake_port}")
        eventually(lambda: is_listening(self.intake_port))
        return program

    def ask_a_page(self) -> None:
        with (
            suppress(OSError),
            urllib.request.urlopen(
                f"http://127.0.0.1:{self.web_port}/accounts/login/", timeout=PATIENCE
            ) as answer,
        ):
            answer.read()

    def bring_an_email(self) -> None:
        with (
            suppress(OSError, smtplib.SMTPException),
            smtplib.LMTP("127.0.0.1", self.intake_port, timeout=PATIENCE) as server,
        ):
            server.sendmail(
                "rosa@students.alder.example", ["reply@mail.alder.example"], LETTER
            )

    def _workers(self) -> int:
        with psycopg.connect(self.database.url) as connection:
            return len(
                connection.execute("SELECT id FROM procrastinate_workers").fetchall()
            )

    def signal_sessions(self, number: signal.Signals) -> None:
        for pid in self.stopped:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def heal(self) -> None:
        self.signal_sessions(signal.SIGCONT)
        self.stopped = []
        for program in self.programs:
            program.kill()
        self.programs.clear()
        self.database.signal(signal.SIGCONT)
        self.database.start()
        with psycopg.connect(self.database.url) as connection:
            connection.execute("DELETE FROM procrastinate_workers")


@pytest.fixture(scope="module")
def a_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("site"))
    yield made
    made.heal()
    made.database.forget()


@pytest.fixture
def site(a_site: Site) -> Iterator[Site]:
    yield a_site
    a_site.heal()


def goes(site: Site) -> None:
    """It is away, and a moment later nobody has a connection."""
    site.database.kill(signal.SIGQUIT)


def went_a_while_ago(site: Site) -> None:
    """Everybody is trying to connect again."""
    site.database.kill(signal.SIGQUIT)
    time.sleep(4)


def hangs(site: Site) -> None:
    """It was stopped in the middle of what it did:
    connections stand, and no answer comes.
    """
    with psycopg.connect(site.database.url) as connection:
        found = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname IS NOT NULL AND pid <>"
            " pg_backend_pid()"
        )
        pids = [pid for (pid,) in found.fetchall()]
    site.database.signal(signal.SIGSTOP)
    site.stopped = pids
    site.signal_sessions(signal.SIGSTOP)
    time.sleep(3)


STATES = (goes, went_a_while_ago, hangs)


@dataclass
class Told:
    """Somebody who has to end, and how long that may take."""

    program: Program
    number: signal.Signals
    within: float  # seconds


def those_who_do_not_end(everybody: list[Told]) -> list[str]:
    """Told side by side: each has its own time from here."""
    for each in everybody:
        each.program.signal(each.number)
    begun = time.monotonic()
    late = []
    for each in everybody:
        left = begun + each.within - time.monotonic()
        if not ended_within(each.program, max(left, 0.0)):
            late.append(
                f"{each.program.arguments[0]}: {each.program.log.read_text()[-3000:]}"
            )
    return late


def ended_within(program: Program, seconds: float) -> bool:
    assert program.running is not None
    with suppress(subprocess.TimeoutExpired):
        program.running.wait(seconds + BUSY_MACHINE)
        return True
    return False


@pytest.mark.parametrize("state", STATES)
def test_everybody_ends(site: Site, state: Callable[[Site], None]) -> None:
    """While a page and an email wait for their answers."""
    workers = [site.worker(), site.worker()]
    everybody = [
        Told(site.web(), signal.SIGTERM, WEB_ENDS_WITHIN_SECONDS),
        Told(site.mail_intake(), signal.SIGTERM, INTAKE_ENDS_WITHIN),
        Told(workers[0], signal.SIGTERM, WORKER_ENDS_WITHIN),
        Told(workers[1], signal.SIGINT, WORKER_ENDS_WITHIN),
    ]
    state(site)
    calls = [
        threading.Thread(target=call) for call in (site.ask_a_page, site.bring_an_email)
    ]
    for call in calls:
        call.start()
    time.sleep(1)
    assert those_who_do_not_end(everybody) == []
    for call in calls:
        call.join()


def test_a_second_signal_ends_a_worker_at_once(site: Site) -> None:
    worker = site.worker()
    hangs(site)
    worker.signal(signal.SIGTERM)
    time.sleep(1)
    assert worker.is_alive, "it waits for what is under way"
    # One that comes before the first was seen is the same one: on a busy machine that
    # may take a while.
    eventually(
        lambda: is_over_after_another(worker), within=WORKER_ENDS_WITHIN - 5, every=1
    )


def is_over_after_another(worker: Program) -> bool:
    worker.signal(signal.SIGTERM)
    return not worker.is_alive


def test_a_mailbox_that_does_not_answer_keeps_nobody_from_ending(site: Site) -> None:
    """By IMAP: a server that takes the connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        intake = site.begin(
            "mail_intake", "--imap", f"imap://rosa:secret@127.0.0.1:{port}/INBOX"
        )
        silent.settimeout(PATIENCE)
        there, _ = silent.accept()
        intake.signal(signal.SIGTERM)
        assert ended_within(intake, INTAKE_ENDS_WITHIN)
        there.close()


def test_a_simulator_ends(site: Site) -> None:
    simulator = site.begin("simulator", "--port", "0", "--smtp-port", "0")
    eventually(lambda: "Simulator ready" in simulator.log.read_text())
    simulator.signal(signal.SIGTERM)
    assert ended_within(simulator, SIMULATOR_ENDS_WITHIN)


def test_quadline_run_ends_with_all_it_started_while_its_database_hangs(
    tmp_path: Path,
) -> None:
    """The database is its own child, and was stopped."""
    port = free_port(19500)
    program = Program(
        ["run", "--port", str(port), "--data", str(tmp_path / "data")],
        {"DATABASE_URL": ""},
        tmp_path / "run.log",
    )
    program.start()
    assert program.running is not None
    try:
        assert wait_until_answers(
            f"http://127.0.0.1:{port}/readyz", seconds=PATIENCE
        ), program.log.read_text()[-3000:]
        family = descendants(program.running.pid)
        for pid in family:
            if "postgres" in command_of(pid):
                os.kill(pid, signal.SIGSTOP)
        program.signal(signal.SIGTERM)
        its_database_too = PROCESS_STOP_SECONDS + 2 * postgres.SERVER_STOP_SECONDS
        assert ended_within(program, its_database_too), program.log.read_text()[-3000:]
        assert [pid for pid in family if "quadline" in command_of(pid)] == []
    finally:
        program.kill()


def descendants(pid: int) -> list[int]:
    children = [
        int(each)
        for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    ]
    return children + [each for child in children for each in descendants(child)]


def command_of(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""
