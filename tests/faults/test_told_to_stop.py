"""A process that is told to stop ends within its time, whatever the database does meanwhile. Real processes."""

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
from pathlib import Path

import psycopg
import pytest

from quadline.config.programs import WEB_ENDS_WITHIN_SECONDS
from quadline.demo import postgres
from quadline.demo.processes import PATIENCE_SECONDS, is_free, wait_for
from quadline.simulator.main import ENDS_WITHIN_SECONDS as SIMULATOR_ENDS_WITHIN
from quadline.webhooks.intake import ENDS_WITHIN_SECONDS as INTAKE_ENDS_WITHIN
from quadline.worker import ENDS_WITHIN_SECONDS as WORKER_ENDS_WITHIN
from tests.faults.harness.machines import Database, Program
from tests.house import eventually, free_port

BUSY_MACHINE = 15.0  # seconds more than promised until a test has seen it
LETTER = "From: rosa@students.alder.example\nTo: reply@mail.alder.example\nSubject: Hello\n\nHi"


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
        subprocess.run(prepare, env={**os.environ, **self.settings}, check=True, capture_output=True)

    def begin(self, *arguments: str) -> Program:
        program = Program(list(arguments), self.settings, self.home / f"{arguments[0]}.log")
        program.start()
        self.programs.append(program)
        return program

    def worker(self) -> Program:
        program = self.begin("worker")
        eventually(self._worker_beats, within=60, every=0.5)
        return program

    def web(self) -> Program:
        """With a page, and a receipt, that wait for the database when it does not answer."""
        self.port = free_port(19300)
        program = self.begin("web", "--port", str(self.port))
        assert wait_for(f"http://127.0.0.1:{self.port}/readyz", seconds=60)
        return program

    def mail_intake(self) -> Program:
        self.port = free_port(19400)
        program = self.begin("mail_intake", "--lmtp", f"127.0.0.1:{self.port}")
        eventually(lambda: not is_free(self.port), within=60)
        return program

    def ask_a_page(self) -> None:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{self.port}/accounts/login/", timeout=60) as answer:
            answer.read()

    def bring_an_email(self) -> None:
        with suppress(OSError, smtplib.SMTPException), smtplib.LMTP("127.0.0.1", self.port, timeout=60) as server:
            server.sendmail("rosa@students.alder.example", ["reply@mail.alder.example"], LETTER)

    def _worker_beats(self) -> bool:
        with psycopg.connect(self.database.url) as connection:
            return connection.execute("SELECT 1 FROM procrastinate_workers").fetchone() is not None

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
    """It was stopped in the middle of what it did: connections stand, and no answer comes."""
    with psycopg.connect(site.database.url) as connection:
        found = connection.execute("SELECT pid FROM pg_stat_activity WHERE datname IS NOT NULL AND pid <> pg_backend_pid()")
        pids = [pid for (pid,) in found.fetchall()]
    site.database.signal(signal.SIGSTOP)
    site.stopped = pids
    site.signal_sessions(signal.SIGSTOP)
    time.sleep(3)


STATES = (goes, went_a_while_ago, hangs)


def ended_within(program: Program, seconds: float) -> bool:
    assert program.running is not None
    with suppress(subprocess.TimeoutExpired):
        program.running.wait(seconds + BUSY_MACHINE)
        return True
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("state", STATES)
def test_a_worker_ends(site: Site, state: Callable[[Site], None], number: signal.Signals) -> None:
    worker = site.worker()
    state(site)
    worker.signal(number)
    assert ended_within(worker, WORKER_ENDS_WITHIN), worker.log.read_text()[-3000:]


@pytest.mark.parametrize("state", STATES)
def test_a_web_process_ends(site: Site, state: Callable[[Site], None]) -> None:
    web = site.web()
    state(site)
    asking = threading.Thread(target=site.ask_a_page)
    asking.start()
    time.sleep(1)
    web.signal(signal.SIGTERM)
    assert ended_within(web, WEB_ENDS_WITHIN_SECONDS), web.log.read_text()[-3000:]
    asking.join()


@pytest.mark.parametrize("state", STATES)
def test_mail_intake_ends(site: Site, state: Callable[[Site], None]) -> None:
    intake = site.mail_intake()
    state(site)
    bringing = threading.Thread(target=site.bring_an_email)
    bringing.start()
    time.sleep(1)
    intake.signal(signal.SIGTERM)
    assert ended_within(intake, INTAKE_ENDS_WITHIN), intake.log.read_text()[-3000:]
    bringing.join()


def test_a_second_signal_ends_a_worker_at_once(site: Site) -> None:
    worker = site.worker()
    hangs(site)
    worker.signal(signal.SIGTERM)
    time.sleep(1)
    assert worker.is_alive, "it waits for what is under way"
    worker.signal(signal.SIGTERM)
    assert ended_within(worker, 0)


def test_a_mailbox_that_does_not_answer_keeps_nobody_from_ending(site: Site) -> None:
    """By IMAP: a server that takes the connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        intake = site.begin("mail_intake", "--imap", f"imap://rosa:secret@127.0.0.1:{port}/INBOX")
        silent.settimeout(60)
        there, _ = silent.accept()
        intake.signal(signal.SIGTERM)
        assert ended_within(intake, INTAKE_ENDS_WITHIN)
        there.close()


def test_a_simulator_ends(site: Site) -> None:
    simulator = site.begin("simulator", "--port", "0", "--smtp-port", "0")
    eventually(lambda: "Simulator ready" in simulator.log.read_text(), within=60)
    simulator.signal(signal.SIGTERM)
    assert ended_within(simulator, SIMULATOR_ENDS_WITHIN)


def test_quadline_run_ends_with_all_it_started_while_its_database_hangs(tmp_path: Path) -> None:
    """The database is its own child, and was stopped."""
    port = free_port(19500)
    program = Program(["run", "--port", str(port), "--data", str(tmp_path / "data")], {"DATABASE_URL": ""}, tmp_path / "run.log")
    program.start()
    assert program.running is not None
    try:
        assert wait_for(f"http://127.0.0.1:{port}/readyz", seconds=120), program.log.read_text()[-3000:]
        family = descendants(program.running.pid)
        for pid in family:
            if "postgres" in command_of(pid):
                os.kill(pid, signal.SIGSTOP)
        program.signal(signal.SIGTERM)
        its_database_too = PATIENCE_SECONDS + 2 * postgres.PATIENCE_SECONDS
        assert ended_within(program, its_database_too), program.log.read_text()[-3000:]
        assert [pid for pid in family if "quadline" in command_of(pid)] == []
    finally:
        program.kill()


def descendants(pid: int) -> list[int]:
    children = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return children + [each for child in children for each in descendants(child)]


def command_of(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""
