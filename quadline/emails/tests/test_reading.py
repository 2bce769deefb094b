"""The process that parses may die of an email; the process that asks
goes on, and says what it was.
"""

import os
import subprocess
import sys
import threading

import pytest

from quadline.emails import incoming, limits, reading
from quadline.emails.incoming import Unreadable
from quadline.emails.tests import hostile
from quadline.emails.tests.letters import (
    POSTFIX_BOUNCE,
    bounce,
    coded,
    html,
    plain,
    with_files,
)


@pytest.mark.parametrize(
    "raw",
    [
        plain("Yes, at 10."),
        coded("李喆老师您好", "gbk"),
        html("<p>Yes</p>"),
        with_files("See", "form.pdf"),
        bounce(POSTFIX_BOUNCE),
        plain("Yes", Authentication_Results="mx.alder.example; dmarc=fail"),
    ],
)
def test_what_comes_back_is_what_was_read(raw: bytes) -> None:
    assert reading.read_in_process(raw) == incoming.read_email(raw)


def read_or_why(raw: bytes) -> str:
    """What it says, or why that is not known. Nothing else may happen."""
    try:
        return reading.read_in_process(raw).body
    except Unreadable as why:
        return str(why)


@pytest.mark.parametrize("raw", hostile.QUICK.values(), ids=hostile.QUICK.keys())
def test_an_email_made_to_cost_is_read_or_kept_unread(raw: bytes) -> None:
    assert len(read_or_why(raw)) <= incoming.MAX_NEW + 100
    assert reading.read_in_process(plain("The next")).body == "The next"


def test_an_email_that_wants_all_memory_does_not_get_it() -> None:
    """Its reader has a limit. What was between the tags is read without a tree."""
    said = read_or_why(hostile.GREEDY_FOR_MEMORY)
    assert said.startswith(("x", "it "))
    assert reading.read_in_process(plain("The next")).body == "The next"


def test_the_parser_is_loaded_before_memory_is_counted() -> None:
    """Its modules count for no email: not their memory, not the time they take."""
    begin = (
        "import sys; from quadline.emails import reader;"
        " reader._begin_within_limits(); print('quadline.emails.incoming' in sys.modules)"
    )
    command = [sys.executable, "-c", begin]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "True"


def test_an_email_that_wants_all_time_is_stopped_by_the_processors_clock() -> None:
    with pytest.raises(Unreadable, match="more time or memory"):
        reading.read_in_process(hostile.GREEDY_FOR_TIME)
    assert reading.read_in_process(plain("The next")).body == "The next"


def test_a_reader_that_is_killed_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    readers = reading._Readers()
    reader = reading._Reader()
    readers._idle.append(reader)
    reader._process.kill()
    try:
        with pytest.raises(Unreadable):
            readers.ask({"kind": "email"}, plain("Yes"))
        assert readers.ask({"kind": "email"}, plain("Yes"))["email"]["body"] == "Yes"
    finally:
        readers.end()


def test_nobody_waits_behind_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    readers, may_go = reading._Readers(), threading.Event()
    monkeypatch.setattr(reading, "READER_WAIT_SECONDS", 60)
    held = threading.Barrier(reading.READER_PROCESSES + 1)

    def hold() -> None:
        with readers._place():
            held.wait()
            may_go.wait()

    def wait() -> None:
        with readers._place():
            pass

    holding = [threading.Thread(target=hold) for _ in range(reading.READER_PROCESSES)]
    waiting = [
        threading.Thread(target=wait) for _ in range(reading.MAX_WAITING_CALLERS)
    ]
    for thread in holding:
        thread.start()
    held.wait()
    for thread in waiting:
        thread.start()
    while readers._waiting < reading.MAX_WAITING_CALLERS:
        threading.Event().wait(0.01)
    try:
        with pytest.raises(reading.Busy), readers._place():
            pass
    finally:
        may_go.set()
        for thread in holding + waiting:
            thread.join()


def test_a_reader_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "secret")
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    assert not {"SECRET_KEY", "DATABASE_URL"} & set(reading._environment())


def test_a_reader_ends_when_nobody_asks_any_more() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "quadline.emails.reader"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=reading.HOME,
        env=reading._environment(),
    )
    answered, _ = process.communicate(b"")
    assert (answered, process.returncode) == (b"\x01", 0)


def test_a_reader_is_within_limits() -> None:
    """What it may take is set by the system, not by its own good will."""
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            (
                "import resource\n"
                "from quadline.emails import reader\n"
                "reader._begin_within_limits()\n"
                "reader._allow_time()\n"
                "print(resource.getrlimit(resource.RLIMIT_AS)[1])\n"
                "print(resource.getrlimit(resource.RLIMIT_CPU)[0])"
            ),
        ],
        capture_output=True,
        check=True,
        cwd=reading.HOME,
        env=os.environ | {"PYTHONWARNINGS": "error"},
        text=True,
    ).stdout.split()
    assert int(said[0]) == 512 * 1024 * 1024
    assert int(said[1]) < 60


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (hostile.QUICK["many headers"], "its headers are too large|too many headers"),
        (hostile.QUICK["one long header"], "one of its headers is too long"),
        (hostile.QUICK["headers without end"], "its headers are too large"),
        (hostile.QUICK["2,000 parts within parts"], "too many parts|nested too deep"),
        (hostile.QUICK["2,000 messages within messages"], "parts|deep"),
        (hostile.QUICK["5,000 parts"], "it has too many parts"),
        (hostile.QUICK["10 million lines"], "it has too many lines"),
    ],
)
def test_what_is_over_a_limit_is_found_before_anything_parses(
    raw: bytes, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading._readers, "ask", None)
    with pytest.raises(Unreadable, match=why):
        reading.read_in_process(raw)


@pytest.mark.parametrize(
    "raw",
    [
        with_files("See", *(f"{n}.png" for n in range(100))),
        plain("Yes", To=", ".join(f"student{n}@alder.example" for n in range(3_000))),
        plain("Yes", References=" ".join(f"<{n}@x.example>" for n in range(500))),
        plain("\n".join(f"boundary {n} multipart" for n in range(1_000))),
    ],
    ids=["100 files", "3,000 recipients", "a long thread", "words about boundaries"],
)
def test_what_people_send_is_within_the_limits(raw: bytes) -> None:
    assert limits.excess_in(raw) == ""
    assert reading.read_in_process(raw).body
