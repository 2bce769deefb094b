"""One number per user, bought once: from a first text to a rented
number, whatever the carrier answers.
"""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from quadline.audit.models import AuditEntry
from quadline.carriers import twilio as twilio_module
from quadline.carriers.protocol import NumberTaken, OutcomeUnknown
from quadline.carriers.twilio import Twilio
from quadline.carriers.twilio_answers import number_problem as problem_of
from quadline.numbers.leases import LeasedElsewhere
from quadline.numbers.lifecycle import change_state
from quadline.numbers.models import NumberEvent, SystemNumber
from quadline.numbers.provisioning import (
    provision_number,
    provision_waiting_numbers,
    request_number,
    search_areas,
    try_again,
)
from quadline.numbers.rules import NumberState
from tests.cast import Cast
from tests.house import Simulator

pytestmark = pytest.mark.django_db
Reconfigure = Callable[..., None]
AREA_CODES_OF_THE_COLLEGE = ["734", "313"]


@pytest.fixture
def number(people: Cast) -> SystemNumber:
    """Maya's number, asked for and not looked at yet."""
    return request_number(
        inbox=people.maya.inbox, actor=people.maya, now=timezone.now()
    )


def provisioned(number: SystemNumber) -> SystemNumber:
    provision_number(number_id=number.pk)
    number.refresh_from_db()
    return number


def jobs_for(number: SystemNumber) -> int:
    return ProcrastinateJob.objects.filter(
        task_name__endswith="provision_number", args={"number_id": number.pk}
    ).count()


def test_the_first_text_asks_for_a_number_and_every_other_gets_the_same(
    people: Cast,
) -> None:
    first = request_number(
        inbox=people.maya.inbox, actor=people.maya, now=timezone.now()
    )
    again = request_number(
        inbox=people.maya.inbox, actor=people.maya, now=timezone.now()
    )

    assert first == again
    assert SystemNumber.objects.get().state == NumberState.REQUESTED
    assert jobs_for(first) == 1
    assert AuditEntry.objects.get(subject_type="systemnumber").actor == people.maya
    assert (
        request_number(inbox=people.theo.inbox, actor=people.theo, now=timezone.now())
        != first
    )


def test_a_number_is_bought_attached_and_tagged_with_our_reference(
    box: Simulator, twilio: Twilio, number: SystemNumber
) -> None:
    provisioned(number)

    [purchase] = box.purchases()
    assert (number.state, number.phone, number.carrier_number_id) == (
        NumberState.REGISTERING,
        purchase["phone_number"],
        purchase["sid"],
    )
    assert number.phone.startswith("+1734")
    assert purchase["friendly_name"] == f"quadline {number.reference}"
    assert [line["phone_number"] for line in box.ledger("attach")] == [number.phone]
    assert None not in (number.ordering_at, number.registering_at, number.attached_at)
    assert number.held_until is None
    assert [event.to_state for event in NumberEvent.objects.all()] == [
        NumberState.REQUESTED,
        NumberState.ORDERING,
        NumberState.REGISTERING,
    ]


def test_provisioning_twice_buys_once(
    box: Simulator, twilio: Twilio, number: SystemNumber
) -> None:
    for _ in range(3):
        provisioned(number)

    assert len(box.purchases()) == len(box.ledger("attach")) == 1


@pytest.mark.parametrize(
    "how",
    [
        {"then": "close", "seconds": 0.05},
        {"then": "500", "seconds": 0.05},
        {"seconds": 60},
    ],
)
def test_a_purchase_whose_answer_hangs_is_adopted(
    box: Simulator,
    twilio: Twilio,
    number: SystemNumber,
    how: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(twilio_module, "ACCOUNT_TIMEOUT_SECONDS", 2.0)
    box.fault(kind="purchase_then_hang", times=1, **how)
    with pytest.raises(OutcomeUnknown):
        provisioned(number)
    number.refresh_from_db()
    assert (number.state, number.carrier_number_id) == (NumberState.ORDERING, "")

    provisioned(number)
    assert (number.state, [number.phone]) == (
        NumberState.REGISTERING,
        [line["phone_number"] for line in box.purchases()],
    )


def test_a_purchase_that_is_answered_with_500_is_adopted(
    box: Simulator, twilio: Twilio, number: SystemNumber
) -> None:
    box.fault(kind="purchase_then_500", times=1)
    with pytest.raises(OutcomeUnknown):
        provisioned(number)
    number.refresh_from_db()
    assert number.reason == "The carrier had a fault of its own."

    provisioned(number)
    assert (number.state, number.reason) == (NumberState.REGISTERING, "")
    assert [line["phone_number"] for line in box.purchases()] == [number.phone]


@pytest.mark.parametrize("state", [NumberState.REQUESTED, NumberState.ORDERING])
def test_a_crash_between_buying_and_saving_is_adopted(
    box: Simulator, twilio: Twilio, number: SystemNumber, state: NumberState
) -> None:
    [chosen, *_] = twilio.search(search_areas()[0])
    SystemNumber.objects.filter(pk=number.pk).update(
        state=state, phone=chosen if state is NumberState.ORDERING else ""
    )
    # and here the power went
    bought = twilio.buy(chosen, reference=str(number.reference))

    provisioned(number)
    assert (number.phone, number.carrier_number_id) == (
        bought.phone,
        bought.carrier_number_id,
    )
    assert len(box.purchases()) == 1


def test_a_crash_between_attaching_and_saving_is_taken_up(
    box: Simulator, twilio: Twilio, number: SystemNumber
) -> None:
    provisioned(number)
    SystemNumber.objects.filter(pk=number.pk).update(attached_at=None)

    assert provisioned(number).attached_at is not None
    assert len(box.ledger("attach")) == 1


def test_a_number_that_someone_else_took_is_given_up_for_another(
    box: Simulator, twilio: Twilio, number: SystemNumber
) -> None:
    box.fault(kind="someone_took_it", times=1)
    with pytest.raises(NumberTaken):
        provisioned(number)
    number.refresh_from_db()
    assert (number.state, number.phone) == (NumberState.ORDERING, "")

    assert provisioned(number).state == NumberState.REGISTERING
    assert len(box.purchases()) == 1


def test_a_number_that_is_another_users_already_is_not_chosen(
    box: Simulator, twilio: Twilio, people: Cast
) -> None:
    offered = set(twilio.search(search_areas()[0]))
    kept = offered.pop()
    for index, phone in enumerate(sorted(offered)):
        SystemNumber.objects.create(
            inbox=people.omar.inbox,
            phone=phone,
            state=NumberState.RELEASING,
            requested_at=timezone.now(),
            carrier_number_id=f"PN{index}",
        )

    assert (
        provisioned(
            request_number(
                inbox=people.maya.inbox, actor=people.maya, now=timezone.now()
            )
        ).phone
        == kept
    )


@pytest.mark.parametrize(
    ("empty", "changes", "begins"),
    [
        (["734"], {}, "+1313"),
        (["734", "313"], {}, "+1616"),  # near the main campus line
        (["734", "313"], {"college_phone": "+12125550100"}, "+1212"),
        (["734", "313"], {"college_phone": ""}, "+1616"),  # anywhere in the region
        ([], {"college_area_codes": " 313 , 734 "}, "+1313"),
        (
            [],
            {"college_area_codes": "", "college_phone": "", "college_region": "OH"},
            "+1614",
        ),
    ],
)
def test_numbers_are_looked_for_from_the_campus_outwards(
    box: Simulator,
    reconfigure: Reconfigure,
    number: SystemNumber,
    empty: list[str],
    changes: dict[str, str],
    begins: str,
) -> None:
    box.settings(empty_area_codes=empty)
    reconfigure(**changes)

    assert provisioned(number).phone.startswith(begins)
    box.settings(empty_area_codes=[])


def test_when_there_is_no_number_anywhere_the_administrators_are_told(
    box: Simulator,
    twilio: Twilio,
    people: Cast,
    number: SystemNumber,
    run_letters: Callable[[], int],
) -> None:
    box.fault(kind="search_empty")
    provisioned(number)

    assert (number.state, number.reason) == (
        NumberState.FAILED,
        "The carrier has no number left near the college.",
    )
    assert run_letters() == 1
    [letter] = mail.outbox
    assert letter.to == [people.ada.email]
    assert "Maya Alvarez" in letter.subject
    assert "The carrier has no number left near the college." in letter.body
    assert "/manage/numbers/" in letter.body
    assert letter.extra_headers["Auto-Submitted"] == "auto-generated"


def test_a_full_messaging_service_fails_in_words_and_keeps_what_was_bought(
    box: Simulator,
    twilio: Twilio,
    number: SystemNumber,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Twilio, "attach", refuse_as_full)
        provisioned(number)
    assert (number.state, number.reason) == (
        NumberState.FAILED,
        "The Messaging Service is full; it holds no more numbers.",
    )
    assert number.phone == box.purchases()[0]["phone_number"]


def refuse_as_full(self: Twilio, owned: object) -> None:
    raise problem_of(400, "21714")


def test_a_service_that_is_not_set_fails_in_words(
    box: Simulator, reconfigure: Reconfigure, number: SystemNumber
) -> None:
    reconfigure(twilio_messaging_service_sid="")

    assert (provisioned(number).state, number.reason) == (
        NumberState.FAILED,
        "TWILIO_MESSAGING_SERVICE_SID is not set.",
    )


def test_a_token_that_the_carrier_refuses_fails_in_words(
    reconfigure: Reconfigure, number: SystemNumber
) -> None:
    reconfigure(twilio_auth_token="an old one")

    assert (provisioned(number).state, number.reason) == (
        NumberState.FAILED,
        "The carrier did not accept our account or token.",
    )


def test_a_carrier_that_does_not_answer_is_asked_again_later(
    reconfigure: Reconfigure, number: SystemNumber
) -> None:
    reconfigure(twilio_api_url="http://127.0.0.1:9")
    with pytest.raises(OutcomeUnknown):
        provisioned(number)

    number.refresh_from_db()
    assert (number.state, number.reason, number.held_until) == (
        NumberState.REQUESTED,
        "The carrier did not answer.",
        None,
    )


@pytest.mark.parametrize("body", ["error", "page", "object", "another"])
def test_an_answer_that_does_not_say_attached_leaves_a_reason_and_is_asked_again(
    box: Simulator, twilio: Twilio, number: SystemNumber, body: str
) -> None:
    box.fault(kind="odd_answer", on="services", body=body, times=1)
    with pytest.raises(OutcomeUnknown):
        provision_number(number_id=number.pk)
    number.refresh_from_db()
    assert (number.state, number.attached_at) == (NumberState.REGISTERING, None)
    assert number.reason == "The carrier's answer could not be read."

    assert provisioned(number).attached_at
    assert number.reason == ""
    assert len(box.ledger("attach")) == 1
    assert len(box.purchases()) == 1


def test_trying_again_adopts_what_was_bought(
    box: Simulator,
    twilio: Twilio,
    people: Cast,
    number: SystemNumber,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Twilio, "attach", refuse_as_full)
        provisioned(number)

    assert try_again(number=number, actor=people.ada, now=timezone.now())
    assert provisioned(number).state == NumberState.REGISTERING
    assert number.attached_at is not None
    assert len(box.purchases()) == 1
    assert (
        AuditEntry.objects.filter(actor=people.ada, action="number registering").count()
        == 1
    )


def test_trying_again_after_the_networks_refused_it_registers_it_again(
    box: Simulator, twilio: Twilio, people: Cast, number: SystemNumber
) -> None:
    provisioned(number)
    change_state(
        number, NumberState.FAILED, cause="the networks refused it", now=timezone.now()
    )

    assert try_again(number=number, actor=people.ada, now=timezone.now())
    assert provisioned(number).attached_at is not None
    assert len(box.ledger("attach")) == 2
    assert len(box.purchases()) == 1


def test_trying_again_after_nothing_was_found_looks_again(
    box: Simulator, twilio: Twilio, people: Cast, number: SystemNumber
) -> None:
    box.fault(kind="search_empty")
    provisioned(number)
    box.clear_faults()

    assert try_again(number=number, actor=people.ada, now=timezone.now())
    assert provisioned(number).state == NumberState.REGISTERING


@pytest.mark.parametrize(
    "state", [state for state in NumberState if state is not NumberState.FAILED]
)
def test_only_a_failed_number_is_tried_again(
    people: Cast, number: SystemNumber, state: NumberState
) -> None:
    SystemNumber.objects.filter(pk=number.pk).update(
        state=state, carrier_number_id="PN1", phone="+17349990001"
    )

    assert not try_again(number=number, actor=people.ada, now=timezone.now())
    number.refresh_from_db()
    assert number.state == state
    assert jobs_for(number) == 1


def test_a_number_that_another_worker_holds_comes_back_later(
    box: Simulator, twilio: Twilio, number: SystemNumber
) -> None:
    SystemNumber.objects.filter(pk=number.pk).update(
        held_until=timezone.now() + timedelta(seconds=20)
    )

    with pytest.raises(LeasedElsewhere):
        provision_number(number_id=number.pk)
    assert box.ledger("search") == []


def test_the_hold_of_a_dead_worker_runs_out(
    box: Simulator, twilio: Twilio, number: SystemNumber
) -> None:
    SystemNumber.objects.filter(pk=number.pk).update(
        held_until=timezone.now() - timedelta(seconds=1)
    )

    assert provisioned(number).state == NumberState.REGISTERING


@pytest.mark.parametrize(
    ("left", "is_taken_up"),
    [
        ({"state": NumberState.REQUESTED}, True),
        ({"state": NumberState.ORDERING}, True),
        ({"state": NumberState.REGISTERING}, True),
        ({"state": NumberState.REGISTERING, "attached_at": timedelta(0)}, False),
        ({"state": NumberState.ACTIVE}, False),
        ({"state": NumberState.FAILED}, False),
        ({"state": NumberState.RESTING}, False),
        ({"state": NumberState.REQUESTED, "held_until": timedelta(minutes=1)}, False),
        ({"state": NumberState.REQUESTED, "held_until": timedelta(minutes=-1)}, True),
        # its own job is under way
        ({"state": NumberState.REQUESTED, "requested_at": timedelta(0)}, False),
    ],
)
def test_a_number_whose_job_was_lost_is_taken_up(
    people: Cast, left: dict[str, object], is_taken_up: bool
) -> None:
    now = timezone.now()
    fields = {
        name: now + value if isinstance(value, timedelta) else value
        for name, value in left.items()
    }
    number = SystemNumber.objects.create(
        inbox=people.maya.inbox,
        **{"requested_at": now - timedelta(minutes=5), **fields},
    )
    provision_waiting_numbers(timestamp=0)

    assert jobs_for(number) == (1 if is_taken_up else 0)


def test_a_reference_is_nobody_elses(people: Cast, number: SystemNumber) -> None:
    other = request_number(
        inbox=people.theo.inbox, actor=people.theo, now=timezone.now()
    )

    assert isinstance(number.reference, uuid.UUID)
    assert number.reference != other.reference
