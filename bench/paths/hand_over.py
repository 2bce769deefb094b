"""Hand over: texts a second that the carrier accepted, one worker on one core, every
promise kept, rates off.
"""

import asyncio
import time

import uvloop
from django.utils import timezone

from bench import college
from bench.figures import Figures, Reach, Row, Work
from bench.limits import posting
from quadline import worker
from quadline.carriers import registry
from quadline.conversations.models import Message
from quadline.conversations.rules import Status
from quadline.delivery.sending import sender

NUMBERS = 50
CONNECTIONS = 200  # of the bare loop: as many as the house's own carrier opens at most
BARE, SDK = "hand over", "hand over, beside the SDK"
ROWS = (
    Row(BARE, "texts/s", "bare aiohttp loop, no database", Reach(at_least=0.5)),
    Row(SDK, "texts/s", "the official SDK, one after the other", Reach(at_least=3)),
)


def measure(work: Work) -> Figures:
    rate = handed_over(work.of(50_000, quick=8_000))
    return {BARE: rate, SDK: rate}


def limit(work: Work) -> Figures:
    count, few = work.of(50_000, quick=5_000), work.of(2_000, quick=400)
    return {
        BARE: count / posting.aiohttp_loop(count, in_flight=CONNECTIONS),
        SDK: few / posting.official_sdk(few),
    }


def handed_over(count: int) -> float:
    """Texts a second, from the first claim to the last acceptance written down."""
    now = timezone.now()
    college.empty()
    college.waiting_broadcast(count, staff_count=NUMBERS, now=now)
    college.settle()
    seconds = uvloop.run(_send_all(count))
    sent = Message.objects.filter(status=Status.SENT).count()
    assert sent == count, f"{sent} of {count} were handed over"
    return count / seconds


async def _send_all(count: int) -> float:
    """The job itself, as a worker runs it.

    It ends after a while so that a worker can stop, and is then begun again.
    """
    worker.tune_interpreter()
    began = time.perf_counter()
    # Rates are off in the settings of the bench (house.py): no text waits for its turn.
    while await _waits():
        await sender.send_due_texts()
    seconds = time.perf_counter() - began
    # its loop ends here
    session = registry.current_carrier()._session()  # type: ignore[attr-defined]
    await session.close()
    return seconds


async def _waits() -> bool:
    return await asyncio.to_thread(Message.objects.filter(due_at__isnull=False).exists)
