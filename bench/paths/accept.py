"""Accept a broadcast: recipients a second from Send until all are reviewed,
stored and queued.
"""

import time
import uuid

from django.utils import timezone

from bench import college
from bench.figures import Figures, Reach, Row, Work
from bench.limits import copies
from quadline.accounts.models import User
from quadline.broadcasts.drafting import draft_broadcast
from quadline.broadcasts.launching import launch_broadcast
from quadline.broadcasts.models import Broadcast, Recipient
from quadline.broadcasts.preflight import review
from quadline.conversations.models import Conversation, Message, MessageEvent
from quadline.conversations.rules import Channel

MESSAGES = "accept a broadcast"
ALL_ROWS = "accept a broadcast, all its rows"
ROWS = (
    Row(
        MESSAGES,
        "rows/s",
        "INSERT … SELECT of as many messages, same constraints",
        Reach(at_least=0.25),
    ),
    Row(
        ALL_ROWS,
        "rows/s",
        "the same of recipients, conversations, messages, events",
        Reach(at_least=0.25),
    ),
)
BESIDE_MESSAGES = (Recipient, Conversation, MessageEvent)


def measure(work: Work) -> Figures:
    count = work.of(50_000, quick=6_000)
    broadcast = _drafted(count)
    now = timezone.now()
    began = time.perf_counter()
    review(broadcast, now=now)
    launch_broadcast(
        broadcast, actor=broadcast.author, fingerprint=broadcast.fingerprint, now=now
    )
    seconds = time.perf_counter() - began
    # After the clock has stopped: a figure of work that was not done is an error.
    queued = Message.objects.filter(due_at__isnull=False).count()
    assert queued == count, f"{queued} of {count} were queued"
    return {MESSAGES: count / seconds, ALL_ROWS: count / seconds}


def limit(work: Work) -> Figures:
    count = Message.objects.count()
    college.settle()
    messages = copies.insert_select(Message._meta.db_table)
    others = sum(
        copies.insert_select(model._meta.db_table) for model in BESIDE_MESSAGES
    )
    return {MESSAGES: count / messages, ALL_ROWS: count / (messages + others)}


def _drafted(count: int) -> Broadcast:
    """To the whole caseload of one person, with a merge field,
    so that every body is another.
    """
    now = timezone.now()
    college.empty()
    college.staff(1, now=now)
    college.students(count, staff=1)
    broadcast = draft_broadcast(
        author=User.objects.get(),
        broadcast_id=uuid.uuid4(),
        channel=Channel.TEXT,
        subject="",
        body=f"[Student Name], {college.WORDS}",
        audience={"to": ["caseload"]},
        with_contact_card=False,
        is_announcement=False,
        now=now,
    )
    college.settle()
    return broadcast
