"""Many broadcasts: texts a second while fifty run, beside one that is as long."""

import uuid

from django.utils import timezone

from bench import college, stand_in_log
from bench.figures import Figures, Reach, Row, Work
from bench.house import worker
from quadline.accounts.models import User
from quadline.broadcasts.finishing import follow_broadcasts
from quadline.broadcasts.models import Broadcast, Recipient
from quadline.broadcasts.rules import BroadcastState
from quadline.delivery.sending.sender import send_due_texts
from quadline.jobs import enqueue

TITLE = "fifty broadcasts"
ROWS = (Row(TITLE, "texts/s", "one broadcast of as many", Reach(at_least=0.9)),)
NUMBERS = 50
A_MINUTE = 60


def measure(work: Work) -> Figures:
    return {TITLE: rate(work.of(20_000, quick=5_000), broadcasts=NUMBERS)}


def limit(work: Work) -> Figures:
    return {TITLE: rate(work.of(20_000, quick=5_000), broadcasts=1)}


def rate(count: int, *, broadcasts: int) -> float:
    """Texts a second at the carrier, from the first to the last.

    From as many numbers in either case: only how many broadcasts are followed differs.
    """
    _college(count, broadcasts)
    before = stand_in_log.how_many()
    enqueue(send_due_texts)
    enqueue(follow_broadcasts, timestamp=0)
    with worker():
        stand_in_log.wait_for(before + count, seconds=A_MINUTE + count / 50)
    times = sorted(text.at for text in stand_in_log.taken()[before:])
    return (count - 1) / (times[-1] - times[0])


def _college(count: int, broadcasts: int) -> None:
    """Student ``i`` is a recipient of broadcast ``i % broadcasts``."""
    now = timezone.now()
    college.empty()
    college.waiting_broadcast(count, staff_count=NUMBERS, now=now)
    authors = User.objects.order_by("pk")[:broadcasts]
    ids = [uuid.UUID(int=place + 1) for place in range(broadcasts)]
    Broadcast.objects.bulk_create(
        Broadcast(
            id=id,
            author=author,
            body=college.WORDS,
            state=BroadcastState.RUNNING,
            created_at=now,
            launched_at=now,
        )
        for id, author in zip(ids, authors, strict=True)
    )
    whose = f"lpad(to_hex(1 + message.conversation_id % {broadcasts}), 32, '0')::uuid"
    college.fill(
        Recipient,
        "conversations_message AS message",
        broadcast_id=whose,
        student_id="message.conversation_id",
        message_id="message.id",
        outcome="'text'",
        phone="message.student_phone",
    )
    college.settle()
