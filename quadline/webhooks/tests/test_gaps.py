"""Replies that never reached us are read from the carrier's log: once, STOPs first, at the time they were sent."""

import pytest
from django.utils import timezone

from quadline.carriers.twilio import Twilio
from quadline.consent import ledger
from quadline.conversations.models import Message
from quadline.numbers.models import SystemNumber
from quadline.numbers.provisioning import provision_number, request_number
from quadline.webhooks.gaps import fetch_missed_replies
from tests.cast import Cast
from tests.house import Simulator


@pytest.fixture
def number(people: Cast, twilio: Twilio) -> SystemNumber:
    asked = request_number(user=people.maya, now=timezone.now())
    provision_number(number_id=asked.pk)
    return SystemNumber.objects.get(pk=asked.pk)


def test_a_reply_lost_on_its_way_is_filed_from_the_log_once(people: Cast, box: Simulator, number: SystemNumber) -> None:
    box.text(people.rosa.mobile, number.phone, "Are you there?")
    fetch_missed_replies(timestamp=0)
    fetch_missed_replies(timestamp=0)
    filed = Message.objects.get(direction="inbound")
    assert (filed.body, filed.conversation.student, filed.conversation.unread_count) == ("Are you there?", people.rosa, 1)


def test_a_lost_stop_counts_and_a_later_start_wins(people: Cast, box: Simulator, number: SystemNumber) -> None:
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
