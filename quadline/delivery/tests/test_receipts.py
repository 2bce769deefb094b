"""Receipts in any order, any number of times, early, late, unknown:
the status ends right and never falls.
"""

import uuid

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from quadline.carriers.protocol import Failure, Receipt, ReceiptProgress
from quadline.carriers.twilio import Twilio
from quadline.consent import ledger
from quadline.conversations.models import Message
from quadline.conversations.rules import RANK, Status
from quadline.delivery.models import Attempt
from quadline.delivery.outcomes.receipts import apply_receipts_in_order
from quadline.delivery.sending import recording
from quadline.delivery.sending.claiming import claim_batch
from quadline.delivery.tests.acts import (
    ago,
    fresh,
    never_fell,
    number_row,
    reply,
    send_due,
    status,
    write,
)
from quadline.numbers.models import SystemNumber
from tests.cast import Cast
from tests.house import Simulator

SID = "SM0001"
ANSWER = "the carrier's own answer"
news = st.lists(st.sampled_from([*ReceiptProgress, ANSWER]), min_size=1, max_size=8)


def sending(people: Cast) -> tuple[Message, Attempt]:
    number_row(people.maya)
    write(people.maya, people.rosa)
    claim = claim_batch(limit=1)[0]
    return claim.message, claim.attempt


def receipt(
    text: Message,
    progress: ReceiptProgress,
    failure: Failure | None = None,
    *,
    sid: str = SID,
    code: str = "",
) -> Receipt:
    return Receipt(sid, str(text.pk), progress, failure, code)


def arrives(
    text: Message,
    progress: ReceiptProgress,
    failure: Failure | None = None,
    *,
    sid: str = SID,
    code: str = "",
) -> bool:
    return not apply_receipts_in_order(
        [receipt(text, progress, failure, sid=sid, code=code)], now=timezone.now()
    )


def right_end(arrived: list[str]) -> Status:
    """Delivered if ever delivered; else the first failure; else sent."""
    failures = [
        each
        for each in arrived
        if each in (ReceiptProgress.UNDELIVERED, ReceiptProgress.FAILED)
    ]
    if ReceiptProgress.DELIVERED in arrived:
        return Status.DELIVERED
    return Status(failures[0]) if failures else Status.SENT


@given(arrived=news)
@how(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_news_in_any_order_and_repetition_ends_right_and_never_falls(
    people: Cast, arrived: list[str]
) -> None:
    with transaction.atomic():
        text, attempt = sending(people)
        stood = RANK[status(text)]
        for each in arrived:
            if each == ANSWER:
                recording.record_accepted(
                    [recording.AcceptedText(text.pk, attempt.pk, SID)],
                    now=timezone.now(),
                )
            else:
                arrives(text, ReceiptProgress(each))
            assert RANK[status(text)] >= stood
            stood = RANK[status(text)]
        assert status(text) == right_end(arrived)
        assert (
            fresh(text).carrier_message_id,
            fresh(text).due_at,
            never_fell(text),
        ) == (SID, None, True)
        assert text.events.filter(cause="receipt").count() == len(
            set(arrived) - {ANSWER}
        )
        transaction.set_rollback(True)


def test_a_receipt_before_the_carriers_answer_is_kept(people: Cast) -> None:
    text, attempt = sending(people)
    assert arrives(text, ReceiptProgress.DELIVERED)
    recording.record_accepted(
        [recording.AcceptedText(text.pk, attempt.pk, SID)], now=timezone.now()
    )
    assert (status(text), fresh(text).carrier_message_id) == (Status.DELIVERED, SID)
    assert fresh(text).sent_at is not None


def test_a_receipt_without_our_reference_is_known_by_the_carriers_id(
    people: Cast,
) -> None:
    text, attempt = sending(people)
    recording.record_accepted(
        [recording.AcceptedText(text.pk, attempt.pk, SID)], now=timezone.now()
    )
    for reference in ("", "not ours", str(uuid.uuid4())):
        assert (
            apply_receipts_in_order(
                [Receipt(SID, reference, ReceiptProgress.DELIVERED)], now=timezone.now()
            )
            == []
        )
    assert status(text) == Status.DELIVERED


@pytest.mark.parametrize(
    "reference", ["", "nonsense", "7f1d7e0e-6e3f-4c5e-9a53-5b0b2d0f7c11", "\x00"]
)
@pytest.mark.parametrize("sid", ["", "SMnobody"])
def test_a_receipt_for_no_text_of_ours_changes_nothing(
    people: Cast, reference: str, sid: str
) -> None:
    text, _ = sending(people)
    stranger = Receipt(sid, reference, ReceiptProgress.FAILED)
    assert apply_receipts_in_order([stranger], now=timezone.now()) == [stranger]
    assert (status(text), text.events.filter(cause="receipt").exists()) == (
        Status.SENDING,
        False,
    )


def test_a_failure_and_then_a_late_delivery_is_delivered_without_a_reason(
    people: Cast,
) -> None:
    text, _ = sending(people)
    arrives(text, ReceiptProgress.UNDELIVERED, Failure.UNREACHABLE, code="30003")
    assert (fresh(text).status, fresh(text).detail, fresh(text).carrier_code) == (
        Status.UNDELIVERED,
        Failure.UNREACHABLE.words,
        "30003",
    )
    arrives(text, ReceiptProgress.DELIVERED)
    text = fresh(text)
    assert (text.status, text.reason, text.detail, text.carrier_code) == (
        Status.DELIVERED,
        "",
        "",
        "",
    )
    assert list(
        text.events.filter(cause="receipt").values_list("to_status", "carrier_code")
    ) == [
        ("undelivered", "30003"),
        ("delivered", ""),
    ]


def test_a_late_failure_is_on_the_timeline_and_changes_nothing(people: Cast) -> None:
    text, _ = sending(people)
    arrives(text, ReceiptProgress.DELIVERED)
    arrives(text, ReceiptProgress.FAILED, Failure.NETWORK, code="30008")
    assert (status(text), fresh(text).detail) == (Status.DELIVERED, "")
    assert (
        text.events.filter(to_status=Status.FAILED, carrier_code="30008").count() == 1
    )


@pytest.mark.parametrize(
    ("failure", "code", "words"),
    [
        *[
            (failure, "30000", failure.words)
            for failure in Failure
            if failure is not Failure.UNKNOWN
        ],
        (
            Failure.UNKNOWN,
            "39999",
            "The carrier gave a reason we do not know. (code 39999)",
        ),
        (Failure.UNKNOWN, "", "The carrier gave a reason we do not know."),
    ],
)
def test_staff_read_why_in_words(
    people: Cast, failure: Failure, code: str, words: str
) -> None:
    text, _ = sending(people)
    arrives(text, ReceiptProgress.UNDELIVERED, failure, code=code)
    assert (fresh(text).reason, fresh(text).detail) == (failure.name.lower(), words)


def test_a_failure_for_an_opt_out_teaches_the_ledger_once(people: Cast) -> None:
    text, _ = sending(people)
    for _ in range(2):
        arrives(text, ReceiptProgress.FAILED, Failure.OPTED_OUT, code="21610")
    assert len(ledger.history(people.rosa.mobile, ["+17345550200"])) == 1
    assert ledger.is_opted_out((people.rosa.mobile, "+17345550200"))


def test_a_failure_that_is_heard_of_after_a_start_does_not_undo_it(
    people: Cast,
) -> None:
    """The carrier had refused the text before the student wrote
    START; nobody told us until now.
    """
    text, _ = sending(people)
    for word, minutes in (("STOP", 2), ("START", 1)):
        reply(people.rosa.mobile, "+17345550200", word, said_at=ago(minutes=minutes))
    arrives(text, ReceiptProgress.FAILED, Failure.OPTED_OUT, code="21610")

    assert not ledger.is_opted_out((people.rosa.mobile, "+17345550200"))


@pytest.mark.parametrize("closed", [Status.BLOCKED, Status.CANCELLED])
def test_a_text_that_never_left_is_not_moved(people: Cast, closed: Status) -> None:
    text, _ = sending(people)
    Message.objects.filter(pk=text.pk).update(status=closed)
    arrives(text, ReceiptProgress.DELIVERED)
    assert status(text) == closed


def test_a_receipt_that_names_another_texts_id_does_not_take_it(people: Cast) -> None:
    text, attempt = sending(people)
    other = write(people.maya, people.bo)
    recording.record_accepted(
        [recording.AcceptedText(other.pk, attempt.pk, SID)], now=timezone.now()
    )
    assert arrives(text, ReceiptProgress.DELIVERED)
    assert (fresh(other).carrier_message_id, fresh(text).carrier_message_id) == (
        SID,
        "",
    )
    assert status(text) == Status.DELIVERED


@pytest.mark.parametrize(
    ("fault", "end", "words"),
    [
        ({"kind": "stuck_text"}, Status.SENT, ""),
        ({"kind": "unreachable"}, Status.UNDELIVERED, Failure.UNREACHABLE.words),
        ({"kind": "fail", "code": 30007}, Status.UNDELIVERED, Failure.FILTERED.words),
        (
            {"kind": "fail", "code": 30001, "status": "failed"},
            Status.FAILED,
            Failure.TOO_MANY.words,
        ),
        (
            {"kind": "fail", "code": 31337},
            Status.UNDELIVERED,
            f"{Failure.UNKNOWN.words} (code 31337)",
        ),
    ],
)
def test_what_the_carrier_says_of_a_text_is_what_staff_read(
    people: Cast,
    box: Simulator,
    twilio: Twilio,
    number: SystemNumber,
    fault: dict[str, object],
    end: Status,
    words: str,
) -> None:
    box.fault(**fault)
    text = write(people.maya, people.rosa)
    send_due()
    box.fast_forward()
    # newest first, as the worst network would bring them
    for step in reversed(box.ledger("status")):
        form = {
            "MessageSid": step["sid"],
            "MessageStatus": step["status"],
            "ErrorCode": str(step["error_code"] or ""),
        }
        told = twilio.read_receipt({**form, "ref": str(text.pk)})
        if told:
            apply_receipts_in_order([told], now=timezone.now())
    assert (status(text), fresh(text).detail) == (end, words)
