"""Receipts applied many at once leave what they leave one by one."""

import uuid

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from quadline.carriers.protocol import Failure, Receipt, ReceiptProgress
from quadline.conversations.models import Message, MessageEvent
from quadline.conversations.rules import Status
from quadline.delivery.outcomes.receipts import (
    apply_receipts_in_order,
    needs_no_follow_up,
)
from quadline.delivery.tests.acts import write
from quadline.delivery.tests.test_receipts import sending
from quadline.roster import trouble
from tests.cast import Cast

arrivals = st.lists(
    st.tuples(st.sampled_from([0, 1]), st.sampled_from(list(ReceiptProgress))),
    min_size=1,
    max_size=8,
)
STANDS = [
    Status.SENDING,
    Status.UNCONFIRMED,
    Status.SENT,
    Status.UNDELIVERED,
    Status.BLOCKED,
    Status.EMAILED,
]


def receipts_of(
    texts: list[Message], arrived: list[tuple[int, ReceiptProgress]]
) -> list[Receipt]:
    return [
        Receipt(f"SM{which}", str(texts[which].pk), progress)
        for which, progress in arrived
    ]


def left_behind() -> tuple[object, object]:
    messages = Message.objects.order_by("pk").values_list(
        "pk", "status", "carrier_message_id", "due_at", "reason", "detail"
    )
    events = MessageEvent.objects.filter(cause="receipt").order_by("message", "key")
    return list(messages), list(
        events.values_list("message", "key", "from_status", "to_status")
    )


@given(arrived=arrivals, stands=st.sampled_from(STANDS))
@how(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_at_once_is_as_one_by_one(
    people: Cast, arrived: list[tuple[int, ReceiptProgress]], stands: Status
) -> None:
    with transaction.atomic():
        texts = [sending(people)[0], write(people.maya, people.bo)]
        Message.objects.filter(pk=texts[0].pk).update(status=stands)
        receipts = receipts_of(texts, arrived)
        with transaction.atomic():
            for each in receipts:
                apply_receipts_in_order([each], now=timezone.now())
            alone = left_behind()
            transaction.set_rollback(True)
        assert apply_receipts_in_order(receipts, now=timezone.now()) == []
        assert left_behind() == alone
        transaction.set_rollback(True)


def test_a_receipt_for_no_text_of_ours_is_told_apart(people: Cast) -> None:
    stranger = Receipt("SM9", str(uuid.uuid4()), ReceiptProgress.DELIVERED)

    assert apply_receipts_in_order([stranger], now=timezone.now()) == [stranger]


def test_a_carrier_id_that_another_text_has_stays_with_it(people: Cast) -> None:
    text, _ = sending(people)
    other = write(people.maya, people.bo)
    Message.objects.filter(pk=other.pk).update(carrier_message_id="SM1")

    apply_receipts_in_order(
        [Receipt("SM1", str(text.pk), ReceiptProgress.DELIVERED)], now=timezone.now()
    )
    text.refresh_from_db()
    assert (text.status, text.carrier_message_id) == (Status.DELIVERED, "")


def test_a_phone_that_a_text_reached_is_no_longer_in_trouble(people: Cast) -> None:
    text, _ = sending(people)
    trouble.note_failure(
        people.rosa.mobile, words="Not in service.", bad_after=1, now=timezone.now()
    )
    apply_receipts_in_order(
        [Receipt("SM1", str(text.pk), ReceiptProgress.DELIVERED)], now=timezone.now()
    )

    assert trouble.all_bad_phones() == set()


def test_only_what_needs_no_further_act_is_plain() -> None:
    text = str(uuid.uuid4())

    assert needs_no_follow_up(Receipt("SM1", text, ReceiptProgress.DELIVERED))
    assert not needs_no_follow_up(
        Receipt("SM1", text, ReceiptProgress.UNDELIVERED, Failure.UNREACHABLE)
    )
    assert not needs_no_follow_up(
        Receipt("SM1", "not a reference", ReceiptProgress.DELIVERED)
    )


@pytest.mark.parametrize("carrier_id", ['S"M', "S\\M", "S,M", "{SM}", "NULL", "S'M%s"])
def test_a_carriers_id_is_kept_as_it_was_written(people: Cast, carrier_id: str) -> None:
    text, _ = sending(people)
    assert (
        apply_receipts_in_order(
            [Receipt(carrier_id, str(text.pk), ReceiptProgress.DELIVERED)],
            now=timezone.now(),
        )
        == []
    )
    text.refresh_from_db()
    assert (text.carrier_message_id, text.status) == (carrier_id, Status.DELIVERED)
