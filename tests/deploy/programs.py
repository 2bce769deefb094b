"""The programs that check the files of deploy/."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# of Debian; the others are in the lock, and so always here
FETCHED = ("nginx", "systemd-analyze")


def program(name: str) -> str:
    """Its path. Where a Debian package is missing, the test that asks is skipped, and
    the report of the run says what was not tested (scripts/ensure_deploy_tools.py).
    """
    places = [str(Path(sys.executable).parent), os.environ["PATH"], "/usr/sbin"]
    found = shutil.which(name, path=os.pathsep.join(places))
    if not found and name in FETCHED:
        pytest.skip(f"NOT TESTED: there is no {name} on this machine")
    assert found, f"{name} is in the lock and not in the environment"
    return found


def answer_of(*command: str, **options: str) -> "subprocess.CompletedProcess[str]":
    """What it said and how it ended; ``options``: variables of its environment."""
    return subprocess.run(
        command,
        env={**os.environ, **options},
        capture_output=True,
        text=True,
        check=False,
    )
