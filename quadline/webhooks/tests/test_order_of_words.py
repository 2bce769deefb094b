"""A START at our door that came soon after a STOP: it counts when we answer, and a
carrier that hangs is not waited for.
"""

import time

import pytest

from quadline.carriers.twilio import Twilio
from quadline.consent import ledger
from quadline.conversations.models import Message
from quadline.delivery.inbound import stop_start_order
from quadline.delivery.tests.acts import rent
from quadline.numbers.models import SystemNumber
from quadline.webhooks import missed_replies, views
from quadline.webhooks.models import LogReading
from quadline.webhooks.tests.conftest import Caller
from tests.cast import Cast
from tests.house import Simulator

INBOUND = "/webhooks/twilio/inbound"


@pytest.fixture
def rented(committed_people: Cast, twilio: Twilio) -> SystemNumber:
    return rent(committed_people.maya)


@pytest.fixture
def pair(committed_people: Cast, rented: SystemNumber) -> ledger.PhonePair:
    return committed_people.rosa.mobile, rented.phone


def said(box: Simulator, pair: ledger.PhonePair, body: str) -> dict[str, str]:
    """As the carrier would tell it."""
    sid = box.text(*pair, body, webhook_lost=True)["sid"]
    box.fast_forward(hours=2 / 3600)
    return {"MessageSid": sid, "From": pair[0], "To": pair[1], "Body": body}


def test_a_start_counts_when_it_is_answered(
    carrier: Caller, box: Simulator, pair: ledger.PhonePair
) -> None:
    for word in ("STOP", "START"):
        assert carrier.post(INBOUND, said(box, pair, word)).status == 200
        assert ledger.is_opted_out(pair) is (word == "STOP")


def test_a_start_that_comes_after_the_stop_that_followed_it_does_not(
    carrier: Caller, box: Simulator, pair: ledger.PhonePair
) -> None:
    start, stop = said(box, pair, "START"), said(box, pair, "STOP")
    for told in (stop, start, start, stop):
        assert carrier.post(INBOUND, told).status == 200
        assert ledger.is_opted_out(pair)


def test_a_carrier_that_hangs_is_answered_all_the_same(
    carrier: Caller,
    box: Simulator,
    pair: ledger.PhonePair,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(views, "SETTLED_WITHIN_SECONDS", 0.2)
    carrier.post(INBOUND, said(box, pair, "STOP"))
    start = said(box, pair, "START")
    box.fault(kind="slow", seconds=1.5, times=1)
    asked = time.monotonic()

    assert carrier.post(INBOUND, start).status == 200
    assert Message.objects.filter(body="START").exists()
    assert views.SETTLED_WITHIN_SECONDS < 15, (
        "which is how long the carrier waits for our answer"
    )
    assert time.monotonic() - asked < 120
    box.clear_faults()
    stop_start_order.settle_if_in_doubt(pair)
    assert not ledger.is_opted_out(pair)


def test_the_first_answer_does_not_wait_for_the_carriers(
    carrier: Caller,
    box: Simulator,
    pair: ledger.PhonePair,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(pair: ledger.PhonePair) -> bool:
        raise RuntimeError("whatever it is")

    monkeypatch.setattr(stop_start_order, "settle_if_in_doubt", fails)
    assert carrier.post(INBOUND, said(box, pair, "STOP")).status == 200
    assert ledger.is_opted_out(pair)


@pytest.mark.parametrize("ahead", [-3600, -40, 40, 3600])
def test_replies_are_found_in_a_log_whose_clock_is_not_ours(
    carrier: Caller, box: Simulator, pair: ledger.PhonePair, ahead: int
) -> None:
    box.settings(log_clock_ahead=ahead)
    for body in ("one", "two", "three"):
        said(box, pair, body)
        missed_replies.fetch_missed_replies(timestamp=0)

    filed = Message.objects.filter(direction="inbound").in_order()
    assert list(filed.values_list("body", flat=True)) == ["one", "two", "three"]
    assert LogReading.objects.count() == 1
