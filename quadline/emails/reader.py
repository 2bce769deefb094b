"""The process in which emails are parsed: within limits of memory and processor time,
and killed when an email makes it go over them. Started by reading.py; knows no
database.

Frames: two lengths of four bytes, a JSON head and bytes;
answered by one length and JSON.
"""

import json
import os
import resource
import signal
import struct
import sys
from contextlib import suppress
from dataclasses import asdict
from typing import Any, BinaryIO

FRAME_LENGTHS = struct.Struct(">II")
LENGTH = struct.Struct(">I")
MEMORY = 512 * 1024 * 1024  # bytes of address space
PROCESSOR_SECONDS = 4  # for one email; 20 MB of files take 0.5
READY = b"\x01"
OUT_OF_MEMORY = "it takes more memory than an email may"


def main() -> None:
    """Answer one frame after the other, until the process that asks is gone."""
    _begin_within_limits()
    asked, answered = _own_pipes()
    answered.write(READY)
    while (frame := _next_frame(asked)) is not None:
        head, body = frame
        _allow_time()
        answer = _answer(head, body)
        content = json.dumps(answer).encode()
        answered.write(LENGTH.pack(len(content)) + content)
        if answer.get("unreadable") == OUT_OF_MEMORY:
            return  # what is left of it is in pieces


def _begin_within_limits() -> None:
    # It ends when its input does: no email under way is taken for a bad one.
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    _limit(resource.RLIMIT_CORE, 0)
    # Loaded before memory is counted, and before the time of the first email.
    from quadline.emails import incoming  # noqa: F401

    _limit(resource.RLIMIT_AS, MEMORY)


def _limit(what: int, most: int) -> None:
    with suppress(ValueError, OSError):  # macOS has no limit of address space
        resource.setrlimit(what, (most, most))


def _allow_time() -> None:
    """The limit counts all that the process ever used: it moves on with each email."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime) + 1 + PROCESSOR_SECONDS
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (most, hard))


def _own_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The pipes, out of the reach of a library that prints."""
    asked = os.fdopen(os.dup(0), "rb")
    answered = os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1):
        os.dup2(nothing, standard)
    return asked, answered


def _next_frame(asked: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    lengths = asked.read(FRAME_LENGTHS.size)
    if len(lengths) < FRAME_LENGTHS.size:
        return None
    of_head, of_body = FRAME_LENGTHS.unpack(lengths)
    head = asked.read(of_head)
    body = asked.read(of_body)
    if len(body) != of_body:
        return None
    return json.loads(head), body


def _answer(head: dict[str, Any], body: bytes) -> dict[str, Any]:
    try:
        return _read(head, body)
    except MemoryError:
        return {"unreadable": OUT_OF_MEMORY}
    except RecursionError:
        return {"unreadable": "it is nested too deep"}
    except Exception as fault:  # whatever a parser makes of what anybody may send
        return {"unreadable": f"it broke its reader ({type(fault).__name__})"}


def _read(head: dict[str, Any], body: bytes) -> dict[str, Any]:
    from quadline.emails import incoming, service_mail

    if head["kind"] == "service":
        return {"emails": service_mail.emails_in(head, body)}
    try:
        return {"email": asdict(incoming.read_email(body))}
    except incoming.Unreadable as why:
        return {"unreadable": str(why)}


if __name__ == "__main__":
    with suppress(BrokenPipeError, KeyboardInterrupt):
        main()
    sys.exit()
