"""Start: how long a second `make demo` takes until its pages are ready."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.calling import free_port
from bench.figures import Figures, Reach, Row, Work
from bench.house import DATA, SETTINGS
from quadline.demo import postgres
from quadline.demo.processes import is_free, wait_until_answers

TITLE = "start"
ROWS = (
    Row(TITLE, "s", "start of PostgreSQL and `import django` twice", Reach(at_most=3)),
)
HOME = DATA.resolve() / "demo"
# The settings of the bench, which its own process has in its environment.
NOT_OF_A_DEMO = {*SETTINGS, "DATABASE_URL", "DATA_DIR", "TWILIO_API_URL"} - {
    "PYTHONUNBUFFERED"
}


def measure(work: Work) -> Figures:
    # The first start makes the database. A second one is what is measured.
    if not (HOME / "secret_key").exists():
        _started()
    return {TITLE: _started()}


def limit(work: Work) -> Figures:
    began = time.perf_counter()
    server = postgres.start(postgres.cluster_at(HOME))
    for _ in range(2):
        subprocess.run([sys.executable, "-c", "import django"], check=True)
    seconds = time.perf_counter() - began
    postgres.stop_server(server)
    return {TITLE: seconds}


def _started() -> float:
    """Seconds until /readyz answers; then everything is stopped again."""
    port = _free_ports()
    began = time.perf_counter()
    with _demo(port):
        if not wait_until_answers(f"http://127.0.0.1:{port}/readyz", seconds=120):
            raise RuntimeError("the demo did not become ready")
        return time.perf_counter() - began


@contextmanager
def _demo(port: int) -> Iterator[None]:
    """What `make demo` runs, on a data folder of our own."""
    environment = {
        name: value for name, value in os.environ.items() if name not in NOT_OF_A_DEMO
    }
    command = [
        sys.executable,
        "-m",
        "quadline",
        "demo",
        "--port",
        str(port),
        "--data",
        str(HOME),
    ]
    demo = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        # Ctrl-C in the terminal then reaches the bench alone, which ends the demo.
        start_new_session=True,
    )
    try:
        yield
    finally:
        demo.send_signal(signal.SIGTERM)
        try:
            demo.wait(timeout=60)
        except subprocess.TimeoutExpired:
            demo.kill()
            demo.wait()


def _free_ports() -> int:
    """The first of the four in a row that a demo takes."""
    while True:
        first = free_port()
        if all(is_free(first + place) for place in range(4)):
            return first
