"""The supervisor and its children, in a process of their own,
with a stop signal at the worst moment.
"""

import signal
import subprocess
import sys

import pytest

from tests.house import eventually

pytestmark = pytest.mark.processes

TOLD_WHILE_IT_FORKS = """
import os, signal, time
from quadline.demo.processes import Copy, Process, Supervisor, inherited

with Supervisor() as house:
    house.call_at_the_end(print, "stopped")
    os.register_at_fork(after_in_parent=lambda: os.kill(os.getpid(), signal.SIGTERM))
    house.start({child})
    print("went on")
"""


@pytest.mark.parametrize(
    "child",
    [
        "Copy(['sleeper'], lambda arguments: time.sleep(30))",
        "Process(['simulator', '--port', '0'], inherited({}))",
    ],
)
def test_told_to_stop_while_it_starts_a_child_it_stops_and_complains_of_nothing(
    child: str,
) -> None:
    program = TOLD_WHILE_IT_FORKS.format(child=child)
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "stopped\n", "")


TOLD_WHERE_IT_BECOMES_ANOTHER_ERROR = """
import os, signal
from quadline.demo.processes import Supervisor

with Supervisor() as house:
    house.call_at_the_end(print, "stopped")
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    except BaseException:
        raise ValueError("as a library written in C does")
    print("went on")
"""
FAILED_BY_ITSELF = """
from quadline.demo.processes import Supervisor

with Supervisor() as house:
    house.call_at_the_end(print, "stopped")
    raise ValueError("a fault")
"""


def test_what_being_told_to_stop_became_on_its_way_is_no_fault() -> None:
    command = [sys.executable, "-c", TOLD_WHERE_IT_BECOMES_ANOTHER_ERROR]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120)

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "stopped\n", "")


def test_a_fault_that_nobody_asked_for_is_seen() -> None:
    command = [sys.executable, "-c", FAILED_BY_ITSELF]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120)

    assert (ended.returncode, ended.stdout) == (1, "stopped\n")
    assert ended.stderr.endswith("ValueError: a fault\n")


TOLD_TWICE = """
import os, signal, time
from quadline.demo import processes
from quadline.demo.processes import Copy, Supervisor

processes.PROCESS_STOP_SECONDS = 600

def deaf(arguments):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("begun", flush=True)
    time.sleep(300)

with Supervisor() as house:
    house.call_at_the_end(print, "stopped")
    house.start(Copy(["deaf"], deaf))
    house.keep_running()
"""


def test_told_twice_it_waits_for_nobody() -> None:
    house = subprocess.Popen(
        [sys.executable, "-c", TOLD_TWICE], stdout=subprocess.PIPE, text=True
    )
    with house:
        assert house.stdout is not None
        assert house.stdout.readline() == "begun\n"
        house.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            house.wait(2)
        eventually(lambda: told_again(house) is not None, every=1)
        assert house.returncode == 0
        assert house.stdout.read() == "stopped\n"


def told_again(house: "subprocess.Popen[str]") -> int | None:
    """One that comes before the first was seen is the same one: on a
    busy machine that may take a while.
    """
    if house.poll() is None:
        house.send_signal(signal.SIGTERM)
    return house.poll()
