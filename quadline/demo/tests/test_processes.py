"""The supervisor and its children, in a process of their own, told to stop at the worst moment."""

import subprocess
import sys

import pytest

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
    "child", ["Copy(['sleeper'], lambda arguments: time.sleep(30))", "Process(['simulator', '--port', '0'], inherited({}))"]
)
def test_told_to_stop_while_it_starts_a_child_it_stops_and_complains_of_nothing(child: str) -> None:
    program = TOLD_WHILE_IT_FORKS.format(child=child)
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20)

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "stopped\n", "")
