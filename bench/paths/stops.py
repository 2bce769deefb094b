"""Stops: signed STOPs a second that one web process has honored, idle and while a
broadcast runs on the same core.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone

from bench import calling, college, stand_in_log
from bench.calling import Called
from bench.figures import Figures, Reach, Row, Work, p95
from bench.house import served, web, worker
from quadline.consent.models import ConsentState
from quadline.delivery.sending.sender import send_due_texts
from quadline.jobs import enqueue
from quadline.roster.models import Student

IDLE, BESIDE, P95 = "stops", "stops beside a broadcast", "stops beside a broadcast, p95"
BARE = "bare ASGI, HMAC and one INSERT"
ROWS = (
    Row(IDLE, "stops/s", BARE, Reach(at_least=0.15)),
    Row(BESIDE, "stops/s", f"{BARE}, beside the same broadcast", Reach(at_least=0.15)),
    Row(P95, "ms", f"{BARE}, beside the same broadcast", Reach(at_most=7)),
)
STAFF = 50
WARM_UP = 100


def measure(work: Work) -> Figures:
    idle = work.of(4_000, quick=1_000)
    beside = work.of(2_000, quick=500)
    broadcast = work.of(50_000, quick=12_000)
    # A student for each: with a second STOP of one, fewer would be honored than sent.
    stops = WARM_UP + idle + beside
    _college(stops, broadcast)
    requests = [_stop(place) for place in range(1, stops + 1)]
    port = calling.free_port()
    with web(port) as (address, _):
        figures = _figures(address, requests, idle, broadcast)
    honored = ConsentState.objects.filter(opted_out=True).count()
    assert honored == stops, f"{honored} of {stops} were honored"
    words = [f"{title}: {figure:,.0f}" for title, figure in figures.items()]
    print(", ".join(words), file=sys.stderr)
    return figures


def limit(work: Work) -> Figures:
    idle = work.of(20_000, quick=3_000)
    beside = work.of(6_000, quick=2_000)
    broadcast = work.of(50_000, quick=12_000)
    stops = WARM_UP + idle + beside
    _college(STAFF, broadcast)
    requests = [_stop(1 + place % STAFF) for place in range(stops)]
    port = calling.free_port()
    with served("bench.limits.webhooks", str(port), port=port) as (address, _):
        return _figures(address, requests, idle, broadcast)


def _figures(address: str, requests: list[bytes], idle: int, broadcast: int) -> Figures:
    calling.seconds_for(address, requests[:WARM_UP])
    college.settle()
    alone = calling.called(address, requests[WARM_UP:][:idle])
    with _running(broadcast) as already_taken:
        beside = calling.called(address, requests[WARM_UP + idle :])
        taken = stand_in_log.how_many() - already_taken
    # Beside a broadcast that was over, STOPs would have been measured idle.
    if taken >= broadcast:
        raise RuntimeError("the broadcast was over before the STOPs were: give it more")
    return {
        IDLE: _rate(alone),
        BESIDE: _rate(beside),
        P95: 1000 * p95(beside.each),
    }


def _rate(called: Called) -> float:
    return len(called.each) / called.seconds


@contextmanager
def _running(broadcast: int) -> Iterator[int]:
    """A worker has begun. How many texts the carrier had taken before."""
    before = stand_in_log.how_many()
    first = Student.objects.count() - broadcast + 1
    college.texts(
        broadcast,
        first=first,
        status="waiting",
        now=timezone.now(),
        reason="'turn'",
        due_at="now()",
    )
    enqueue(send_due_texts)
    with worker():
        stand_in_log.wait_for(before + 1, seconds=30)
        yield before


def _college(stops: int, broadcast: int) -> None:
    """Who stops has been texted by the same numbers that send the broadcast
    to the others.
    """
    now = timezone.now()
    everyone = stops + broadcast
    college.empty()
    college.staff(STAFF, now=now)
    college.students(everyone, staff=STAFF)
    college.conversations(everyone, staff=STAFF, now=now)
    college.texts(everyone, status="delivered", now=now)  # nobody's first text
    college.settle()


def _stop(student: int) -> bytes:
    staff = 1 + student % STAFF
    return calling.reply(
        calling.carrier_id(),
        to=f"+1734555{staff:04}",
        sender=f"+1{7342000000 + student}",
        body="STOP",
    )
