"""Processes that can be killed, paused, cut off and brought back: our
programs, and a PostgreSQL of our own.
"""

import dataclasses
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from quadline.demo import postgres

LOG = "postgres.log"
SMALL_DISK = "320m"


@dataclass
class Program:
    """One of our own programs. What it says is kept in a file of its name."""

    arguments: list[str]
    environment: Mapping[str, str]
    log: Path
    running: "subprocess.Popen[bytes] | None" = field(default=None)

    def start(self, *, failpoint: str = "") -> None:
        """From the thread that lives longest: a child ends
        with the thread that started it.
        """
        with self.log.open("ab") as output:
            self.running = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.harness.failing", *self.arguments],
                env={
                    **os.environ,
                    **self.environment,
                    "PYTHONUNBUFFERED": "1",
                    "FAILPOINT": failpoint,
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=postgres.die_with_parent,
            )

    @property
    def is_alive(self) -> bool:
        return self.running is not None and self.running.poll() is None

    def signal(self, number: signal.Signals) -> None:
        if self.running is not None and self.running.poll() is None:
            self.running.send_signal(number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        if self.running is not None:
            self.running.wait(30)

    def stop(self) -> None:
        """In order, as at a restart of the machine."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            if self.running is not None:
                self.running.wait(30)
        self.kill()


class Database:
    """PostgreSQL that writes through to the disk, and can be
    killed. ``home`` names its folder.
    """

    def __init__(self, home: Path, settings: dict[str, str] | None = None) -> None:
        self.cluster = postgres.cluster_at(home)
        self.home = home
        self.url = self.cluster.url()
        self._settings = {
            "max_connections": "150",
            "shared_buffers": "64MB",
            **(settings or {}),
        }
        self._server: subprocess.Popen[bytes] | None = None
        self._small_disk: Path | None = None
        self._was_full = False

    def start(self, *, within: float = 60.0) -> None:
        """A killed server leaves children that must end first,
        and its log to be replayed.
        """
        deadline = time.monotonic() + within
        while not self.is_alive:
            try:
                self._server = postgres.start(self.cluster, settings=self._settings)
            except postgres.PostgresError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.3)

    @property
    def is_alive(self) -> bool:
        return self._server is not None and self._server.poll() is None

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """SIGKILL: the power goes. SIGQUIT: it drops everything at once.
        Either way the log is replayed afterwards.
        """
        self.signal(number)
        if self._server is not None:
            self._server.wait(30)

    def signal(self, number: signal.Signals) -> None:
        if self.is_alive and self._server is not None:
            self._server.send_signal(number)

    def fill(self) -> None:
        """Not a byte is left on its disk."""
        assert self._small_disk is not None, (
            "only a database on a small disk of its own is filled"
        )
        with (
            suppress(OSError),
            (self._small_disk / "ballast").open("wb", buffering=0) as ballast,
        ):
            while True:
                ballast.write(bytes(4096))

    def empty(self) -> None:
        assert self._small_disk is not None, (
            "only a database on a small disk of its own is filled"
        )
        self._was_full |= os.statvfs(self._small_disk).f_bavail == 0
        (self._small_disk / "ballast").unlink(missing_ok=True)

    @property
    def is_on_small_disk(self) -> bool:
        return self._small_disk is not None

    def ran_out_of_space(self) -> bool:
        """Its log does not tell: what a statement failed of is
        kept out of it, with its words.
        """
        return self._was_full

    def move_to_small_disk(self) -> bool:
        """Onto a file system of its own, in memory. False where
        this process may not mount one.
        """
        place = self.cluster.home.with_name(f"{self.cluster.home.name}-small")
        place.mkdir()
        options = ["-t", "tmpfs", "-o", f"size={SMALL_DISK}", "tmpfs"]
        if (
            not shutil.which("mount")
            or subprocess.run(
                ["mount", *options, place], capture_output=True
            ).returncode
        ):
            place.rmdir()
            return False
        self._small_disk = place
        subprocess.run(["cp", "-a", f"{self.cluster.home}/.", place], check=True)
        log = place / LOG  # stays behind: a full disk would take no word of being full
        log.unlink(missing_ok=True)
        log.symlink_to((self.cluster.home / LOG).absolute())
        self.cluster = dataclasses.replace(self.cluster, home=place)
        self.url = self.cluster.url()
        return True

    def forget(self) -> None:
        if self._server is not None:
            self.signal(signal.SIGCONT)
            postgres.stop_server(self._server)
        if self._small_disk is not None:
            subprocess.run(["umount", "-l", self._small_disk], check=True)
            self._small_disk.rmdir()
        postgres.delete_cluster(self.home)
