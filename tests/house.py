"""The whole house as processes, for journeys and faults: simulator, web
and worker on a database of their own.
"""

import atexit
import json
import os
import signal
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import psycopg

from quadline.demo.processes import Process, inherited, is_free, wait_until_answers

Seen = TypeVar("Seen")
# seconds; only a test that fails waits as long, so a busy machine fails none
PATIENCE = 180.0


def eventually(
    look: Callable[[], Seen], *, within: float = PATIENCE, every: float = 0.05
) -> Seen:
    """The first true thing that ``look`` returns; fails with the last one it saw.

    What it waits for must last, or must have been written down: a state that passes by
    is missed on a busy machine.
    """
    deadline = time.monotonic() + within
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s; last seen: {seen!r}")
        time.sleep(every)


@dataclass
class Simulator:
    """The carrier in a box, by its control API."""

    url: str

    def ask(self, method: str, path: str, content: Any = None) -> Any:
        body = json.dumps(content).encode() if content is not None else None
        request = urllib.request.Request(f"{self.url}{path}", data=body, method=method)
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read() or "null")

    def ledger(self, kind: str) -> list[dict[str, Any]]:
        """All of it, however much there is."""
        found = self.ask("GET", f"/simulator/ledger?kind={kind}&limit=1000000")
        return list(found["entries"] if isinstance(found, dict) else found)

    def settings(self, **changes: Any) -> None:
        self.ask("POST", "/simulator/settings", changes)

    def fault(self, **fault: Any) -> None:
        self.ask("POST", "/simulator/faults", fault)

    def goes_away(self, *, seconds: float) -> None:
        """Nobody listens any more when this returns, until
        so many seconds have passed.
        """
        port = int(urlsplit(self.url).port or 0)
        self.fault(kind="refuse_connections", seconds=seconds)
        eventually(lambda: not is_listening(port), every=0.01)

    def clear_faults(self) -> None:
        self.ask("DELETE", "/simulator/faults")

    def fast_forward(self, hours: float = 24) -> None:
        self.ask("POST", "/simulator/fast-forward", {"hours": hours})

    def a_second_passes(self) -> None:
        """The carrier dates texts in whole seconds: of STOP and
        START in one of them STOP counts.
        """
        self.fast_forward(hours=1 / 3600)

    def text(self, phone: str, to: str, body: str, **webhook: Any) -> Any:
        """A student texts a system number. ``webhook_after``:
        seconds; or ``webhook_lost``.
        """
        return self.ask(
            "POST",
            f"/simulator/phones/{phone}/texts",
            {"to": to, "body": body, **webhook},
        )

    def accepts(self, *, to: str = "", sender: str = "") -> list[dict[str, Any]]:
        """The texts the carrier took, by its own append-only ledger."""
        return [
            e
            for e in self.ledger("accept")
            if (not to or e["to"] == to) and (not sender or e["from"] == sender)
        ]

    def mail(self, address: str) -> list[dict[str, Any]]:
        """What is in this mailbox from the college, oldest first: from, to, subject,
        headers, text, html, attachments, links.
        """
        found = self.ask("GET", f"/simulator/mailboxes/{quote(address)}")["mails"]
        return [mail for mail in found if not mail["is_from_student"]]

    def mail_ledger(self, *, to: str = "") -> list[dict[str, Any]]:
        """Every arrival of a mail, also of one that had arrived before (`repeated`)."""
        return [
            line for line in self.ledger("mail") if not to or line["to"] == to.lower()
        ]

    def answer_mail(
        self, address: str, body: str, *, kind: str = "reply", to_message_id: str = ""
    ) -> Any:
        """The student, or a machine of theirs, answers a mail:
        the newest, unless one is named.
        """
        wish = {"body": body, "kind": kind, "to_message_id": to_message_id}
        return self.ask("POST", f"/simulator/mailboxes/{quote(address)}/replies", wish)

    def smtp_url(self) -> str:
        """For EMAIL_URL: where the simulator takes mail."""
        return f"smtp://127.0.0.1:{self.ask('GET', '/simulator/healthz')['smtp_port']}"

    def purchases(self) -> list[dict[str, Any]]:
        return self.ledger("purchase")


@dataclass
class House:
    """Processes and where they are reached."""

    settings: dict[str, str]
    simulator: Simulator
    url: str
    processes: dict[str, Process] = field(default_factory=dict)

    def start(self, name: str, arguments: list[str] | None = None) -> Process:
        process = self.processes.get(name) or Process(
            arguments or [name], inherited(self.settings)
        )
        self.processes[name] = process
        process.start()
        return process

    def kill(self, name: str) -> None:
        """As a power cut would: no goodbye."""
        running = self.processes[name].running
        assert running is not None
        running.kill()
        running.wait()

    @contextmanager
    def paused(self, name: str) -> Iterator[None]:
        """It stands still meanwhile, and so does what it would change."""
        running = self.processes[name].running
        assert running is not None
        running.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            running.send_signal(signal.SIGCONT)

    def ended(self) -> list[str]:
        """The processes that should be running and are not."""
        return [name for name, process in self.processes.items() if process.has_ended]

    def connect_carrier(self) -> None:
        _finish(Process(["connect_carrier"], inherited(self.settings)))

    def stop(self) -> None:
        for process in reversed(self.processes.values()):
            process.stop()


def free_port(start: int) -> int:
    """From here on; no other test run of this machine is
    given it while this process lives.
    """
    return free_ports(start, count=1)


def free_ports(start: int, *, count: int) -> int:
    """The first of so many in a row."""
    return next(
        first
        for first in range(start, start + 900, count)
        if all(is_free(port) and _is_kept(port) for port in range(first, first + count))
    )


def _is_kept(port: int) -> bool:
    """Nobody uses UDP here: who has a port there is the one who may use it."""
    keeper = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        keeper.bind(("127.0.0.1", port))
    except OSError:
        keeper.close()
        return False
    atexit.register(keeper.close)
    return True


def is_listening(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()
    except ConnectionRefusedError:
        return False
    return True


def build(data: Path, *, database: str) -> House:
    """Make the database, start everything, and wait until it is ready."""
    server = os.environ["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {database}")
    web_port = free_port(18100)
    carrier_port = free_port(web_port + 1)
    smtp_port = free_port(carrier_port + 1)
    intake_port = free_port(smtp_port + 1)
    carrier = f"http://127.0.0.1:{carrier_port}"
    settings = {
        "DATABASE_URL": urlsplit(server)._replace(path=f"/{database}").geturl(),
        "PUBLIC_URL": f"http://127.0.0.1:{web_port}",
        "TWILIO_API_URL": carrier,
        "TWILIO_MESSAGING_URL": carrier,
        "TWILIO_EVENTS_URL": carrier,
        "TWILIO_ACCOUNTS_URL": carrier,
        "EMAIL_URL": f"smtp://127.0.0.1:{smtp_port}",
        "EMAIL_FROM": "texting@alder.example",
        "EMAIL_REPLY_TO": "reply@mail.alder.example",
        "MAIL_INTAKE_URL": f"lmtp://127.0.0.1:{intake_port}",
        "DATA_DIR": str(data),
    }
    house = House(settings, Simulator(carrier), settings["PUBLIC_URL"])
    account = [
        "--account-sid",
        os.environ["TWILIO_ACCOUNT_SID"],
        "--auth-token",
        os.environ["TWILIO_AUTH_TOKEN"],
    ]
    service = ["--messaging-service", os.environ["TWILIO_MESSAGING_SERVICE_SID"]]
    mail = ["--smtp-port", str(smtp_port), "--mail-intake", settings["MAIL_INTAKE_URL"]]
    house.start(
        "simulator",
        ["simulator", "--port", str(carrier_port), *mail, *account, *service],
    )
    prepared = Process(["prepare"], inherited(settings))
    _finish(prepared)
    assert wait_until_answers(f"{carrier}/simulator/healthz", seconds=PATIENCE)
    house.connect_carrier()
    house.start("web", ["web", "--port", str(web_port)])
    house.start("worker")
    house.start("mail_intake")
    assert wait_until_answers(f"{house.url}/readyz", seconds=PATIENCE)
    eventually(lambda: is_listening(intake_port))
    return house


def _finish(once: Process) -> None:
    once.start()
    assert once.running is not None
    assert once.running.wait(timeout=PATIENCE) == 0
