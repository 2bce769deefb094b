"""The machine: which core a process runs on,
and the facts that a figure means nothing without.
"""

import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from quadline.demo.postgres import die_with_parent


def pin(core: int) -> None:
    """This process, and the threads and processes it starts from now on,
    run on one core.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core % (os.cpu_count() or 1)})


def born_on(core: int) -> Callable[[], None]:
    """For Popen's preexec_fn: the child runs on one core, and ends when we do."""

    def settle() -> None:
        die_with_parent()
        pin(core)

    return settle


def facts() -> dict[str, str | int | float]:
    return {
        "processor": _named_in(Path("/proc/cpuinfo"), "model name"),
        "cores": os.cpu_count() or 1,
        "memory": _named_in(Path("/proc/meminfo"), "MemTotal"),
        "system": platform.platform(),
        "python": sys.version.split()[0],
        "commit": _commit(),
        "load_before": os.getloadavg()[0],
    }


def memory_of(pid: int) -> int:
    """Bytes of memory that a process has in use now."""
    return _kilobytes(pid, "VmRSS") * 1024


def most_memory_of(pid: int) -> int:
    """The most it ever had.

    Not from getrusage, which counts what its parent had before the fork.
    """
    return _kilobytes(pid, "VmHWM") * 1024


def _kilobytes(pid: int, name: str) -> int:
    status = Path(f"/proc/{pid}/status")
    value = _named_in(status, name)  # such as 51200 kB
    number, _unit = value.split()
    return int(number)


def _named_in(path: Path, name: str) -> str:
    if not path.exists():
        return "unknown"
    for line in path.read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "unknown"


def _commit() -> str:
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True
    )
    return said.stdout.strip() or "unknown"
