"""Make sure there is a libfaketime for the tests of wrong clocks, or say loudly that
they will be skipped.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.faults.harness.clocks import library


def main() -> None:
    if library():
        return
    print("Fetching libfaketime for the tests of wrong clocks …", flush=True)
    if not _by_apt():
        print(
            "NOT TESTED: clocks that are wrong. No libfaketime could be fetched;"
            " install it (Debian: apt-get install faketime).",
            file=sys.stderr,
        )


def _by_apt() -> bool:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    silent = {
        "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        "stdout": subprocess.DEVNULL,
    }
    subprocess.run(["apt-get", "update", "-q"], **silent)
    command = ["apt-get", "install", "-q", "-y", "--no-install-recommends", "faketime"]
    return subprocess.run(command, **silent).returncode == 0


main()
