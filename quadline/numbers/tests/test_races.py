"""Many clicks and many workers at once: still one number per
user, and one purchase per number.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier, Event, Lock
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from quadline.accounts.models import User
from quadline.carriers.protocol import (
    NumberProblem,
    NumberTaken,
    OwnedNumber,
    SearchArea,
)
from quadline.carriers.twilio import Twilio
from quadline.numbers import provisioning
from quadline.numbers.leases import LEASE, LeasedElsewhere
from quadline.numbers.models import NumberEvent, SystemNumber
from quadline.numbers.provisioning import (
    provision_number,
    request_number,
)
from quadline.numbers.returning import return_number
from quadline.numbers.rules import NumberState
from quadline.numbers.stock import refill_warm_pool
from tests.cast import Cast, staff
from tests.house import PATIENCE, Simulator, eventually


def all_at_once(acts: Iterable[Callable[[], Any]]) -> list[Any]:
    """Run each in a thread of its own, begun at the same
    moment; what each returned or raised.
    """
    waiting = list(acts)
    barrier = Barrier(len(waiting))

    def run(act: Callable[[], Any]) -> Any:
        barrier.wait(timeout=PATIENCE)
        try:
            return act()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(waiting)) as pool:
        return list(pool.map(run, waiting))


def ask_for(user: User) -> SystemNumber:
    return request_number(inbox=user.inbox, actor=user, now=timezone.now())


def test_twenty_first_texts_at_once_ask_for_one_number(committed_people: Cast) -> None:
    numbers = all_at_once([lambda: ask_for(committed_people.maya)] * 20)

    assert SystemNumber.objects.count() == 1
    assert set(numbers) == {SystemNumber.objects.get()}
    assert NumberEvent.objects.count() == 1
    assert ProcrastinateJob.objects.filter(queue_name="numbers").count() == 1


def test_eight_workers_on_one_number_buy_it_once(
    box: Simulator, twilio: Twilio, committed_people: Cast
) -> None:
    number = ask_for(committed_people.maya)
    outcomes = all_at_once([lambda: provision_number(number_id=number.pk)] * 8)

    number.refresh_from_db()
    assert number.state == NumberState.REGISTERING
    assert [line["phone_number"] for line in box.purchases()] == [number.phone]
    assert {type(outcome) for outcome in outcomes} <= {type(None), LeasedElsewhere}


def test_two_workers_that_both_believe_to_hold_a_number_buy_it_once(
    box: Simulator,
    twilio: Twilio,
    committed_people: Cast,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One was paused until its hold ran out: both have looked for an earlier purchase
    and found none, then both buy.
    """
    number = ask_for(committed_people.maya)
    [chosen, *_] = twilio.search(provisioning.search_areas()[0])
    SystemNumber.objects.filter(pk=number.pk).update(
        state=NumberState.ORDERING, phone=chosen
    )
    both_looked = Barrier(2)

    def owned(self: Twilio, *, reference: str) -> OwnedNumber | None:
        both_looked.wait(timeout=PATIENCE)
        return None

    def advance() -> None:
        provisioning._advance(twilio, SystemNumber.objects.get(pk=number.pk))

    with monkeypatch.context() as patch:
        patch.setattr(Twilio, "owned", owned)
        patch.setattr(provisioning, "renew_lease", lambda number: None)
        outcomes = all_at_once([advance, advance])
    assert sorted(str(type(outcome).__name__) for outcome in outcomes) == sorted(
        ["NoneType", NumberTaken.__name__]
    )

    provision_number(number_id=number.pk)
    number.refresh_from_db()
    assert (number.state, number.phone) == (NumberState.REGISTERING, chosen)
    assert len(box.purchases()) == 1


def test_a_worker_that_comes_back_while_another_buys_chooses_none(
    box: Simulator,
    twilio: Twilio,
    committed_people: Cast,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It was paused while it searched, and its hold ran out: the other has
    chosen, and its purchase is under way.
    """
    number = ask_for(committed_people.maya)
    is_buying, may_be_answered = Event(), Event()
    search, buy = Twilio.search, Twilio.buy

    def search_long(self: Twilio, area: SearchArea) -> Any:
        found = search(self, area)
        if is_first.acquire(blocking=False):
            SystemNumber.objects.filter(pk=number.pk).update(
                held_until=timezone.now() - LEASE
            )
            others.submit(
                lambda: all_at_once([lambda: provision_number(number_id=number.pk)])
            )
            assert is_buying.wait(timeout=PATIENCE)
        return found

    def buy_slowly(self: Twilio, phone: str, *, reference: str) -> OwnedNumber:
        is_buying.set()
        assert may_be_answered.wait(timeout=PATIENCE)
        return buy(self, phone, reference=reference)

    is_first = Lock()
    with monkeypatch.context() as patch, ThreadPoolExecutor(1) as others:
        patch.setattr(Twilio, "search", search_long)
        patch.setattr(Twilio, "buy", buy_slowly)
        with pytest.raises(LeasedElsewhere):
            provision_number(number_id=number.pk)
        may_be_answered.set()

    number.refresh_from_db()
    assert number.state == NumberState.REGISTERING
    assert [line["phone_number"] for line in box.purchases()] == [number.phone]


def test_ten_users_at_once_get_ten_numbers(
    box: Simulator, twilio: Twilio, committed_people: Cast
) -> None:
    users = [
        staff(f"advisor{index}@alder.example", f"Advisor {index}")
        for index in range(10)
    ]
    numbers = [ask_for(user) for user in users]
    attempts = [partial(until_rented, number) for number in numbers]
    assert all_at_once(attempts) == [None] * 10

    rented = SystemNumber.objects.filter(state=NumberState.REGISTERING)
    assert rented.count() == 10
    assert {number.phone for number in rented} == {
        line["phone_number"] for line in box.purchases()
    }
    assert len(box.purchases()) == 10


def until_rented(number: SystemNumber) -> None:
    """As the job engine does: who failed comes back, each in their own time.

    Two who chose the same number at the same moment do, and the one that had to wait
    for long.
    """
    eventually(
        lambda: is_taken_as_far_as_possible(number), every=0.01 * (1 + number.pk % 10)
    )


def is_taken_as_far_as_possible(number: SystemNumber) -> bool:
    try:
        provision_number(number_id=number.pk)
    except (NumberProblem, LeasedElsewhere, IntegrityError):
        return False
    return True


def spare_numbers(count: int) -> list[SystemNumber]:
    """Ready in the warm pool."""
    now = timezone.now()
    return [
        SystemNumber.objects.create(
            state=NumberState.ACTIVE,
            phone=f"+1734234{index:04d}",
            carrier_number_id=f"PN{index}",
            requested_at=now,
            active_at=now,
        )
        for index in range(count)
    ]


def test_twenty_first_texts_of_one_user_take_one_spare_number(
    committed_people: Cast,
) -> None:
    spare_numbers(20)
    numbers = all_at_once([lambda: ask_for(committed_people.maya)] * 20)

    [taken] = SystemNumber.objects.exclude(inbox=None)
    assert set(numbers) == {taken}
    assert SystemNumber.objects.count() == 20
    assert taken.events.count() == 1


def test_a_spare_number_is_taken_by_one_of_many(committed_people: Cast) -> None:
    spares = spare_numbers(3)
    users = [
        staff(f"advisor{index}@alder.example", f"Advisor {index}")
        for index in range(10)
    ]
    numbers = all_at_once([partial(ask_for, user) for user in users])

    assert all(isinstance(number, SystemNumber) for number in numbers)
    assert len(set(numbers)) == 10
    assert set(spares) <= set(numbers)
    # whose first text found the others locked asks for a number of its own
    assert SystemNumber.objects.filter(state=NumberState.REQUESTED).count() == 7


def test_eight_workers_fill_the_warm_pool_once(
    committed_people: Cast, reconfigure: Callable[..., None]
) -> None:
    reconfigure(warm_pool_size=3, number_pool_limit=4)
    ask_for(committed_people.maya)
    assert all_at_once([lambda: refill_warm_pool(timestamp=0)] * 8) == [None] * 8

    assert SystemNumber.objects.spare().count() == 3
    assert ProcrastinateJob.objects.filter(queue_name="numbers").count() == 4


def test_eight_workers_give_a_number_back_once(
    box: Simulator, twilio: Twilio, committed_people: Cast
) -> None:
    number = ask_for(committed_people.maya)
    provision_number(number_id=number.pk)
    SystemNumber.objects.filter(pk=number.pk).update(state=NumberState.RELEASING)
    outcomes = all_at_once([lambda: return_number(number_id=number.pk)] * 8)

    number.refresh_from_db()
    assert number.state == NumberState.RELEASED
    assert len(box.ledger("release")) == 1
    assert {type(outcome) for outcome in outcomes} <= {type(None), LeasedElsewhere}
