"""What stands around a path: PostgreSQL that writes to disk, a migrated database for
each path, and our processes.
"""

import contextlib
import fcntl
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from bench.machine import born_on
from bench.paths import HOUSE_CORE, OUTER_CORE
from quadline.demo import postgres
from quadline.demo.processes import wait_until_answers

# in the checkout: /tmp is memory on many machines, and a sync there costs nothing
DATA = Path("data/bench")
# Migrated once: each path gets a copy.
TEMPLATE = "bench_template"
# Signs the webhooks that we call ourselves.
TOKEN = "the stand-in asks for none"  # noqa: S105
PUBLIC_URL = "https://texting.alder.example"
SETTINGS = {
    "SECRET_KEY": (
        "only for the bench: nothing is signed with this that leaves the machine"
    ),
    "PUBLIC_URL": PUBLIC_URL,
    "COLLEGE_NAME": "Alder College",
    "COLLEGE_PHONE": "(734) 555-0100",
    "COLLEGE_AREA_CODES": "734,313",
    "COLLEGE_TIME_ZONE": "America/Detroit",
    "QUIET_HOURS": "",  # the bench runs at night, too
    "TEXTS_PER_SECOND": "0",  # no limit; the path that measures pace sets its own
    "TWILIO_ACCOUNT_SID": "AC5a11dec0113c7e00000000000000a1de",
    "TWILIO_AUTH_TOKEN": TOKEN,
    "TWILIO_MESSAGING_SERVICE_SID": "MG5a11dec0113c7e00000000000000a1de",
    "SECOND_FACTOR_ROLES": "none",  # whoever opens a page has signed in
    "LOG_LEVEL": "ERROR",
    "DJANGO_SETTINGS_MODULE": "quadline.config.settings",
    "PYTHONUNBUFFERED": "1",
    "PYTHONWARNINGS": "ignore",
}


@contextmanager
def database() -> Iterator[postgres.Cluster]:
    """A server of our own with the settings of production, and the template that each
    path's database is made from.
    """
    DATA.mkdir(parents=True, exist_ok=True)
    # of two at once, neither's figures would mean anything
    with (DATA / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield from _served_cluster()


def _served_cluster() -> Iterator[postgres.Cluster]:
    postgres.delete_cluster(DATA)
    cluster = postgres.cluster_at(DATA)
    server = postgres.start(cluster)
    try:
        with _administrator(cluster) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE))
            )
        environment = {
            **os.environ,
            **SETTINGS,
            "DATABASE_URL": cluster.url(TEMPLATE),
            "DATA_DIR": str(DATA.resolve()),
        }
        subprocess.run(
            [sys.executable, "-m", "quadline", "prepare"], env=environment, check=True
        )
        yield cluster
    finally:
        postgres.stop_server(server)
        postgres.delete_cluster(DATA)


def fresh_database(cluster: postgres.Cluster, name: str) -> str:
    """A migrated, empty database; its address."""
    with _administrator(cluster) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(
                sql.Identifier(name)
            )
        )
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(TEMPLATE)
            )
        )
    return cluster.url(name)


def _administrator(cluster: postgres.Cluster) -> psycopg.Connection:
    url = cluster.url("postgres")
    return psycopg.connect(url, autocommit=True)


@contextmanager
def running(
    *module_and_arguments: str, core: int = OUTER_CORE, ready: str = "Ready at "
) -> Iterator[tuple[str, int]]:
    """One of our programs on one core, once it has printed that it is ready: what it
    printed after that, and its pid.
    """
    command = [sys.executable, "-m", *module_and_arguments]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, preexec_fn=born_on(core)
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line.startswith(ready):
            raise RuntimeError(f"{' '.join(module_and_arguments)} did not start")
        yield line.removeprefix(ready).strip(), process.pid
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()


@contextmanager
def web(port: int) -> Iterator[tuple[str, int]]:
    """One web process of the house, as in production: its address and its pid."""
    with served("quadline", "web", "--port", str(port), port=port) as found:
        yield found


@contextmanager
def served(*module_and_arguments: str, port: int) -> Iterator[tuple[str, int]]:
    """A program that serves HTTP, on the core of the house, once it is ready."""
    module = module_and_arguments[0]
    address = f"http://127.0.0.1:{port}"
    with _started(*module_and_arguments) as pid:
        is_ready = wait_until_answers(f"{address}/readyz", seconds=30)
        if not is_ready:
            raise RuntimeError(f"{module} did not become ready")
        yield address, pid


@contextmanager
def worker(*queues: str) -> Iterator[int]:
    """One worker process of the house, as in production; its pid."""
    with _started("quadline", "worker", *queues) as pid:
        yield pid


@contextmanager
def mail_intake(port: int) -> Iterator[str]:
    """The door for mail servers, as in production: its address."""
    with _started("quadline", "mail_intake", "--lmtp", f"127.0.0.1:{port}"):
        wait_until_somebody_listens(port, seconds=30)
        yield f"lmtp://127.0.0.1:{port}"


def wait_until_somebody_listens(port: int, *, seconds: float) -> None:
    """Raises RuntimeError when nobody does in time."""
    give_up_at = time.monotonic() + seconds
    while time.monotonic() < give_up_at:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port), timeout=1),
        ):
            return
        time.sleep(0.1)
    raise RuntimeError(f"nobody listens at port {port}")


@contextmanager
def _started(*module_and_arguments: str) -> Iterator[int]:
    command = [sys.executable, "-m", *module_and_arguments]
    process = subprocess.Popen(
        command, preexec_fn=born_on(HOUSE_CORE), stdin=subprocess.DEVNULL
    )
    try:
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
