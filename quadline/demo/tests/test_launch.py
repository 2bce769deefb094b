"""``quadline demo`` as a person runs it: told to stop at any moment of its start, it leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from quadline.demo import postgres
from quadline.demo.processes import is_free, wait_for
from tests.environment import TEST_SETTINGS

NOT_OF_A_DEMO = {*TEST_SETTINGS, "DATABASE_URL"}


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    postgres.forget(tmp_path)


def start(data: Path, port: int) -> "subprocess.Popen[str]":
    environment = {name: value for name, value in os.environ.items() if name not in NOT_OF_A_DEMO}
    command = [sys.executable, "-W", "error", "-m", "quadline", "demo", "--port", str(port), "--data", str(data)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def answer(url: str) -> str:
    """Raises when it is not 200."""
    with urlopen(url, timeout=10) as found:
        page: str = found.read().decode()
    return page


def free_ports() -> int:
    return next(
        first for first in range(19100 + os.getpid() % 60 * 10, 20000, 4) if all(is_free(first + place) for place in range(4))
    )


def left_behind(data: Path) -> list[str]:
    """The processes that name this data folder, or that of its database, and still do so five seconds later."""
    names = (str(data), str(postgres.home_of(data)))
    for _ in range(50):
        lines = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout.splitlines()
        if not (left := [line for line in lines if any(name in line for name in names)]):
            return []
        time.sleep(0.1)
    return left


def test_told_to_stop_at_any_moment_it_leaves_nothing_behind(data: Path) -> None:
    port = free_ports()
    for moment in (0.3, 0.6, 1.2, 2, 3):  # seconds
        number = signal.SIGINT if moment == 2 else signal.SIGTERM
        demo = start(data, port)
        time.sleep(moment)
        demo.send_signal(number)
        said = demo.communicate(timeout=40)[0]
        is_too_early = moment < 1 and demo.returncode == -number  # nothing was started that had to be stopped
        assert demo.returncode == 0 or is_too_early, said
        assert left_behind(data) == [], said


def test_a_demo_becomes_ready_twice_and_stops_in_order(data: Path) -> None:
    port = free_ports()
    for _ in range(2):
        demo = start(data, port)
        assert wait_for(f"http://127.0.0.1:{port}/readyz", seconds=60)
        page = answer(f"http://127.0.0.1:{port}/accounts/login/")
        styles = re.findall(r'href="(/static/[^"]+\.css)"', page)
        assert styles
        assert all(answer(f"http://127.0.0.1:{port}{style}") for style in styles)
        demo.send_signal(signal.SIGTERM)
        said = demo.communicate(timeout=40)[0]
        assert demo.returncode == 0
        assert said.endswith("Stopped. Everything is kept for the next start.\n")
        assert "Traceback" not in said, said
        assert left_behind(data) == []
