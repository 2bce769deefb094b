"""What tests in every room may ask for: the cast, and a carrier in a box
with the real adapter in front of it.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import cast as typed

import hypothesis
import pytest
from django.db import connection, connections
from django.test import TransactionTestCase
from django.utils import timezone
from pytest_django import Settings
from pytest_django.plugin import DjangoDbBlocker

from quadline import clock, jobs
from quadline.accounts.hashing import BoundedArgon2
from quadline.carriers import registry
from quadline.carriers.tests import NOBODY
from quadline.carriers.twilio import Twilio
from quadline.college import current
from tests import cast
from tests.house import Simulator
from tests.mail_server import MailServer

READY = "Simulator ready at "


@pytest.fixture(scope="session", autouse=True)
def quick_emptying() -> None:
    """After a test that commits. Django would truncate all sixty tables,
    which takes longer than most such tests.
    """
    TransactionTestCase._fixture_teardown = _empty_what_has_rows


TABLES = (
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <>"
    " ALL(%s)"
)
OF_MIGRATIONS = ["django_migrations", "django_content_type", "auth_permission"]


def _empty_what_has_rows(test_case: TransactionTestCase) -> None:
    with connection.cursor() as cursor:
        cursor.execute(TABLES, [OF_MIGRATIONS])
        tables = [name for (name,) in cursor.fetchall()]
        first_rows = [f"(SELECT '{name}' FROM {name} LIMIT 1)" for name in tables]  # noqa: S608
        cursor.execute(" UNION ALL ".join(first_rows))
        written = [f"DELETE FROM {name}" for (name,) in cursor.fetchall()]  # noqa: S608
        # A replica checks no foreign keys and no rules: those were kept when the rows
        # were written.
        as_replica = ["SET LOCAL session_replication_role = replica", *written]
        cursor.execute("; ".join(as_replica))


# No test depends on speed: an example, or making one, takes as long as it takes.
hypothesis.settings.register_profile(
    "patient",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("patient")


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """At the end nobody keeps the database from being dropped: a process that was just
    killed may have a session yet.
    """
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("""
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
        """)


@pytest.fixture(autouse=True)
def database_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a test's own process the database's time is
    Python's, so that a test may set it.

    Processes that a test starts ask their database, as they always do.
    """
    monkeypatch.setattr(clock, "now", timezone.now)
    monkeypatch.setattr(clock, "read_database_clock", timezone.now)


@pytest.fixture(autouse=True)
def nothing_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a test's own process the college's settings are those of the environment until
    the test decides something: no question to the database comes and goes by the clock.
    """
    nothing = current.Reading(current.NOTHING_DECIDED, clock.monotonic_seconds())
    monkeypatch.setattr(current, "_last", nothing)
    monkeypatch.setattr(current, "_not_before", current.LONG_AGO)
    monkeypatch.setattr(current, "READ_AGAIN_SECONDS", float("inf"))


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where hundreds sign in and the hash is not what the
    test is about: Argon2's least.
    """
    monkeypatch.setattr(BoundedArgon2, "time_cost", 1)
    monkeypatch.setattr(BoundedArgon2, "memory_cost", 8)


@pytest.fixture
def people(db: None, monkeypatch: pytest.MonkeyPatch) -> cast.Cast:
    """Maya, her office, her students, and Omar who may see none of it."""
    # A job first closes its connections, which would end a test's transaction
    # (Django's own test client avoids the same).
    monkeypatch.setattr(jobs, "close_old_connections", lambda: None)
    monkeypatch.setattr(
        jobs, "THREAD_OPTIONS", {}
    )  # another connection would not see it
    return cast.assemble()


@pytest.fixture(scope="session")
def simulator_process() -> Iterator[str]:
    """The address of a carrier in a box, in a process of its own, for the whole run."""
    account = [
        "--account-sid",
        os.environ["TWILIO_ACCOUNT_SID"],
        "--auth-token",
        os.environ["TWILIO_AUTH_TOKEN"],
    ]
    service = ["--messaging-service", os.environ["TWILIO_MESSAGING_SERVICE_SID"]]
    command = [
        sys.executable,
        "-m",
        "quadline.simulator.main",
        "--port",
        "0",
        *account,
        *service,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith(READY), line
        yield line.removeprefix(READY).strip()
        process.terminate()


@pytest.fixture
def box(simulator_process: str) -> Simulator:
    """The carrier in a box, empty. A text stays as
    accepted until a test moves time on.
    """
    simulator = Simulator(simulator_process)
    simulator.ask("POST", "/simulator/reset")
    simulator.settings(callback_delay=3600)
    return simulator


@pytest.fixture
def twilio(box: Simulator, settings: Settings) -> Iterator[Twilio]:
    """The real adapter, in front of the box, as the house's current carrier."""
    addresses = dict.fromkeys(
        (
            "twilio_api_url",
            "twilio_messaging_url",
            "twilio_events_url",
            "twilio_accounts_url",
        ),
        box.url,
    )
    settings.ENV = settings.ENV.model_copy(update={**addresses, "public_url": NOBODY})
    registry.carrier.cache_clear()
    yield typed(Twilio, registry.current_carrier())
    registry.carrier.cache_clear()


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[MailServer]:
    """A real mail server, as the college's own: what reaches it is
    read with ``mailbox.to(address)``.
    """
    server = MailServer()
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    yield server
    server.stop()


@pytest.fixture
def committed_people(transactional_db: None) -> Iterator[cast.Cast]:
    """The cast where other threads see it too. Slow: only for doors and races."""
    yield cast.assemble()
    jobs.THREAD_OPTIONS["executor"].submit(connections.close_all).result()
