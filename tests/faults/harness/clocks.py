"""A program whose clock is wrong, and is set again while it runs:
libfaketime before its system library.
"""

import os
import threading
from collections.abc import Mapping
from pathlib import Path

# Where Debian's package faketime has it.
PLACES = (
    "/usr/lib/*/faketime/libfaketimeMT.so.1",
    "/usr/lib*/faketime/libfaketimeMT.so.1",
)
WRONG_BY = (-600, -60, 45, 900, 3600, 7000)  # seconds
FILE = "FAKETIME_TIMESTAMP_FILE"
CACHED_SECONDS = 1


def library() -> Path | None:
    """None where libfaketime is not installed (scripts/ensure_faketime.py)."""
    found = (path for place in PLACES for path in Path("/").glob(place.lstrip("/")))
    return next(found, None)


def settable(file: Path) -> dict[str, str]:
    """The environment of a program whose clock goes by what stands in
    this file; none without libfaketime.

    Its clock for durations is left alone.
    """
    preload = library()
    if preload is None:
        return {}
    set_clock(file, 0)
    return {
        "LD_PRELOAD": str(preload),
        FILE: str(file),
        # asked for the time, it reads the file no oftener
        "FAKETIME_CACHE_DURATION": str(CACHED_SECONDS),
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def set_clock(file: Path, seconds: int) -> None:
    """From now on the program's clock is wrong by so much."""
    partial = file.with_suffix(".partial")
    partial.write_text(f"{seconds:+d}")
    partial.replace(file)


def file_of(environment: Mapping[str, str]) -> Path | None:
    return Path(environment[FILE]) if FILE in environment else None


def sleep_without_the_library() -> None:
    """Python sleeps until a time on the clock for durations, which
    libfaketime 0.9.10 takes for the other clock's.
    """
    if FILE in os.environ:
        import time

        time.sleep = _sleep  # type: ignore[assignment]


def _sleep(seconds: float) -> None:
    threading.Event().wait(seconds)
