"""A number is given back once, wherever it is cut off."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from quadline.carriers import twilio as twilio_module
from quadline.carriers.protocol import NumberProblem, OutcomeUnknown, OwnedNumber
from quadline.carriers.twilio import Twilio
from quadline.numbers.leases import LEASE, LeasedElsewhere
from quadline.numbers.lifecycle import change_state
from quadline.numbers.models import SystemNumber
from quadline.numbers.provisioning import provision_number, request_number
from quadline.numbers.returning import return_number, return_waiting_numbers
from quadline.numbers.rules import NumberState
from tests.cast import Cast
from tests.house import Simulator

pytestmark = pytest.mark.django_db


@pytest.fixture
def number(people: Cast, twilio: Twilio) -> SystemNumber:
    """Maya's, rented at the carrier, and to be given back."""
    number = request_number(
        inbox=people.maya.inbox, actor=people.maya, now=timezone.now()
    )
    provision_number(number_id=number.pk)
    number.refresh_from_db()
    assert change_state(number, NumberState.RELEASING, cause="test", now=timezone.now())
    return number


def returned(number: SystemNumber) -> SystemNumber:
    return_number(number_id=number.pk)
    number.refresh_from_db()
    return number


def test_it_is_taken_out_of_the_service_and_given_back(
    box: Simulator, number: SystemNumber
) -> None:
    returned(number)

    assert (number.state, number.held_until) == (NumberState.RELEASED, None)
    [line] = box.ledger("release")
    assert line["sid"] == number.carrier_number_id
    assert len(box.ledger("detach")) == 1
    assert [event.to_state for event in number.events.all()][-2:] == [
        NumberState.RELEASING,
        NumberState.RELEASED,
    ]
    return_number(number_id=number.pk)
    assert len(box.ledger("release")) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "release_then_500"},
        {"kind": "release_then_hang", "seconds": 0.05},
        {"kind": "release_then_hang", "seconds": 60},
        {"kind": "odd_answer", "on": "services", "at": "done"},
        {"kind": "reset", "on": "services"},
        {"kind": "reset", "on": "numbers"},
        {"kind": "odd_answer", "on": "services"},
    ],
)
def test_a_lost_answer_is_looked_up_and_it_is_given_back_once(
    box: Simulator,
    twilio: Twilio,
    number: SystemNumber,
    fault: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(twilio_module, "ACCOUNT_TIMEOUT_SECONDS", 2.0)
    twilio._client = None  # made again, with that patience
    box.fault(times=1, **fault)
    with pytest.raises(OutcomeUnknown):
        returned(number)
    number.refresh_from_db()
    assert (number.state, number.held_until) == (NumberState.RELEASING, None)

    assert returned(number).state == NumberState.RELEASED
    assert len(box.ledger("release")) == 1


def test_a_crash_before_the_answer_was_saved_is_taken_up(
    box: Simulator, twilio: Twilio, number: SystemNumber
) -> None:
    twilio.release(OwnedNumber(number.phone, number.carrier_number_id))
    # and here the power went

    assert returned(number).state == NumberState.RELEASED
    assert len(box.ledger("release")) == 1


def test_a_crash_between_detaching_and_giving_back_is_taken_up(
    box: Simulator, twilio: Twilio, number: SystemNumber
) -> None:
    twilio.detach(OwnedNumber(number.phone, number.carrier_number_id))

    assert returned(number).state == NumberState.RELEASED
    assert len(box.ledger("release")) == 1


def test_one_whose_purchase_was_never_confirmed_is_looked_for(
    box: Simulator, number: SystemNumber
) -> None:
    SystemNumber.objects.filter(pk=number.pk).update(carrier_number_id="")

    assert returned(number).state == NumberState.RELEASED
    assert len(box.ledger("release")) == 1


def test_one_that_was_never_bought_is_over_at_once(
    box: Simulator, twilio: Twilio, people: Cast
) -> None:
    never = SystemNumber.objects.create(
        inbox=people.theo.inbox,
        state=NumberState.RELEASING,
        requested_at=timezone.now(),
    )
    assert returned(never).state == NumberState.RELEASED
    assert box.ledger("release") == []


def test_it_waits_for_a_worker_that_is_still_at_it(
    box: Simulator, number: SystemNumber
) -> None:
    """One that buys, attaches or gives back just now."""
    held = timezone.now() + LEASE
    SystemNumber.objects.filter(pk=number.pk).update(held_until=held)
    with pytest.raises(LeasedElsewhere):
        returned(number)
    assert box.ledger("release") == []

    SystemNumber.objects.filter(pk=number.pk).update(held_until=timezone.now() - LEASE)
    assert returned(number).state == NumberState.RELEASED


def test_it_is_not_set_up_again_while_it_is_given_back(
    box: Simulator, number: SystemNumber
) -> None:
    SystemNumber.objects.filter(pk=number.pk).update(attached_at=None)
    provision_number(number_id=number.pk)
    number.refresh_from_db()

    assert (number.state, number.attached_at) == (NumberState.RELEASING, None)


def test_one_whose_job_was_lost_is_taken_up(number: SystemNumber) -> None:
    jobs = ProcrastinateJob.objects.filter(task_name="quadline.numbers.return_number")
    for _ in range(2):
        return_waiting_numbers(timestamp=0)
    assert [job.args for job in jobs] == [{"number_id": number.pk}]


def test_a_carrier_that_does_not_answer_is_asked_again(
    number: SystemNumber, reconfigure: Callable[..., None]
) -> None:
    reconfigure(twilio_api_url="http://127.0.0.1:9")
    with pytest.raises(NumberProblem):
        returned(number)
    number.refresh_from_db()
    assert (number.state, number.held_until) == (NumberState.RELEASING, None)
