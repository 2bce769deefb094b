"""Start processes, keep them running, and stop them all."""

import gc
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol

from quadline.demo.postgres import die_with_parent
from quadline.stopping import STOP_SIGNALS

# each ends on its own sooner, whatever the database does (quadline/worker.py)
PROCESS_STOP_SECONDS = 35
LOOK_EVERY_SECONDS = 0.02  # for what is about to be ready
# Elsewhere a fork of a process that has used system libraries may crash.
WAY_TO_COPY = "fork" if sys.platform == "linux" else "spawn"
COPIES: Any = multiprocessing.get_context(WAY_TO_COPY)


class Child(Protocol):
    """What the supervisor starts and stops."""

    @property
    def name(self) -> str: ...
    @property
    def has_ended(self) -> bool: ...
    def start(self) -> None: ...
    def tell_to_stop(self) -> None: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...


@dataclass
class Process:
    """One of our own programs, as ``python -m quadline NAME …``."""

    arguments: list[str]
    environment: dict[str, str]
    running: "subprocess.Popen[bytes] | None" = field(default=None)

    @property
    def name(self) -> str:
        return self.arguments[0]

    def start(self) -> None:
        with _undisturbed():
            self.running = subprocess.Popen(
                [sys.executable, "-m", "quadline", *self.arguments],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                # Ctrl-C reaches only the supervisor, which stops them in order
                start_new_session=True,
                preexec_fn=_begin,
            )

    @property
    def has_ended(self) -> bool:
        if self.running is None:
            return False
        return self.running.poll() is not None

    def tell_to_stop(self) -> None:
        if self.running is not None:
            self.running.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        if self.running is not None:
            self.running.kill()

    def stop(self) -> None:
        if self.running is None:
            return
        self.tell_to_stop()
        try:
            self.running.wait(timeout=PROCESS_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.running.kill()
            self.running.wait()


@dataclass
class Copy:
    """One of our own programs in a copy of this process, which has imported the house
    already: no start, less memory.
    """

    arguments: list[str]
    main: Callable[[list[str]], None]
    running: Any = field(default=None)
    _is_told: bool = field(default=False)

    @property
    def name(self) -> str:
        return self.arguments[0]

    def start(self) -> None:
        gc.freeze()  # what is shared stays shared
        self.running = COPIES.Process(
            target=_run,
            args=(self.main, self.arguments[1:]),
            name=self.name,
        )
        with _undisturbed():
            self.running.start()

    @property
    def has_ended(self) -> bool:
        if self.running is None:
            return False
        return not self.running.is_alive()

    def tell_to_stop(self) -> None:
        if self.running is not None and not self._is_told:
            self._is_told = True  # a second signal would end it at once
            self.running.terminate()

    def kill(self) -> None:
        if self.running is not None:
            self.running.kill()

    def stop(self) -> None:
        if self.running is None or not self.running.is_alive():
            return
        self.tell_to_stop()
        self.running.join(PROCESS_STOP_SECONDS)
        if self.running.is_alive():
            self.running.kill()
            self.running.join()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """A signal that comes meanwhile is seen right after.

    Python tidies up around a fork, and would drop what is raised there.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)


def _begin() -> None:
    """First in each child, which was born undisturbed."""
    die_with_parent()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)


def _run(main: Callable[[list[str]], None], arguments: list[str]) -> None:
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _begin()
    main(arguments)


class Told(BaseException):
    """SIGINT or SIGTERM came.

    Not KeyboardInterrupt: Python remembers some of those and dies of them in the end.
    """


class Supervisor:
    """Starts children and keeps them running; SIGINT or SIGTERM, at any moment, stops
    them all, the last first.

    A second signal kills what has not ended by then.
    """

    def __init__(self) -> None:
        self._is_told = False
        self._children: list[Child] = []
        self._at_the_end = ExitStack()

    def __enter__(self) -> "Supervisor":
        for name in STOP_SIGNALS:
            signal.signal(name, self._tell)
        return self

    def _tell(self, *_: Any) -> None:
        # Python drops what is raised while it tidies up: what goes on looks again
        self._is_told = True
        raise Told

    def _hurry(self, *_: Any) -> None:
        for child in self._children:
            child.kill()

    def start(self, child: Child) -> None:
        if self._is_told:
            raise Told
        self.call_at_the_end(child.stop)
        child.start()
        self._children.append(child)

    def run_once(self, copy: Copy) -> None:
        """In a process of its own, so that no connection of it is copied into others.

        Ends everything when it fails.
        """
        self.call_at_the_end(copy.stop)
        copy.start()
        copy.running.join()
        if code := copy.running.exitcode:
            sys.exit(code)

    def call_at_the_end(
        self,
        act: Callable[..., None],
        *arguments: Any,
    ) -> None:
        self._at_the_end.callback(act, *arguments)

    def keep_running(self) -> None:
        """Until a stop signal comes; a child that ends is started again,
        at most once a second.
        """
        while not self._is_told:
            time.sleep(1)
            for child in self._children:
                if child.has_ended:
                    print(
                        f"quadline {child.name} ended and is started again.",
                        file=sys.stderr,
                    )
                    child.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        try:
            for name in STOP_SIGNALS:
                signal.signal(name, self._hurry)  # stopping is under way, and bounded
            for child in self._children:
                if isinstance(child, Copy):  # ours have their time to end side by side
                    child.tell_to_stop()
        finally:
            self._at_the_end.close()
        return self._is_told  # C code may have made another error of Told


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def wait_until_answers(url: str, *, seconds: float) -> bool:
    """Whether an address answers 200 within this time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            # our own address
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310
                if answer.status == 200:
                    return True
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(LOOK_EVERY_SECONDS)
    return False


def inherited(settings: dict[str, str]) -> dict[str, str]:
    """Our environment with these settings; PYTHONUNBUFFERED so that what they print is
    seen at once.
    """
    return {
        **os.environ,
        **settings,
        "PYTHONUNBUFFERED": "1",
    }
