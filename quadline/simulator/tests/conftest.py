"""A simulator in a process of its own, the official
client, and a college that listens.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from quadline.simulator.tests.college import College
from quadline.simulator.tests.driver import Simulator
from quadline.simulator.tests.intake import Intake

_READY = "Simulator ready at "


@contextmanager
def running(*flags: str) -> Iterator[str]:
    """The address of a simulator that ends, in good order, with the block."""
    command = [sys.executable, "-m", "quadline.simulator.main", "--port", "0", *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith(_READY), line
        try:
            yield line.removeprefix(_READY).strip()
        finally:
            process.terminate()
        assert process.wait(10) == 0


@pytest.fixture(scope="session")
def simulator_url() -> Iterator[str]:
    with running() as url:
        yield url


@pytest.fixture
def simulator(simulator_url: str) -> Simulator:
    """Empty, with every delay at nothing."""
    simulator = Simulator(simulator_url)
    simulator.post("reset")
    simulator.post("settings", callback_delay=0)
    return simulator


@pytest.fixture(scope="session")
def listening_college() -> Iterator[College]:
    with College.listening() as college:
        yield college


@pytest.fixture
def college(listening_college: College) -> College:
    listening_college.forget()
    return listening_college


@pytest.fixture
def advisor_number(simulator: Simulator, college: College) -> str:
    """A number that is bought, attached, registered, and wired to the college."""
    return simulator.rent(college)


@pytest.fixture
def intake(simulator: Simulator) -> Iterator[Intake]:
    with Intake.listening() as intake:
        simulator.post("settings", mail_intake=intake.url)
        yield intake
