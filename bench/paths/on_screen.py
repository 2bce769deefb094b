"""Reply on screen: from the carrier's call until the event is in an open browser
stream, while a broadcast runs.
"""

import asyncio
import time
from dataclasses import dataclass

import uvloop
from django.conf import settings
from django.utils import timezone

from bench import calling, college, stand_in_log
from bench.calling import Line
from bench.figures import Figures, Reach, Row, Work, p95
from bench.house import served, web, worker
from bench.limits.notifying import Bell
from bench.machine import memory_of
from bench.screens import Stream, close, opened
from bench.sessions import cookies_of
from quadline.accounts.models import User

SPEED, MEMORY = "reply on screen, p95", "reply on screen, memory a stream"
ROWS = (
    Row(
        SPEED,
        "ms",
        "NOTIFY to a bare client, beside the same broadcast",
        Reach(at_most=10),
    ),
    Row(MEMORY, "kB", "bare sse-starlette", Reach(at_most=2)),
)
SENDERS = 50  # of the broadcast; they have streams open, too
STUDENTS = 1_000  # who reply to the others
FIRST_STREAMS = 20
WARM_UP, FEWEST = 10, 20  # replies
EVERY_SECONDS = 0.03


@dataclass(frozen=True)
class Seen:
    """One reply, and one NOTIFY right after it."""

    began: float
    reply: float  # milliseconds
    bell: float


_seen: list[Seen] = []


def measure(work: Work) -> Figures:
    streams = work.of(1_000, quick=1_000)
    replies = work.of(300, quick=80)
    broadcast = work.of(50_000, quick=12_000)
    _college(streams, broadcast)
    cookies = cookies_of(User.objects.order_by("pk"))
    port = calling.free_port()
    with web(port) as (address, pid):
        memory, seen = uvloop.run(_watch(address, pid, cookies, replies))
    _seen[:] = seen
    return {SPEED: p95([each.reply for each in _seen]), MEMORY: memory}


def limit(work: Work) -> Figures:
    count = work.of(1_000, quick=1_000)
    cookies = [""] * count  # the bare program asks for none
    port = calling.free_port()
    with served("bench.limits.streams", str(port), port=port) as (address, pid):
        memory, _ = uvloop.run(_memory_of_streams(address, pid, cookies))
    bells = [each.bell for each in _seen]
    return {SPEED: p95(bells), MEMORY: memory}


async def _memory_of_streams(
    address: str, pid: int, cookies: list[str]
) -> tuple[float, list[Stream]]:
    """Kilobytes for each stream.

    A few are open before, so that what a first one brings in is not counted.
    """
    first = await opened(address, cookies[:FIRST_STREAMS])
    before = memory_of(pid)
    rest = await opened(address, cookies[FIRST_STREAMS:])
    kilobytes = (memory_of(pid) - before) / 1000
    return kilobytes / max(len(rest), 1), first + rest


async def _watch(
    address: str, pid: int, cookies: dict[int, str], count: int
) -> tuple[float, list[Seen]]:
    """Memory for each stream, and the replies that came while the broadcast ran."""
    memory, streams = await _memory_of_streams(address, pid, list(cookies.values()))
    with worker():
        begun = stand_in_log.how_many() + 1
        await asyncio.to_thread(stand_in_log.wait_for, begun, seconds=30)
        line = await Line.to(address)
        screens = dict(zip(cookies, streams, strict=True))
        seen = await _replies(line, screens, count)
    close(streams)
    ended = stand_in_log.end_of_broadcast()
    during = [each for each in seen[WARM_UP:] if each.began < ended]
    if len(during) < FEWEST:
        raise RuntimeError(
            f"the broadcast was over after {len(during)} replies: give it more"
        )
    return memory, during


async def _replies(line: Line, screens: dict[int, Stream], count: int) -> list[Seen]:
    seen = []
    async with Bell(settings.ENV.database_url) as bell:
        for place in range(count):
            student = 1 + place % STUDENTS
            began, reply = await _reply(line, screens, student)
            # Right after it: both wait for the same machine, as busy as it is then.
            rang = await bell.ring(str(place))
            seen.append(Seen(began, reply, rang))
            await asyncio.sleep(EVERY_SECONDS)
    return seen


async def _reply(
    line: Line, screens: dict[int, Stream], student: int
) -> tuple[float, float]:
    """When a student's reply was called in, and the milliseconds until their staff
    user's stream announced it.
    """
    staff = _staff_of(student, len(screens))
    reply = calling.reply(
        calling.carrier_id(),
        to=f"+1734555{staff:04}",
        sender=f"+1{7342000000 + student}",
    )
    stream = screens[staff]
    event = f"conv-{student}"
    stream.came.pop(event, None)
    began = time.monotonic()
    await line.call(reply)
    while event not in stream.came:
        if time.monotonic() > began + 30:
            raise RuntimeError("a reply was not announced")
        await asyncio.sleep(0.001)
    return began, 1000 * (stream.came[event] - began)


def _staff_of(student: int, everyone: int) -> int:
    others = everyone - SENDERS
    return SENDERS + 1 + student % others


def _college(everyone: int, broadcast: int) -> None:
    now = timezone.now()
    college.empty()
    college.staff(everyone, now=now)
    whose = (
        f"CASE WHEN g <= {STUDENTS} THEN {SENDERS + 1} + g % {everyone - SENDERS} ELSE"
        f" 1 + g % {SENDERS} END"
    )
    college.students(STUDENTS + broadcast, whose=whose)
    college.conversations(STUDENTS + broadcast, whose=whose, now=now)
    college.texts(STUDENTS, status="delivered", now=now)
    college.texts(
        broadcast,
        first=STUDENTS + 1,
        status="waiting",
        now=now,
        reason="'turn'",
        due_at="now()",
    )
    college.settle()
