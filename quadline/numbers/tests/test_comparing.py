"""The carrier's numbers beside ours, with the real adapter: what is found, what one click
repairs, and that nothing is bought or given back because of it.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from quadline.audit.models import AuditEntry
from quadline.carriers.protocol import OwnedNumber, SearchArea
from quadline.carriers.twilio import Twilio
from quadline.numbers.activation import activate
from quadline.numbers.comparing import compare_numbers, last_comparison
from quadline.numbers.comparison import TroubleKind
from quadline.numbers.models import NumberTrouble, SystemNumber
from quadline.numbers.provisioning import provision_number, request_number
from quadline.numbers.repairing import (
    GONE_MEANWHILE,
    NUMBER_CHANGED,
    ask_for_repair,
    repair_number,
)
from quadline.numbers.rules import NumberState
from quadline.numbers.watching import watch_numbers
from tests.cast import Cast
from tests.house import Simulator

pytestmark = pytest.mark.django_db


@pytest.fixture
def number(people: Cast, twilio: Twilio) -> SystemNumber:
    number = request_number(
        inbox=people.maya.inbox, actor=people.maya, now=timezone.now()
    )
    provision_number(number_id=number.pk)
    number.refresh_from_db()
    activate(number, cause="test", now=timezone.now())
    return number


def owned(number: SystemNumber) -> OwnedNumber:
    return OwnedNumber(number.phone, number.carrier_number_id)


def found() -> list[NumberTrouble]:
    compare_numbers(timestamp=0)
    return list(NumberTrouble.objects.filter(over_at=None).order_by("pk"))


def repaired(trouble: NumberTrouble, people: Cast) -> NumberTrouble:
    assert ask_for_repair(trouble, actor=people.ada, now=timezone.now())
    assert not ask_for_repair(trouble, actor=people.ada, now=timezone.now())
    for _ in range(2):
        repair_number(trouble_id=trouble.pk, actor_id=people.ada.pk)
    trouble.refresh_from_db()
    return trouble


def move_webhooks(twilio: Twilio, number: SystemNumber) -> None:
    rows = twilio._library().incoming_phone_numbers
    rows(number.carrier_number_id).update(sms_url="https://elsewhere.example/")


def bought_elsewhere(twilio: Twilio, reference: str) -> OwnedNumber:
    phone = twilio.search(SearchArea(area_code="313"))[0]
    return twilio.buy(phone, reference=reference)


def test_when_all_is_well_nothing_is_found(
    box: Simulator, number: SystemNumber
) -> None:
    assert found() == []
    comparison = last_comparison()
    assert comparison.done_at is not None
    assert (comparison.rented, comparison.foreign, comparison.problem) == (1, 0, "")


def test_webhooks_that_went_elsewhere_are_pointed_here_again(
    box: Simulator, twilio: Twilio, number: SystemNumber, people: Cast
) -> None:
    move_webhooks(twilio, number)
    [trouble] = found()
    assert (trouble.kind, trouble.number) == (TroubleKind.UNPOINTED, number)

    assert repaired(trouble, people).over_at is not None
    assert found() == []
    assert AuditEntry.objects.filter(
        action="number repair asked for", actor=people.ada
    ).exists()


def test_a_number_outside_the_service_is_attached_and_registered_again(
    box: Simulator, twilio: Twilio, number: SystemNumber, people: Cast
) -> None:
    twilio.detach(owned(number))
    [trouble] = found()
    assert trouble.kind == TroubleKind.DETACHED

    repaired(trouble, people)
    number.refresh_from_db()
    assert number.state == NumberState.REGISTERING
    provision_number(number_id=number.pk)
    assert found() == []
    assert len(box.purchases()) == 1


def test_one_that_was_put_to_rest_meanwhile_is_not_attached_and_that_is_said(
    box: Simulator, twilio: Twilio, number: SystemNumber, people: Cast
) -> None:
    twilio.detach(owned(number))
    [trouble] = found()
    assert ask_for_repair(trouble, actor=people.ada, now=timezone.now())
    SystemNumber.objects.filter(pk=number.pk).update(state=NumberState.RESTING)
    repair_number(trouble_id=trouble.pk, actor_id=people.ada.pk)

    trouble.refresh_from_db()
    assert (trouble.over_at, trouble.repair_problem) == (None, NUMBER_CHANGED)
    assert trouble.repair_asked_at is None


def test_a_number_nobody_knows_is_adopted_into_the_warm_pool(
    box: Simulator, twilio: Twilio, people: Cast
) -> None:
    stray = bought_elsewhere(twilio, "11111111-1111-4111-8111-111111111111")
    twilio.attach(stray)
    box.fast_forward(hours=1)
    [trouble] = found()
    assert (trouble.kind, trouble.phone) == (TroubleKind.UNKNOWN, stray.phone)

    repaired(trouble, people)
    [spare] = SystemNumber.objects.spare()
    assert (spare.phone, spare.carrier_number_id, spare.state) == (
        stray.phone,
        stray.carrier_number_id,
        NumberState.REGISTERING,
    )
    provision_number(number_id=spare.pk)
    # else no news of its registration would come
    assert len(box.ledger("attach")) == 2
    assert found() == []
    assert len(box.purchases()) == 1
    assert box.ledger("release") == []


def test_one_that_was_given_back_here_and_is_still_there_can_be_adopted_again(
    box: Simulator, number: SystemNumber, people: Cast
) -> None:
    SystemNumber.objects.filter(pk=number.pk).update(state=NumberState.RELEASED)
    [trouble] = found()
    repaired(trouble, people)

    [spare] = SystemNumber.objects.spare()
    assert (spare.phone, spare.reference != number.reference) == (number.phone, True)
    provision_number(number_id=spare.pk)
    assert found() == []


def test_one_that_is_gone_meanwhile_is_not_adopted(
    box: Simulator, twilio: Twilio, people: Cast
) -> None:
    stray = bought_elsewhere(twilio, "stray")
    [trouble] = found()
    twilio.release(stray)

    assert repaired(trouble, people).repair_problem == GONE_MEANWHILE
    assert not SystemNumber.objects.exists()


def test_numbers_that_are_none_of_ours_are_only_counted(
    box: Simulator, twilio: Twilio, number: SystemNumber
) -> None:
    stray = bought_elsewhere(twilio, "stray")
    rows = twilio._library().incoming_phone_numbers
    rows(stray.carrier_number_id).update(friendly_name="Admissions line")

    assert found() == []
    assert (last_comparison().rented, last_comparison().foreign) == (2, 1)


def test_a_carrier_that_cannot_be_asked_leaves_what_was_known(
    box: Simulator, twilio: Twilio, number: SystemNumber
) -> None:
    move_webhooks(twilio, number)
    [before] = found()
    box.fault(kind="odd_answer", on="services", times=1)
    compare_numbers(timestamp=0)

    assert last_comparison().problem == "The carrier's answer could not be read."
    assert NumberTrouble.objects.get(over_at=None) == before


def test_a_repair_that_the_carrier_does_not_answer_can_be_asked_for_again(
    box: Simulator, twilio: Twilio, number: SystemNumber, people: Cast
) -> None:
    move_webhooks(twilio, number)
    [trouble] = found()
    box.fault(kind="odd_answer", on="numbers", times=1)
    ask_for_repair(trouble, actor=people.ada, now=timezone.now())
    repair_number(trouble_id=trouble.pk, actor_id=people.ada.pk)
    trouble.refresh_from_db()
    assert (trouble.over_at, trouble.repair_problem) == (
        None,
        "The carrier's answer could not be read. Try again.",
    )
    assert repaired(trouble, people).over_at is not None


def test_each_trouble_is_told_once_and_once_more_when_it_is_over(
    box: Simulator,
    twilio: Twilio,
    number: SystemNumber,
    people: Cast,
    run_letters: Callable[[], int],
) -> None:
    run_letters()
    mail.outbox.clear()
    move_webhooks(twilio, number)
    for _ in range(3):
        found()
        watch_numbers(timestamp=0)
    run_letters()
    [letter] = mail.outbox
    assert letter.to == [people.ada.email]
    assert "Texts or calls to" in letter.body

    twilio.point(owned(number), reference=str(number.reference))
    for _ in range(3):
        found()
        watch_numbers(timestamp=0)
    run_letters()
    assert [letter.subject for letter in mail.outbox[1:]] == [
        "A problem with texting numbers is over"
    ]


def test_a_pool_that_is_nearly_used_is_told_once_and_when_it_is_over(
    reconfigure: Callable[..., None], people: Cast, run_letters: Callable[[], int]
) -> None:
    reconfigure(number_pool_limit=5)
    for who in ("maya", "theo"):
        user = getattr(people, who)
        request_number(inbox=user.inbox, actor=user, now=timezone.now())
    for _ in range(2):
        watch_numbers(timestamp=0)
    reconfigure(number_pool_limit=49)
    for _ in range(2):
        watch_numbers(timestamp=0)
    run_letters()

    assert [letter.subject for letter in mail.outbox] == [
        "A problem with texting numbers needs attention",
        "A problem with texting numbers is over",
    ]
    assert "2 of" in mail.outbox[0].body


def test_an_empty_warm_pool_is_told_after_a_day_and_not_of_one_nobody_wants(
    reconfigure: Callable[..., None], people: Cast, run_letters: Callable[[], int]
) -> None:
    watch_numbers(timestamp=0)
    assert not NumberTrouble.objects.exists()
    reconfigure(warm_pool_size=1)
    watch_numbers(timestamp=0)
    assert run_letters() == 0

    a_day_ago = timezone.now() - timedelta(days=1)
    NumberTrouble.objects.update(since=a_day_ago)
    for _ in range(2):
        watch_numbers(timestamp=0)
    assert run_letters() == 1
    assert "warm pool" in mail.outbox[0].body


def test_one_that_fills_within_the_day_is_told_to_nobody(
    reconfigure: Callable[..., None], people: Cast, run_letters: Callable[[], int]
) -> None:
    reconfigure(warm_pool_size=1)
    watch_numbers(timestamp=0)
    SystemNumber.objects.create(
        state=NumberState.ACTIVE, requested_at=timezone.now(), active_at=timezone.now()
    )
    for _ in range(2):
        watch_numbers(timestamp=0)
    assert run_letters() == 0
    assert NumberTrouble.objects.get().over_at is not None
