"""``quadline demo`` as a person runs it: after a stop signal at any moment
of its start, it leaves nothing behind.
"""

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
from quadline.demo.processes import wait_until_answers
from tests.environment import TEST_SETTINGS
from tests.house import PATIENCE, eventually, free_ports

pytestmark = pytest.mark.processes

NOT_OF_A_DEMO = {*TEST_SETTINGS, "DATABASE_URL"}


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    postgres.delete_cluster(tmp_path)


def start(data: Path, port: int) -> "subprocess.Popen[str]":
    environment = {
        name: value for name, value in os.environ.items() if name not in NOT_OF_A_DEMO
    }
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "quadline",
        "demo",
        "--port",
        str(port),
        "--data",
        str(data),
    ]
    return subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def answer(url: str) -> str:
    """Raises when it is not 200."""
    with urlopen(url, timeout=PATIENCE) as found:
        page: str = found.read().decode()
    return page


def of_this_folder(data: Path) -> list[str]:
    """The processes that name this data folder, or that of its database."""
    names = (str(data), str(postgres.home_of(data)))
    listed = subprocess.run(
        ["ps", "-eo", "args"], capture_output=True, text=True, check=True
    )
    return [
        line
        for line in listed.stdout.splitlines()
        if any(name in line for name in names)
    ]


def test_told_to_stop_at_any_moment_it_leaves_nothing_behind(data: Path) -> None:
    port = free_ports(19100, count=4)
    for moment in (0.3, 0.6, 1.2, 2, 3):  # seconds
        number = signal.SIGINT if moment == 2 else signal.SIGTERM
        demo = start(data, port)
        time.sleep(moment)
        # it has started somebody who has to be stopped
        has_begun = len(of_this_folder(data)) > 1
        demo.send_signal(number)
        said = demo.communicate(timeout=PATIENCE)[0]
        is_too_early = not has_begun and demo.returncode == -number
        assert demo.returncode == 0 or is_too_early, said
        eventually(lambda: not of_this_folder(data))


def test_a_demo_becomes_ready_twice_and_stops_in_order(data: Path) -> None:
    port = free_ports(19100, count=4)
    for _ in range(2):
        demo = start(data, port)
        assert wait_until_answers(f"http://127.0.0.1:{port}/readyz", seconds=PATIENCE)
        page = answer(f"http://127.0.0.1:{port}/accounts/login/")
        styles = re.findall(r'href="(/static/[^"]+\.css)"', page)
        assert styles
        assert all(answer(f"http://127.0.0.1:{port}{style}") for style in styles)
        demo.send_signal(signal.SIGTERM)
        said = demo.communicate(timeout=PATIENCE)[0]
        assert demo.returncode == 0
        assert said.endswith("Stopped. Everything is kept for the next start.\n")
        assert "Traceback" not in said, said
        eventually(lambda: not of_this_folder(data))
