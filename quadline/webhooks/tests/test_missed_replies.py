"""Replies that never reached us are read from the carrier's log: once,
STOPs first, at the time they were sent.
"""

from collections.abc import Mapping
from datetime import timedelta

import pytest
import time_machine
from django.db import DataError
from django.utils import timezone

from quadline.carriers import twilio as adapter
from quadline.carriers.protocol import Carrier, InboundText
from quadline.carriers.twilio import Twilio
from quadline.consent import ledger
from quadline.conversations.models import Message
from quadline.delivery.tests.acts import elsewhere_alone, rent, send_due, write
from quadline.numbers.models import SystemNumber
from quadline.webhooks import events, missed_replies
from quadline.webhooks.missed_replies import fetch_missed_replies
from quadline.webhooks.models import LogReading
from tests.cast import Cast
from tests.house import Simulator


@pytest.fixture
def number(people: Cast, twilio: Twilio) -> SystemNumber:
    return rent(people.maya)


def test_a_reply_lost_on_its_way_is_filed_from_the_log_once(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    box.text(people.rosa.mobile, number.phone, "Are you there?")
    fetch_missed_replies(timestamp=0)
    fetch_missed_replies(timestamp=0)
    filed = Message.objects.get(direction="inbound")
    assert (
        filed.body,
        filed.conversation.student,
        filed.conversation.unread_count,
    ) == ("Are you there?", people.rosa, 1)


def test_a_lost_stop_counts_and_a_later_start_wins(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    box.text(people.bo.mobile, number.phone, "STOP")
    fetch_missed_replies(timestamp=0)
    assert ledger.is_opted_out((people.bo.mobile, number.phone))
    box.fast_forward(hours=1 / 60)
    box.text(people.bo.mobile, number.phone, "STOP")
    box.fast_forward(hours=1 / 60)
    box.text(people.bo.mobile, number.phone, "START")
    fetch_missed_replies(timestamp=0)
    assert not ledger.is_opted_out((people.bo.mobile, number.phone))


def test_a_carrier_that_cannot_be_read_now_is_read_from_the_same_place_later(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    box.text(people.rosa.mobile, number.phone, "Hello?")
    box.fault(kind="reset", on="messages", times=1)
    fetch_missed_replies(timestamp=0)
    fetch_missed_replies(timestamp=0)
    assert Message.objects.filter(direction="inbound", body="Hello?").count() == 1


def test_what_was_missed_is_filed_in_order_and_stops_before_everything(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    for student, words in (
        (people.rosa, "one"),
        (people.bo, "maybe"),
        (people.rosa, "two"),
        (people.bo, "STOP"),
        (people.rosa, "3"),
    ):
        box.text(student.mobile, number.phone, words)
    fetch_missed_replies(timestamp=0)
    filed = (
        Message.objects.filter(direction="inbound")
        .in_order()
        .values_list("body", flat=True)
    )
    assert list(filed) == ["STOP", "one", "maybe", "two", "3"]


def test_nothing_is_missed_though_much_else_is_in_the_log(
    people: Cast, box: Simulator, number: SystemNumber, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broadcast fills pages of the log after the reply."""
    monkeypatch.setattr(adapter, "MAX_PAGE", 5)
    box.text(people.rosa.mobile, number.phone, "Are you there?")
    for at in range(23):
        write(people.maya, people.bo, f"text {at}")
    send_due()
    assert len(box.accepts()) == 23
    fetch_missed_replies(timestamp=0)
    assert Message.objects.filter(direction="inbound", body="Are you there?").exists()


def test_a_page_that_cannot_be_read_leaves_nothing_behind_forever(
    people: Cast, box: Simulator, number: SystemNumber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter, "MAX_PAGE", 2)
    for at in range(7):
        box.text(people.rosa.mobile, number.phone, f"reply {at}")
    box.fault(kind="list_rate_limit", times=1)
    fetch_missed_replies(timestamp=0)
    assert Message.objects.filter(direction="inbound").count() == 0
    reading = LogReading.objects.get()
    earliest = timezone.now() - missed_replies.MAX_REPLY_GAP
    assert reading.read_until <= earliest, "it is read from the same place again"
    assert (reading.read_at, reading.why) == (
        None,
        "The carrier asked us to slow down.",
    )
    fetch_missed_replies(timestamp=0)
    assert Message.objects.filter(direction="inbound").count() == 7
    reading = LogReading.objects.get()
    assert reading.read_at
    assert reading.failed_at
    assert reading.read_at >= reading.failed_at


def test_a_gap_of_days_is_covered(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    """We were away since long before the reply; when it was last
    read counts, not when it is now.
    """
    box.text(people.rosa.mobile, number.phone, "Hello?")
    LogReading.objects.create(
        carrier="twilio", read_until=timezone.now() - timedelta(days=2)
    )
    fetch_missed_replies(timestamp=0)
    assert Message.objects.filter(direction="inbound", body="Hello?").exists()


def test_two_readings_are_not_made_at_once(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    box.text(people.rosa.mobile, number.phone, "Hello?")
    with elsewhere_alone("fetch_missed_replies"):
        fetch_missed_replies(timestamp=0)
    assert not Message.objects.filter(direction="inbound").exists()
    fetch_missed_replies(timestamp=0)
    assert Message.objects.filter(direction="inbound").exists()


def test_a_clock_that_was_a_day_ahead_hides_no_reply(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    """It was set right while nobody read the log, and hours later somebody does."""
    LogReading.objects.create(
        carrier="twilio", read_until=timezone.now() + timedelta(days=1)
    )
    box.text(people.rosa.mobile, number.phone, "Hello?")
    with time_machine.travel(timezone.now() + timedelta(hours=2), tick=True):
        fetch_missed_replies(timestamp=0)
    assert Message.objects.filter(direction="inbound", body="Hello?").count() == 1


def test_a_reply_that_cannot_be_filed_keeps_back_no_other(
    people: Cast, box: Simulator, number: SystemNumber, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = events.file_inbound

    def refuse_one(
        carrier: Carrier, text: InboundText, content: Mapping[str, str]
    ) -> None:
        if text.body == "STOP":
            raise DataError("value too long")
        file(carrier, text, content)

    monkeypatch.setattr(missed_replies, "file_inbound", refuse_one)
    for words in ("STOP", "one", "two"):
        box.text(people.rosa.mobile, number.phone, words)
    fetch_missed_replies(timestamp=0)
    assert set(
        Message.objects.filter(direction="inbound").values_list("body", flat=True)
    ) == {"one", "two"}
