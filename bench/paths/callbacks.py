"""Status callbacks: signed ones a second
that one web process has stored and acknowledged.
"""

import uuid

from django.utils import timezone

from bench import calling, college
from bench.figures import Figures, Reach, Row, Work
from bench.house import served, web
from quadline.webhooks.models import CarrierEvent

TITLE = "status callbacks"
ROWS = (
    Row(TITLE, "callbacks/s", "bare ASGI, HMAC and one INSERT", Reach(at_least=0.6)),
)
WARM_UP = 200  # threads and connections are there, modules are imported


def measure(work: Work) -> Figures:
    college.empty()
    college.staff(50, now=timezone.now())
    count = work.of(20_000, quick=3_000)
    port = calling.free_port()
    with web(port) as (address, _):
        rate = _rate(address, count)
    kept = CarrierEvent.objects.count()
    assert kept == count + WARM_UP, f"{kept} of {count + WARM_UP} were kept"
    return {TITLE: rate}


def limit(work: Work) -> Figures:
    count = work.of(20_000, quick=3_000)
    port = calling.free_port()
    with served("bench.limits.webhooks", str(port), port=port) as (address, _):
        rate = _rate(address, count)
    return {TITLE: rate}


def _rate(address: str, count: int) -> float:
    warm_up = [_callback(place) for place in range(WARM_UP)]
    callbacks = [_callback(place) for place in range(count)]
    calling.seconds_for(address, warm_up)
    college.settle()
    return count / calling.seconds_for(address, callbacks)


def _callback(place: int) -> bytes:
    return calling.status_callback(
        calling.carrier_id(),
        # Of no text: storing and answering are measured, and neither looks for it.
        reference=str(uuid.uuid4()),
        to=f"+1{7342000001 + place}",
        sender="+17345550001",
    )
