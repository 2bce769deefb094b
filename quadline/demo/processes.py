"""Start processes, keep them running, and stop them all."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field

from quadline.demo.postgres import die_with_parent

PATIENCE_SECONDS = 10


@dataclass
class Process:
    """One of our own programs, as ``python -m quadline NAME …``."""

    arguments: list[str]
    environment: dict[str, str]
    running: "subprocess.Popen[bytes] | None" = field(default=None)

    def start(self) -> None:
        self.running = subprocess.Popen(
            [sys.executable, "-m", "quadline", *self.arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches only the supervisor, which stops them in order
            preexec_fn=die_with_parent,
        )

    @property
    def has_ended(self) -> bool:
        return self.running is not None and self.running.poll() is not None

    def stop(self) -> None:
        if self.running is None or self.running.poll() is not None:
            return
        self.running.send_signal(signal.SIGTERM)
        try:
            self.running.wait(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.running.kill()
            self.running.wait()


def keep_running(processes: list[Process]) -> None:
    """Until SIGINT or SIGTERM; one that ends is started again, at most once a second."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        while True:
            time.sleep(1)
            for process in processes:
                if process.has_ended:
                    print(f"quadline {process.arguments[0]} ended and is started again.", file=sys.stderr)
                    process.start()
    except KeyboardInterrupt:
        pass


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def wait_for(url: str, *, seconds: float) -> bool:
    """Whether an address answers 200 within this time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  # our own address
                if answer.status == 200:
                    return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False


def inherited(settings: dict[str, str]) -> dict[str, str]:
    """Our environment with these settings; PYTHONUNBUFFERED so that what they print is seen at once."""
    return {**os.environ, **settings, "PYTHONUNBUFFERED": "1"}
