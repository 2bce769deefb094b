"""News whose callback never came is read from the carrier's log, some time after the
text was sent, and not forever.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from quadline.carriers.protocol import Receipt, ReceiptProgress
from quadline.conversations.models import Message
from quadline.conversations.rules import Status
from quadline.delivery.models import NewsLook
from quadline.delivery.outcomes import missing_receipts, receipts
from quadline.delivery.rules import RECEIPT_LOOKS
from quadline.delivery.tests.acts import (
    elsewhere_alone,
    fresh,
    never_fell,
    rent,
    send_due,
    status,
    write,
)
from quadline.numbers.models import SystemNumber
from tests.cast import Cast
from tests.house import Simulator

SOON = min(RECEIPT_LOOKS)


@pytest.fixture
def clock(people: Cast) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime.now().astimezone(), tick=True) as clock:
        yield clock


def silent_text(people: Cast, box: Simulator, **fault: object) -> Message:
    """Its end is known to the carrier, and no callback told us."""
    box.fault(kind="callback_lost")
    if fault:
        box.fault(**fault)
    text = write(people.maya, people.rosa)
    send_due()
    box.fast_forward(hours=12)
    assert status(text) == Status.SENT
    return text


def asked(box: Simulator) -> int:
    return int(box.ask("GET", "/simulator/healthz")["lists_asked"])


def sweep_after(wait: timedelta, clock: time_machine.Traveller) -> None:
    clock.shift(wait)
    missing_receipts.look_up_missing_receipts(timestamp=0)


def test_a_text_that_arrived_counts_as_delivered(
    people: Cast, box: Simulator, number: SystemNumber, clock: time_machine.Traveller
) -> None:
    text = silent_text(people, box)
    sweep_after(SOON, clock)
    assert (status(text), never_fell(text)) == (Status.DELIVERED, True)


def test_one_that_did_not_becomes_an_email_with_the_carriers_reason(
    people: Cast, box: Simulator, number: SystemNumber, clock: time_machine.Traveller
) -> None:
    text = silent_text(people, box, kind="fail", status="undelivered", code=30005)
    sweep_after(SOON, clock)
    text = fresh(text)
    assert (text.status, text.carrier_code, text.detail) == (
        Status.UNDELIVERED,
        "30005",
        "The number is not in service.",
    )
    assert text.email.is_failsafe
    assert len(box.accepts()) == 1


def test_the_callback_that_comes_after_all_changes_nothing(
    people: Cast, box: Simulator, number: SystemNumber, clock: time_machine.Traveller
) -> None:
    text = silent_text(people, box, kind="unreachable")
    sweep_after(SOON, clock)
    events = text.events.count()
    sid = fresh(text).carrier_message_id
    receipts.apply_receipts_in_order(
        [Receipt(sid, str(text.pk), ReceiptProgress.UNDELIVERED)], now=timezone.now()
    )
    assert (status(text), text.events.count()) == (Status.UNDELIVERED, events)


def test_a_text_of_just_now_is_not_asked_about(
    people: Cast, box: Simulator, number: SystemNumber, clock: time_machine.Traveller
) -> None:
    text = silent_text(people, box)
    sweep_after(SOON / 2, clock)
    assert (status(text), asked(box)) == (Status.SENT, 0)


def test_what_stays_without_news_is_asked_about_a_few_times_and_then_left(
    people: Cast, box: Simulator, number: SystemNumber, clock: time_machine.Traveller
) -> None:
    text = silent_text(people, box, kind="stuck_text")
    missing_receipts.look_up_missing_receipts(timestamp=0)
    for _ in range(24 * 8):
        sweep_after(timedelta(hours=1), clock)
    assert (status(text), asked(box)) == (Status.SENT, len(RECEIPT_LOOKS))


def test_a_number_whose_log_cannot_be_read_is_asked_again_and_the_others_at_once(
    people: Cast, box: Simulator, number: SystemNumber, clock: time_machine.Traveller
) -> None:
    rent(people.omar)
    others = write(people.omar, people.kim)
    text = silent_text(people, box)
    box.fault(kind="reset", on="messages", times=1)
    sweep_after(SOON, clock)
    assert {status(text), status(others)} <= {Status.SENT, Status.DELIVERED}
    sweep_after(timedelta(minutes=1), clock)
    assert (status(text), status(others)) == (Status.DELIVERED, Status.DELIVERED)


def test_a_carrier_that_is_away_for_minutes_is_asked_until_it_is_back(
    people: Cast, box: Simulator, number: SystemNumber, clock: time_machine.Traveller
) -> None:
    text = silent_text(people, box)
    box.fault(kind="reset", on="messages")
    for _ in range(10):
        sweep_after(timedelta(minutes=1), clock)
    assert status(text) == Status.SENT
    box.clear_faults()
    sweep_after(timedelta(minutes=1), clock)
    assert status(text) == Status.DELIVERED


def test_what_was_sent_while_the_sweep_did_not_run_is_asked_about_later(
    people: Cast, box: Simulator, number: SystemNumber, clock: time_machine.Traveller
) -> None:
    missing_receipts.look_up_missing_receipts(timestamp=0)
    text = silent_text(people, box)
    sweep_after(timedelta(days=5), clock)
    assert status(text) == Status.DELIVERED


def test_hundreds_in_one_reading(
    people: Cast, box: Simulator, number: SystemNumber, clock: time_machine.Traveller
) -> None:
    box.fault(kind="callback_lost")
    box.fault(kind="unreachable", to=people.bo.mobile)
    for at in range(60):
        write(people.maya, people.bo if at % 10 == 0 else people.rosa, f"text {at}")
    send_due()
    box.fast_forward(hours=12)
    with pytest.MonkeyPatch.context() as small:
        small.setattr(missing_receipts, "RECEIPTS_PER_LOOK", 25)
        sweep_after(SOON, clock)
    assert Message.objects.filter(status=Status.DELIVERED).count() == 54
    assert Message.objects.filter(status=Status.UNDELIVERED).count() == 6


def test_two_sweeps_do_not_ask_at_once(
    people: Cast, box: Simulator, number: SystemNumber, clock: time_machine.Traveller
) -> None:
    text = silent_text(people, box)
    with elsewhere_alone("ask_for_lost_news"):
        sweep_after(SOON, clock)
    assert (status(text), asked(box)) == (Status.SENT, 0)
    sweep_after(timedelta(minutes=1), clock)
    assert status(text) == Status.DELIVERED


def test_a_clock_that_was_a_day_ahead_hides_no_news(
    people: Cast, box: Simulator, number: SystemNumber, clock: time_machine.Traveller
) -> None:
    NewsLook.objects.create(after=SOON, sent_until=timezone.now() + timedelta(days=1))
    text = silent_text(people, box)
    sweep_after(SOON, clock)
    assert status(text) == Status.DELIVERED
