"""Receipts applied: stored delivery receipts a second
that one worker turns into what staff see.
"""

import time
from typing import Any

from django.utils import timezone

from bench import college
from bench.figures import Figures, Reach, Row, Work
from bench.limits import copies
from quadline.conversations.models import Message
from quadline.conversations.rules import Status
from quadline.webhooks import events
from quadline.webhooks.models import CarrierEvent

TITLE = "receipts applied"
ROWS = (Row(TITLE, "receipts/s", "UPDATE … FROM unnest", Reach(at_least=0.3)),)
NUMBERS = 50


def measure(work: Work) -> Figures:
    count = work.of(50_000, quick=4_000)
    _sent_texts_with_receipts(count)
    began = time.perf_counter()
    events.apply_receipts()
    seconds = time.perf_counter() - began
    delivered = Message.objects.filter(status=Status.DELIVERED).count()
    assert delivered == count, f"{delivered} of {count} were applied"
    return {TITLE: count / seconds}


def limit(work: Work) -> Figures:
    ids: list[Any] = list(Message.objects.values_list("id", flat=True))
    return {
        TITLE: (
            len(ids)
            / copies.update_from_unnest(
                Message._meta.db_table, ids=ids, statuses=["sent"] * len(ids)
            )
        )
    }


def _sent_texts_with_receipts(count: int) -> None:
    now = timezone.now()
    college.empty()
    college.staff(NUMBERS, now=now)
    college.students(count, staff=NUMBERS)
    college.conversations(count, staff=NUMBERS, now=now)
    college.texts(
        count,
        status="sent",
        now=now,
        carrier_message_id="'SM' || lpad(to_hex(conversation.id), 32, '0')",
        sent_at="now()",
    )
    college.fill(
        CarrierEvent,
        # receipts come in no order
        "conversations_message AS message ORDER BY random()",
        carrier="'twilio'",
        kind="'status'",
        key="message.carrier_message_id || '-delivered-'",
        content="""jsonb_build_object(
            'MessageSid', message.carrier_message_id,
            'MessageStatus', 'delivered',
            'ref', message.id,
            'To', message.student_phone,
            'ApiVersion', '2010-04-01',
            'SmsStatus', 'delivered'
        )""",
        received_at="now()",
    )
    college.settle()
