"""An unknown outcome is looked up at the carrier before anything
is sent again, and given up visibly.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from quadline import clock
from quadline.carriers.protocol import Receipt, ReceiptProgress
from quadline.carriers.twilio import Twilio
from quadline.conversations.models import Message
from quadline.conversations.rules import Status
from quadline.delivery.models import Attempt
from quadline.delivery.outcomes import receipts, reconciliation
from quadline.delivery.rules import ATTEMPT_LOST_AFTER, MAX_ATTEMPTS, MAX_LOOKUPS
from quadline.delivery.sending import sender
from quadline.delivery.sending.claiming import claim_batch
from quadline.delivery.tests.acts import (
    fresh,
    lose_an_answer,
    never_fell,
    run,
    send_due,
    status,
    sweep,
    write,
)
from quadline.numbers.models import SystemNumber
from tests.cast import Cast
from tests.house import Simulator

O = Attempt.Outcome  # noqa: E741


def introduce(people: Cast) -> None:
    """From here on Rosa's texts carry no notice: what is written is what leaves."""
    write(people.maya, people.rosa, "Hello")
    send_due()


def die_after(act: str, twilio: Twilio, text: Message) -> None:
    """A worker that claims, perhaps sends, and is gone
    before it writes anything down.
    """
    claim = claim_batch(limit=1)[0]
    assert claim.message == text
    if act == "sent":
        run(sender._hand_over, claim=claim, looked_at=clock.monotonic_seconds())
    long_ago = timezone.now() - ATTEMPT_LOST_AFTER - timedelta(seconds=1)
    Attempt.objects.filter(pk=claim.attempt.pk).update(started_at=long_ago)


def test_the_text_of_a_worker_that_died_after_sending_is_found(
    people: Cast, box: Simulator, twilio: Twilio, number: SystemNumber
) -> None:
    text = write(people.maya, people.rosa)
    die_after("sent", twilio, text)
    reconciliation.settle_unknown_attempts(timestamp=0)
    assert (status(text), fresh(text).detail) == (
        Status.UNCONFIRMED,
        "The carrier's answer was lost. Looking it up.",
    )
    sweep()
    assert (status(text), never_fell(text)) == (Status.SENT, True)
    assert [each["sid"] for each in box.accepts()] == [fresh(text).carrier_message_id]


def test_the_text_of_a_worker_that_died_before_sending_is_sent(
    people: Cast, box: Simulator, twilio: Twilio, number: SystemNumber
) -> None:
    text = write(people.maya, people.rosa)
    die_after("claimed", twilio, text)
    for _ in range(1 + MAX_LOOKUPS):
        sweep()
    send_due()
    assert (status(text), len(box.accepts())) == (Status.SENT, 1)


def test_an_attempt_under_way_is_left_alone(people: Cast, number: SystemNumber) -> None:
    text = write(people.maya, people.rosa)
    claim_batch(limit=1)
    sweep()
    assert (status(text), text.attempts.get().outcome) == (Status.SENDING, O.UNDER_WAY)


def test_the_same_words_twice_are_two_texts(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    introduce(people)
    box.fault(kind="accept_then_500")
    first, second = (
        write(people.maya, people.rosa, "ok"),
        write(people.maya, people.rosa, "ok"),
    )
    send_due()
    sweep()
    assert (status(first), status(second)) == (Status.SENT, Status.QUEUED)
    send_due()
    sweep()
    sids = [each["sid"] for each in box.accepts() if each["body"] == "ok"]
    assert sids == [fresh(first).carrier_message_id, fresh(second).carrier_message_id]


def test_the_same_words_of_a_moment_ago_are_not_this_text(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    introduce(people)
    write(people.maya, people.rosa, "ok")
    send_due()
    box.fault(kind="reset", times=1)
    text = write(people.maya, people.rosa, "ok")
    send_due()
    sweep()
    assert (text.attempts.get().looks, fresh(text).carrier_message_id) == (1, "")


def test_the_same_words_of_an_hour_ago_are_not_this_text(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    introduce(people)
    write(people.maya, people.rosa, "ok")
    send_due()
    # so that only the time tells them apart
    Message.objects.update(carrier_message_id="")
    box.fault(kind="reset", times=1)
    text = write(people.maya, people.rosa, "ok")
    send_due()
    text.attempts.update(started_at=timezone.now() + timedelta(hours=1))
    sweep()
    assert (text.attempts.get().looks, fresh(text).carrier_message_id) == (1, "")


def test_a_text_to_another_student_or_of_another_wording_is_not_this_text(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    text = lose_an_answer(people, box, "reset")
    write(people.maya, people.bo)
    write(people.maya, people.rosa, "Other words")
    Attempt.objects.update(started_at=timezone.now() - timedelta(minutes=11))
    send_due()
    Message.objects.exclude(pk=text.pk).update(carrier_message_id="")
    assert len(box.accepts()) == 2
    sweep()
    assert fresh(text).carrier_message_id == ""


def test_a_log_that_cannot_be_read_decides_nothing(
    people: Cast, box: Simulator, twilio: Twilio, number: SystemNumber
) -> None:
    text = lose_an_answer(people, box)
    twilio.auth_token, twilio._client = "no longer ours", None
    for _ in range(5):
        sweep()
    attempt = text.attempts.get()
    assert (status(text), attempt.outcome, attempt.looks) == (
        Status.UNCONFIRMED,
        O.UNKNOWN,
        0,
    )
    twilio.auth_token, twilio._client = "simulator-token", None
    sweep()
    assert (status(text), len(box.accepts())) == (Status.SENT, 1)


@pytest.mark.parametrize(
    "progress",
    [ReceiptProgress.SENT, ReceiptProgress.DELIVERED, ReceiptProgress.UNDELIVERED],
)
def test_a_receipt_brings_the_text_before_the_log_is_read(
    people: Cast, box: Simulator, number: SystemNumber, progress: ReceiptProgress
) -> None:
    text = lose_an_answer(people, box)
    sid = box.accepts()[0]["sid"]
    receipts.apply_receipts_in_order(
        [Receipt(sid, str(text.pk), progress)], now=timezone.now()
    )
    box.fault(kind="reset", on="any")  # so nothing can be asked
    sweep()
    assert (status(text), fresh(text).carrier_message_id) == (Status(progress), sid)
    assert text.attempts.get().outcome == O.ACCEPTED


def test_the_second_look_comes_a_minute_after_the_attempt(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    text = lose_an_answer(people, box, "reset")
    sweep()
    attempt = text.attempts.get()
    assert attempt.next_look_at == attempt.started_at + timedelta(seconds=60)
    reconciliation.settle_unknown_attempts(timestamp=0)
    assert text.attempts.get().looks == 1


def test_a_sweep_that_overtook_another_decides_nothing_twice(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    text = lose_an_answer(people, box, "reset")
    sweep()
    slow = text.attempts.select_related(
        "message__conversation", "message__system_number"
    ).get()
    sweep()
    box.fault(kind="accept_then_500", times=1)
    send_due()
    assert (status(text), fresh(text).due_at, len(box.accepts())) == (
        Status.UNCONFIRMED,
        None,
        1,
    )
    # it had read the log before the text was sent again
    reconciliation._note_absence([slow], now=timezone.now())
    send_due()
    assert len(box.accepts()) == 1


def test_what_cannot_be_learnt_is_left_to_a_person_visibly(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    box.fault(kind="reset", to=people.rosa.mobile)
    text = write(people.maya, people.rosa)
    for _ in range(MAX_ATTEMPTS + 2):
        send_due()
        for _ in range(MAX_LOOKUPS):
            sweep()
    assert (
        text.attempts.filter(outcome=O.NOTHING_FOUND).count()
        == text.attempts.count()
        == MAX_ATTEMPTS
    )
    text = fresh(text)
    assert (text.status, text.detail, text.due_at) == (
        Status.UNCONFIRMED,
        reconciliation.A_PERSON_DECIDES,
        None,
    )
    receipts.apply_receipts_in_order(
        [Receipt("SMlate", str(text.pk), ReceiptProgress.DELIVERED)], now=timezone.now()
    )
    assert (status(text), fresh(text).detail) == (Status.DELIVERED, "")
