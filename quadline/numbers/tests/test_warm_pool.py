"""Spare numbers: none unless the college wants them, never above what it may have, each
taken by one inbox.
"""

from collections.abc import Callable

import pytest
from django.core import mail
from django.utils import timezone

from quadline.audit.models import AuditEntry
from quadline.carriers.twilio import Twilio
from quadline.numbers.activation import activate
from quadline.numbers.models import SystemNumber
from quadline.numbers.provisioning import provision_number, request_number, try_again
from quadline.numbers.rules import NumberState
from quadline.numbers.stock import numbers_in_use, refill_warm_pool
from tests.cast import Cast
from tests.house import Simulator

pytestmark = pytest.mark.django_db
Reconfigure = Callable[..., None]


def fill(reconfigure: Reconfigure, *, size: int, limit: int = 49) -> None:
    reconfigure(warm_pool_size=size, number_pool_limit=limit)
    for _ in range(2):
        refill_warm_pool(timestamp=0)


def make_ready() -> list[SystemNumber]:
    spares = list(SystemNumber.objects.spare().order_by("pk"))
    for spare in spares:
        provision_number(number_id=spare.pk)
        spare.refresh_from_db()
        activate(spare, cause="test", now=timezone.now())
    return spares


def ask(people: Cast, who: str = "maya") -> SystemNumber:
    user = getattr(people, who)
    return request_number(inbox=user.inbox, actor=user, now=timezone.now())


def test_by_default_no_number_is_bought_ahead(people: Cast) -> None:
    refill_warm_pool(timestamp=0)
    assert not SystemNumber.objects.exists()


def test_it_is_filled_to_its_size_and_each_is_bought_once(
    box: Simulator, reconfigure: Reconfigure, people: Cast
) -> None:
    fill(reconfigure, size=3)
    spares = make_ready()

    assert len(spares) == len(box.purchases()) == 3
    fill(reconfigure, size=3)
    assert SystemNumber.objects.count() == 3


@pytest.mark.parametrize(("limit", "spares"), [(4, 2), (2, 0), (1, 0)])
def test_it_never_goes_above_what_the_college_may_have(
    reconfigure: Reconfigure, people: Cast, limit: int, spares: int
) -> None:
    for who in ("maya", "theo"):
        ask(people, who)
    fill(reconfigure, size=5, limit=limit)

    assert SystemNumber.objects.spare().count() == spares
    assert numbers_in_use() == 2 + spares


def test_one_that_is_being_given_back_still_counts(
    reconfigure: Reconfigure, people: Cast
) -> None:
    number = ask(people)
    SystemNumber.objects.filter(pk=number.pk).update(state=NumberState.RELEASING)
    fill(reconfigure, size=5, limit=3)
    assert SystemNumber.objects.spare().count() == 2

    SystemNumber.objects.filter(pk=number.pk).update(state=NumberState.RELEASED)
    fill(reconfigure, size=5, limit=3)
    assert SystemNumber.objects.spare().count() == 3


def test_one_that_failed_is_not_bought_again_and_can_be_tried_again(
    box: Simulator, reconfigure: Reconfigure, people: Cast
) -> None:
    box.fault(kind="search_empty")
    fill(reconfigure, size=1)
    [spare] = SystemNumber.objects.spare()
    provision_number(number_id=spare.pk)
    fill(reconfigure, size=1)
    assert SystemNumber.objects.get().state == NumberState.FAILED

    box.clear_faults()
    assert try_again(number=spare, actor=people.ada, now=timezone.now())
    provision_number(number_id=spare.pk)
    assert len(box.purchases()) == 1


def test_a_first_text_takes_the_one_that_has_been_ready_for_longest(
    box: Simulator,
    reconfigure: Reconfigure,
    people: Cast,
    run_letters: Callable[[], int],
) -> None:
    fill(reconfigure, size=2)
    first, second = make_ready()
    taken = ask(people)

    assert (taken, taken.inbox_id, taken.state) == (
        first,
        people.maya.inbox.pk,
        NumberState.ACTIVE,
    )
    assert ask(people) == taken
    assert ask(people, "theo") == second
    assert len(box.purchases()) == 2
    event = taken.events.order_by("-pk")[0]
    assert (event.cause, event.actor) == (
        "taken from the warm pool by a first text",
        people.maya,
    )
    assert AuditEntry.objects.filter(
        subject_id=str(taken.pk), actor=people.maya
    ).exists()
    run_letters()
    assert [people.maya.email] in [letter.to for letter in mail.outbox]


@pytest.mark.parametrize(
    "state",
    [
        NumberState.REQUESTED,
        NumberState.REGISTERING,
        NumberState.FAILED,
        NumberState.RESTING,
        NumberState.RELEASING,
    ],
)
def test_only_one_that_is_ready_is_taken(people: Cast, state: NumberState) -> None:
    spare = SystemNumber.objects.create(state=state, requested_at=timezone.now())
    number = ask(people)

    assert number != spare
    assert number.state == NumberState.REQUESTED


def test_a_spare_number_is_on_nobodys_screen(
    box: Simulator, twilio: Twilio, reconfigure: Reconfigure, people: Cast
) -> None:
    fill(reconfigure, size=1)
    make_ready()
    for user in (people.maya, people.lena, people.ada):
        assert SystemNumber.objects.of(user) is None
        assert not SystemNumber.objects.visible_to(user).exists()
