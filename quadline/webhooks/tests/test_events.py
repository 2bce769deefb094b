"""What the carrier says is kept once, raw, and applied once: texts and
registrations at once, receipts by the worker.
"""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from quadline.consent import ledger
from quadline.consent.models import ConsentEntry
from quadline.conversations.models import Message, MessageEvent
from quadline.conversations.rules import Status
from quadline.delivery.sending.sender import send_due_texts
from quadline.delivery.tests.acts import fresh, jobs, status, write
from quadline.numbers import alerts
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState
from quadline.webhooks import events
from quadline.webhooks.models import CarrierEvent
from quadline.webhooks.tests.conftest import Caller
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)
INBOUND, STATUS, EVENTS = (
    f"/webhooks/twilio/{kind}" for kind in ("inbound", "status", "events")
)
REGISTRATION = "com.twilio.messaging.compliance.number-registration"


def receipt(text: Message, progress: str, **more: str) -> tuple[str, dict[str, str]]:
    return f"{STATUS}?ref={text.pk}", {
        "MessageSid": f"SM{text.pk.hex}",
        "MessageStatus": progress,
        **more,
    }


def registration(
    number: SystemNumber, ending: str, key: str = "EZ1", **data: object
) -> dict[str, object]:
    facts = {
        "phonenumber": number.phone,
        "phonenumbersid": number.carrier_number_id,
        **data,
    }
    return {"type": f"{REGISTRATION}.{ending}", "id": key, "data": facts}


def results() -> list[str]:
    return list(CarrierEvent.objects.order_by("pk").values_list("result", flat=True))


def test_a_text_is_filed_when_we_answer_and_once_however_often_it_comes(
    carrier: Caller, committed_people: Cast, number: SystemNumber
) -> None:
    rosa = committed_people.rosa
    for _ in range(3):
        heard = carrier.post(
            INBOUND,
            {
                "MessageSid": "SM1",
                "From": rosa.mobile,
                "To": number.phone,
                "Body": "Stop",
            },
        )
        assert (heard.status, heard.headers["content-type"]) == (
            200,
            "text/xml; charset=utf-8",
        )
        assert heard.body.endswith("<Response/>")
    event = CarrierEvent.objects.get()
    assert (event.key, event.result, event.content["Body"]) == ("SM1", "filed", "Stop")
    assert (Message.objects.count(), ConsentEntry.objects.count()) == (1, 1)
    assert ledger.is_opted_out((rosa.mobile, number.phone))


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("hi\x00 there", "hi there"),
        ("the path is \\u0000 or \\ud800", "the path is \\u0000 or \\ud800"),
        ("\U0001f393" * 1600, "\U0001f393" * 1600),
        ("a=b&c=d+e%20%zz", "a=b&c=d+e%20%zz"),
        (" kept blanks", " kept blanks"),
        ("", ""),
    ],
)
def test_any_words_of_a_student_are_kept(
    carrier: Caller, committed_people: Cast, number: SystemNumber, body: str, kept: str
) -> None:
    form = {
        "MessageSid": "SM1",
        "From": committed_people.rosa.mobile,
        "To": number.phone,
        "Body": body,
        "New\x00Field": "\x00",
    }
    assert carrier.post(INBOUND, form).status == 200
    assert Message.objects.get().body == kept
    assert CarrierEvent.objects.get().content["Body"] == body.replace("\x00", "")


def test_a_stop_with_a_nul_byte_is_a_stop(
    carrier: Caller, committed_people: Cast, number: SystemNumber
) -> None:
    rosa = committed_people.rosa
    assert (
        carrier.post(
            INBOUND,
            {
                "MessageSid": "SM1",
                "From": rosa.mobile,
                "To": number.phone,
                "Body": "STOP\x00",
            },
        ).status
        == 200
    )
    assert ledger.is_opted_out((rosa.mobile, number.phone))


def test_a_text_to_a_number_that_is_not_ours_is_kept_as_proof_only(
    carrier: Caller, committed_people: Cast
) -> None:
    form = {
        "MessageSid": "SM1",
        "From": committed_people.rosa.mobile,
        "To": "+17345550298",
        "Body": "STOP",
    }
    assert carrier.post(INBOUND, form).status == 200
    assert (results(), Message.objects.count(), ConsentEntry.objects.count()) == (
        ["to a number that is not ours"],
        0,
        0,
    )


def test_a_receipt_is_kept_at_once_and_applied_once_by_the_worker(
    carrier: Caller, committed_people: Cast, number: SystemNumber
) -> None:
    text = write(committed_people.maya, committed_people.rosa)
    for progress in ("sent", "sent", "delivered", "sent", "delivered", "queued"):
        assert carrier.post(*receipt(text, progress)).status == 200
    assert (results(), status(text)) == (["", "", ""], Status.QUEUED)
    assert len(jobs(events.apply_receipts)) >= 1
    events.apply_receipts()
    assert results() == ["applied", "applied", "a step on the way"]
    assert (status(text), fresh(text).carrier_message_id) == (
        Status.DELIVERED,
        f"SM{text.pk.hex}",
    )
    enqueued = len(jobs(events.apply_receipts))
    carrier.post(*receipt(text, "delivered"))
    events.apply_receipts()
    assert (
        len(jobs(events.apply_receipts)),
        MessageEvent.objects.filter(cause="receipt").count(),
    ) == (enqueued, 2)


def test_the_reference_in_the_address_finds_the_text(
    carrier: Caller, committed_people: Cast, number: SystemNumber
) -> None:
    text = write(committed_people.maya, committed_people.rosa)
    carrier.post(
        *receipt(text, "undelivered", ErrorCode="30003", MessageSid="SMnever seen")
    )
    events.apply_overdue_receipts(timestamp=0)
    assert (status(text), fresh(text).carrier_code) == (Status.UNDELIVERED, "30003")


def test_a_receipt_about_no_text_of_ours_is_kept_and_said_so(
    carrier: Caller, committed_people: Cast
) -> None:
    carrier.post(
        f"{STATUS}?ref={uuid.uuid4()}",
        {"MessageSid": "SM1", "MessageStatus": "delivered"},
    )
    events.apply_receipts()
    assert results() == ["about no text of ours"]


def test_a_receipt_that_cannot_be_applied_keeps_back_no_other(
    carrier: Caller, committed_people: Cast, number: SystemNumber
) -> None:
    first, second = (
        write(committed_people.maya, committed_people.rosa) for _ in range(2)
    )
    # longer than any code we can keep
    carrier.post(*receipt(first, "failed", ErrorCode="9" * 50))
    carrier.post(*receipt(second, "delivered"))
    events.apply_receipts()
    assert results() == ["could not be applied", "applied"]
    assert (status(first), status(second)) == (Status.QUEUED, Status.DELIVERED)


def test_receipts_that_do_not_go_together_are_applied_alone(
    carrier: Caller, committed_people: Cast, number: SystemNumber
) -> None:
    first, second, other = (
        write(committed_people.maya, committed_people.rosa) for _ in range(3)
    )
    carrier.post(*receipt(first, "sent", MessageSid="SM1"))
    # one id for two texts
    carrier.post(*receipt(second, "delivered", MessageSid="SM1"))
    carrier.post(*receipt(other, "delivered"))
    events.apply_receipts()
    assert results() == ["applied", "applied", "applied"]
    assert [status(text) for text in (first, second, other)] == [
        Status.SENT,
        Status.DELIVERED,
        Status.DELIVERED,
    ]
    assert [fresh(text).carrier_message_id for text in (first, second)] == ["SM1", ""]


def test_more_receipts_than_a_batch_are_all_applied(
    committed_people: Cast, number: SystemNumber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "RECEIPT_BATCH", 2)
    for index in range(5):
        CarrierEvent.objects.create(
            carrier="twilio",
            kind=CarrierEvent.Kind.STATUS,
            key=str(index),
            content={},
            received_at=timezone.now(),
        )
    events.apply_receipts()
    assert set(results()) == {"a step on the way"}


def test_a_registration_is_applied_when_we_answer_and_once_however_often_it_comes(
    carrier: Caller, committed_people: Cast, number: SystemNumber
) -> None:
    SystemNumber.objects.update(state=NumberState.REGISTERING)
    for _ in range(3):
        assert (
            carrier.post_json(EVENTS, [registration(number, "successful")]).status
            == 200
        )
    number.refresh_from_db()
    assert (number.state, results(), len(jobs(alerts.email_number_active))) == (
        NumberState.ACTIVE,
        ["applied"],
        1,
    )
    assert len(jobs(send_due_texts)) == 1  # what waited for the number


def test_several_registrations_in_one_call_are_all_applied(
    carrier: Caller, committed_people: Cast, number: SystemNumber
) -> None:
    SystemNumber.objects.update(state=NumberState.REGISTERING)
    news = [
        registration(number, "pending", "EZ1"),
        registration(number, "failed", "EZ2", failurereason="No \x00\ud800campaign"),
    ]
    other = {
        **registration(number, "failed", "EZ3"),
        "data": {"phonenumbersid": "PNnobody"},
    }
    assert carrier.post_json(EVENTS, [*news, other]).status == 200
    number.refresh_from_db()
    assert results() == ["applied", "applied", "about a number that is not ours"]
    assert (number.state, number.reason) == (
        NumberState.FAILED,
        "The networks refused to register the number: No campaign.",
    )


def test_events_are_dropped_only_when_applied_and_old(committed_people: Cast) -> None:
    now = timezone.now()
    for key, applied_at in (
        ("old", now - timedelta(days=91)),
        ("new", now),
        ("unapplied", None),
    ):
        CarrierEvent.objects.create(
            carrier="twilio",
            kind="status",
            key=key,
            content={},
            received_at=now - timedelta(days=200),
            applied_at=applied_at,
        )
    events.drop_old_events(timestamp=0)
    assert set(CarrierEvent.objects.values_list("key", flat=True)) == {
        "new",
        "unapplied",
    }
