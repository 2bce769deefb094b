"""Replies: signed inbound texts a second that one web process has wholly filed,
each in its conversation.
"""

import time

from django.utils import timezone

from bench import calling, college
from bench.figures import Figures, Reach, Row, Work
from bench.house import served, web
from quadline.conversations.models import Message
from quadline.conversations.rules import Direction

TITLE = "replies"
ROWS = (Row(TITLE, "replies/s", "bare ASGI, HMAC and one INSERT", Reach(at_least=0.2)),)
STAFF, STUDENTS = 50, 2_000
WARM_UP = 100
PATIENCE_SECONDS = 30


def measure(work: Work) -> Figures:
    now = timezone.now()
    college.empty()
    college.staff(STAFF, now=now)
    college.students(STUDENTS, staff=STAFF)
    college.conversations(STUDENTS, staff=STAFF, now=now)
    college.texts(STUDENTS, status="delivered", now=now)
    port = calling.free_port()
    count = work.of(10_000, quick=1_000)
    with web(port) as (address, _):
        rate = _rate(address, count)
    return {TITLE: rate}


def limit(work: Work) -> Figures:
    count = work.of(20_000, quick=3_000)
    replies = _replies(count)
    port = calling.free_port()
    with served("bench.limits.webhooks", str(port), port=port) as (address, _):
        calling.seconds_for(address, _replies(WARM_UP))
        college.settle()
        seconds = calling.seconds_for(address, replies)
    return {TITLE: count / seconds}


def _rate(address: str, count: int) -> float:
    replies = _replies(count)
    calling.seconds_for(address, _replies(WARM_UP))
    _wait_until_filed(WARM_UP)
    college.settle()
    began = time.perf_counter()
    calling.seconds_for(address, replies)
    _wait_until_filed(WARM_UP + count)
    seconds = time.perf_counter() - began
    return count / seconds


def _replies(count: int) -> list[bytes]:
    return [_reply(place) for place in range(count)]


def _wait_until_filed(count: int) -> None:
    """Acknowledged is not filed: what counts is that each stands in a conversation."""
    replies = Message.objects.filter(direction=Direction.INBOUND)
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while (filed := replies.count()) < count:
        if time.monotonic() > give_up_at:
            raise RuntimeError(f"{filed} of {count} replies were filed")
        time.sleep(0.02)


def _reply(place: int) -> bytes:
    student = 1 + place % STUDENTS
    return calling.reply(
        calling.carrier_id(),
        to=f"+1734555{1 + student % STAFF:04}",
        sender=f"+1{7342000000 + student}",
    )
