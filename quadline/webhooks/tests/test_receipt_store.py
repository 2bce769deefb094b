"""Receipts are kept once, many at a time, and the worker is told once for many, not
for each.
"""

import asyncio

import pytest

from quadline.delivery.tests.acts import jobs
from quadline.webhooks import receipt_store
from quadline.webhooks.events import apply_receipts
from quadline.webhooks.models import CarrierEvent
from tests.one_thread import one_thread

pytestmark = pytest.mark.django_db(transaction=True)


def kept(*keys: str) -> int:
    """Returns how often the worker was told."""

    async def keep_all() -> None:
        content = {"MessageStatus": "sent\x00"}
        async with one_thread():
            await asyncio.gather(
                *(receipt_store.keep_receipt("twilio", key, content) for key in keys)
            )
            await receipt_store.flush_notifications()

    told = len(jobs(apply_receipts))
    asyncio.run(keep_all())
    return len(jobs(apply_receipts)) - told


def test_many_receipts_are_one_job() -> None:
    assert kept(*(f"SM{number}-sent" for number in range(30))) == 1
    assert CarrierEvent.objects.count() == 30


def test_the_same_receipt_again_is_kept_once_and_tells_nobody() -> None:
    assert kept("SM1-sent") == 1
    assert kept("SM1-sent", "SM1-sent") == 0
    assert [event.content for event in CarrierEvent.objects.all()] == [
        {"MessageStatus": "sent"}
    ]
