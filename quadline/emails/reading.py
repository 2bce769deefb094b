"""Have an email parsed in a process that may be killed, and say what it was.

A few such processes are kept, each for one email at a time. Nobody waits for one
without end: a caller that finds too many waiting is asked to try again later.
"""

import atexit
import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from quadline.emails import limits
from quadline.emails.automatic_mail import Bounce
from quadline.emails.incoming import Incoming, Unreadable
from quadline.emails.reader import FRAME_LENGTHS, LENGTH, READY

READER_PROCESSES = 2  # processes
MAX_WAITING_CALLERS = 4  # callers that wait for one; a web process has ten threads
READER_WAIT_SECONDS = 30  # in which a place must come free
# By the clock; the reader's own limit is of processor time. A machine may be busy.
MAX_SECONDS = 60
EMAILS_EACH = 500  # then a fresh process
MAX_ANSWER = 80_000_000
OVER_LIMITS = "it takes more time or memory than an email may"
HOME = Path(__file__).resolve().parents[2]
# What a reader may know of this process's environment: nothing that is secret. Anymail
# fetches emails from Amazon with Amazon's own variables.
ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH")


class Busy(Exception):
    """No reader is free: the email was not looked at, and may come again."""


def read_in_process(raw: bytes) -> Incoming:
    """Raises TooLarge, Unreadable for what cannot be read now or ever, and Busy."""
    limits.check_size(raw)
    if excess := limits.excess_in(raw):
        raise Unreadable(excess)
    return _incoming(_readers.ask({"kind": "email"}, raw)["email"])


def emails_in_call(
    door: str,
    body: bytes,
    *,
    content_type: str,
    headers: dict[str, str],
    options: dict[str, Any],
) -> list[tuple[bytes, str]]:
    """The emails of a mail service's call, each with its envelope's recipient.

    Raises Unreadable and Busy.
    """
    head = {
        "kind": "service",
        "door": door,
        "content_type": content_type,
        "headers": headers,
        "options": options,
    }
    emails = _readers.ask(head, body)["emails"]
    return [(base64.b64decode(each["raw"]), each["recipient"]) for each in emails]


def _incoming(found: dict[str, Any]) -> Incoming:
    # JSON has no tuples and no classes of ours.
    facts = dict(found)
    for name in ("recipients", "references", "attachments"):
        facts[name] = tuple(found[name])
    facts["dmarc"] = tuple((server, result) for server, result in found["dmarc"])
    facts["bounce"] = _bounce(found["bounce"])
    return Incoming(**facts)


def _bounce(found: dict[str, Any] | None) -> Bounce | None:
    if found is None:
        return None
    return Bounce(
        recipient=found["recipient"],
        words=found["words"],
        about=tuple(found["about"]),
    )


class _Reader:
    """One process, and what it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "quadline.emails.reader"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=HOME,
            env=_environment(),
            start_new_session=True,  # Ctrl-C is not for it
        )
        with self._watched():
            is_ready = self._read(len(READY)) == READY
        if not is_ready:
            self.end()
            raise OSError("a process that reads emails could not be started")

    def ask(
        self,
        head: dict[str, Any],
        body: bytes,
    ) -> dict[str, Any]:
        """Raises Unreadable, also when the process died of what it was asked."""
        self.asked += 1
        with self._watched():
            answer = self._answer(json.dumps(head).encode(), body)
        if "unreadable" in answer:
            raise Unreadable(answer["unreadable"])
        return answer

    def end(self) -> None:
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                if pipe:
                    pipe.close()
        self._process.wait()

    def _answer(
        self,
        head: bytes,
        body: bytes,
    ) -> dict[str, Any]:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(FRAME_LENGTHS.pack(len(head), len(body)) + head)
            self._process.stdin.write(body)
            self._process.stdin.flush()
        except OSError as died:
            raise Unreadable(OVER_LIMITS) from died
        length = self._read(LENGTH.size)
        if len(length) < LENGTH.size:
            raise Unreadable(OVER_LIMITS)
        most = LENGTH.unpack(length)[0]
        content = self._read(most) if most <= MAX_ANSWER else b""
        if len(content) < most:
            raise Unreadable(OVER_LIMITS)
        answer: dict[str, Any] = json.loads(content)
        return answer

    def _read(self, length: int) -> bytes:
        assert self._process.stdout is not None
        return self._process.stdout.read(length)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Killed when it takes too long: what waits for it then reads its end."""
        watch = threading.Timer(MAX_SECONDS, self._process.kill)
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()


class _Readers:
    """A few processes, for any number of threads."""

    def __init__(self) -> None:
        self._places = threading.Semaphore(READER_PROCESSES)
        self._lock = threading.Lock()
        self._waiting = 0
        self._idle: list[_Reader] = []

    def ask(
        self,
        head: dict[str, Any],
        body: bytes,
    ) -> dict[str, Any]:
        with self._place():
            reader = self._taken()
            try:
                answer = reader.ask(head, body)
            except BaseException:
                reader.end()
                raise
            self._give_back(reader)
            return answer

    def end(self) -> None:
        while self._idle:
            self._idle.pop().end()

    @contextmanager
    def _place(self) -> Iterator[None]:
        with self._lock:
            if self._waiting >= MAX_WAITING_CALLERS:
                raise Busy
            self._waiting += 1
        try:
            has_place = self._places.acquire(timeout=READER_WAIT_SECONDS)
        finally:
            with self._lock:
                self._waiting -= 1
        if not has_place:
            raise Busy
        try:
            yield
        finally:
            self._places.release()

    def _taken(self) -> _Reader:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return _Reader()

    def _give_back(self, reader: _Reader) -> None:
        if reader.asked >= EMAILS_EACH:
            reader.end()
            return
        with self._lock:
            self._idle.append(reader)


def _environment() -> dict[str, str]:
    is_known = ("AWS_", "LC_")
    return {
        name: value
        for name, value in os.environ.items()
        if name in ENVIRONMENT or name.startswith(is_known)
    }


_readers = _Readers()
atexit.register(_readers.end)
