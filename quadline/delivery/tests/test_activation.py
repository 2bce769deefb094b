"""A number becomes active by the carrier's news or by a probe,
and what waited for it goes out.
"""

from datetime import timedelta
from functools import partial

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone
from pytest_django import Settings

from quadline.carriers.protocol import Failure, Receipt, ReceiptProgress, Registration
from quadline.carriers.twilio import Twilio
from quadline.conversations.rules import Status
from quadline.delivery.outcomes import receipts
from quadline.delivery.sending import sender
from quadline.delivery.tests.acts import (
    jobs,
    number_row,
    rent,
    run,
    send_due,
    status,
    write,
)
from quadline.numbers import alerts
from quadline.numbers.activation import apply_registration
from quadline.numbers.models import Probe, SystemNumber
from quadline.numbers.probing import PROBE_AFTER, probe_quiet_registrations
from quadline.numbers.rules import NumberState
from tests.cast import Cast
from tests.house import Simulator

PENDING, REGISTERED, FAILED = None, True, False
CAMPUS_MOBILE = "+17345550111"


@pytest.fixture
def registering(people: Cast) -> SystemNumber:
    return number_row(people.maya, state=NumberState.REGISTERING)


def hear(number: SystemNumber, news: bool | None, reason: str = "") -> bool:
    told = Registration("EZ1", number.phone, number.carrier_number_id, news, reason)
    return apply_registration(told, now=timezone.now()) is not None


@pytest.mark.parametrize(
    ("news", "state"),
    [
        ([PENDING], NumberState.REGISTERING),
        ([PENDING, REGISTERED], NumberState.ACTIVE),
        ([REGISTERED, PENDING], NumberState.ACTIVE),
        ([REGISTERED, REGISTERED], NumberState.ACTIVE),
        ([PENDING, FAILED, PENDING], NumberState.FAILED),
        ([FAILED, FAILED], NumberState.FAILED),
        ([FAILED, REGISTERED], NumberState.ACTIVE),
        ([REGISTERED, FAILED], NumberState.ACTIVE),  # late: the number has sent since
    ],
)
def test_news_may_come_in_any_order_and_twice(
    registering: SystemNumber, news: list[bool | None], state: NumberState
) -> None:
    assert [hear(registering, each) for each in news] == [True] * len(news)
    registering.refresh_from_db()
    assert registering.state == state
    assert len(jobs(alerts.email_number_active)) == (state == NumberState.ACTIVE)
    assert len(jobs(alerts.email_number_failed)) == (
        FAILED in news and news[0] is not REGISTERED
    )


@pytest.mark.parametrize("carrier_number_id", ["", "PNnobody"])
@pytest.mark.parametrize("news", [PENDING, REGISTERED, FAILED])
def test_news_of_a_number_that_is_not_ours_changes_nothing(
    people: Cast, registering: SystemNumber, carrier_number_id: str, news: bool | None
) -> None:
    # asks for a number: a row that the carrier has given no id yet
    write(people.theo, people.kim)
    before = list(SystemNumber.objects.order_by("pk").values_list("state", flat=True))
    assert not apply_registration(
        Registration("EZ1", "+17345550298", carrier_number_id, news), now=timezone.now()
    )
    assert (
        list(SystemNumber.objects.order_by("pk").values_list("state", flat=True))
        == before
        == ["registering", "requested"]
    )


@pytest.mark.parametrize("state", [NumberState.RESTING, NumberState.RELEASED])
def test_news_of_a_number_that_was_given_up_changes_nothing(
    registering: SystemNumber, state: NumberState
) -> None:
    SystemNumber.objects.update(state=state)
    assert not hear(registering, REGISTERED)
    assert SystemNumber.objects.get().state == state


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("Campaign suspended", "Campaign suspended."),
        ("", "no reason given."),
        ("long " * 200, "long long"),
    ],
)
def test_a_failed_registration_says_why(
    registering: SystemNumber, reason: str, words: str
) -> None:
    hear(registering, FAILED, reason)
    registering.refresh_from_db()
    assert registering.reason.startswith(
        f"The networks refused to register the number: {words}"
    )
    assert (
        registering.events.get(to_state=NumberState.FAILED).cause == registering.reason
    )


def test_what_waited_for_the_number_goes_out_when_it_is_active(
    people: Cast, box: Simulator, twilio: Twilio
) -> None:
    texts = [write(people.maya, student) for student in (people.rosa, people.bo)]
    number = rent(people.maya, active=False)
    send_due()
    assert [status(text) for text in texts] == [Status.WAITING] * 2
    hear(number, REGISTERED)
    send_due()
    assert [each["to"] for each in box.accepts(sender=number.phone)] == [
        people.rosa.mobile,
        people.bo.mobile,
    ]
    assert [status(text) for text in texts] == [Status.SENT] * 2
    hear(number, REGISTERED)
    send_due()
    assert len(box.accepts()) == 2


def probe() -> None:
    run(partial(sync_to_async(probe_quiet_registrations), timestamp=0))


@pytest.fixture
def quiet(people: Cast, twilio: Twilio, settings: Settings) -> SystemNumber:
    """A number that has been registering for an hour without news, at a
    college that named a phone of its own.
    """
    settings.ENV = settings.ENV.model_copy(
        update={"registration_probe_to": CAMPUS_MOBILE}
    )
    number = rent(people.maya, active=False)
    SystemNumber.objects.update(
        registering_at=timezone.now() - PROBE_AFTER - timedelta(minutes=1)
    )
    return number


def test_a_number_without_news_is_probed_once_an_hour(
    box: Simulator, quiet: SystemNumber
) -> None:
    for _ in range(2):
        probe()
    accepts = box.accepts()
    assert [(each["from"], each["to"]) for each in accepts] == [
        (quiet.phone, CAMPUS_MOBILE)
    ]
    assert f"ref=probe-{Probe.objects.get().pk}" in accepts[0]["status_callback"]
    Probe.objects.update(started_at=timezone.now() - PROBE_AFTER)
    probe()
    assert len(box.accepts()) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"state": NumberState.ACTIVE},
        {"state": NumberState.FAILED},
        {"attached_at": None},
    ],
)
def test_no_other_number_is_probed(
    box: Simulator, quiet: SystemNumber, changes: dict[str, object]
) -> None:
    SystemNumber.objects.update(**changes)
    probe()
    assert box.accepts() == []


def test_a_number_that_may_have_news_yet_is_not_probed(
    box: Simulator, quiet: SystemNumber
) -> None:
    recently = timezone.now() - PROBE_AFTER + timedelta(minutes=30)
    SystemNumber.objects.update(registering_at=recently)
    probe()
    assert box.accepts() == []


def test_without_a_phone_to_probe_nothing_is_sent(
    box: Simulator, quiet: SystemNumber, settings: Settings
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"registration_probe_to": ""})
    probe()
    assert box.accepts() == []


@pytest.mark.parametrize(
    ("progress", "failure", "state"),
    [
        (ReceiptProgress.SENT, None, NumberState.REGISTERING),
        (ReceiptProgress.DELIVERED, None, NumberState.ACTIVE),
        # the networks took it; the phone was off
        (ReceiptProgress.UNDELIVERED, Failure.UNREACHABLE, NumberState.ACTIVE),
        (ReceiptProgress.UNDELIVERED, Failure.NETWORK, NumberState.ACTIVE),
        (ReceiptProgress.UNDELIVERED, Failure.NOT_REGISTERED, NumberState.REGISTERING),
        (ReceiptProgress.FAILED, Failure.NOT_SET_UP, NumberState.REGISTERING),
        (ReceiptProgress.UNDELIVERED, Failure.UNKNOWN, NumberState.REGISTERING),
    ],
)
def test_what_became_of_a_probe_says_whether_the_number_is_known(
    registering: SystemNumber,
    progress: ReceiptProgress,
    failure: Failure | None,
    state: NumberState,
) -> None:
    sent = Probe.objects.create(number=registering, started_at=timezone.now())
    for _ in range(2):
        assert not receipts.apply_receipts_in_order(
            [Receipt("SM1", f"probe-{sent.pk}", progress, failure, "30000")],
            now=timezone.now(),
        )
    registering.refresh_from_db()
    assert registering.state == state
    assert len(jobs(alerts.email_number_active)) == (state == NumberState.ACTIVE)
    assert bool(jobs(sender.send_due_texts)) == (state == NumberState.ACTIVE)
    sent.refresh_from_db()
    assert sent.outcome == (
        "" if progress is ReceiptProgress.SENT else f"{progress} 30000"
    )


@pytest.mark.parametrize(
    "reference", ["probe-0", "probe-", "probe-x", "probe-99999999999999999999"]
)
def test_news_of_an_unknown_probe_changes_nothing(
    registering: SystemNumber, reference: str
) -> None:
    receipts.apply_receipts_in_order(
        [Receipt("SM1", reference, ReceiptProgress.DELIVERED)], now=timezone.now()
    )
    registering.refresh_from_db()
    assert registering.state == NumberState.REGISTERING
