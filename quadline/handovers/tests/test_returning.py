"""Back from leave everything is as it was; after a departure for good the number rests
and is given back.
"""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings
from time_machine import TimeMachineFixture

from quadline.accounts.administering import reactivate_staff
from quadline.accounts.models import User
from quadline.conversations.models import Conversation
from quadline.conversations.rules import WaitingFor
from quadline.delivery.outbox.accepting import TextRefused
from quadline.delivery.tests.acts import fresh, jobs, reply, send_due, write
from quadline.handovers.ending import bring_back, return_now
from quadline.handovers.planning import DepartureRefused
from quadline.handovers.tests.acts import again, leave, plan, sweep
from quadline.inboxes.departure_rules import DepartureState
from quadline.inboxes.models import Departure
from quadline.numbers.models import SystemNumber
from quadline.numbers.returning import return_number
from quadline.numbers.rules import NumberState
from quadline.roster.models import CaseloadEntry
from tests.cast import Cast
from tests.house import Simulator

pytestmark = pytest.mark.django_db
ALL = {"Rosa", "Bo", "Gus", "Nell"}


def caseload(user: User) -> set[str]:
    entries = CaseloadEntry.objects.filter(staff=user)
    return set(entries.values_list("student__first_name", flat=True))


@pytest.fixture
def on_leave(
    people: Cast, number: SystemNumber, theos_number: SystemNumber
) -> Departure:
    write(people.maya, people.rosa)
    send_due()
    return leave(people, people.maya, people.theo, ends=90)


def test_on_leave_one_reads_and_does_nothing_else(
    people: Cast, on_leave: Departure
) -> None:
    maya = again(people.maya)
    assert maya.is_active
    assert maya.is_away
    assert not any(maya.may.values())
    assert not Conversation.objects.writable_by(maya).exists()
    with pytest.raises(TextRefused):
        write(maya, people.rosa)


def test_where_the_rule_says_so_an_account_on_leave_lets_nobody_in(
    people: Cast, number: SystemNumber, theos_number: SystemNumber, settings: Settings
) -> None:
    rule = {"access_on_leave": "none"}
    settings.ENV = settings.ENV.model_copy(update=rule)
    leave(people, people.maya, people.theo, ends=90)
    assert not again(people.maya).is_active


def test_on_the_day_of_return_everything_is_back(
    people: Cast,
    on_leave: Departure,
    number: SystemNumber,
    time_machine: TimeMachineFixture,
) -> None:
    reply(people.rosa.mobile, number.phone, "Are you there?")
    time_machine.move_to(timezone.now() + timedelta(days=90))
    sweep()
    sweep()

    on_leave.refresh_from_db()
    number.refresh_from_db()
    maya = again(people.maya)
    assert on_leave.state == DepartureState.OVER
    assert (caseload(people.maya), caseload(people.theo)) == (ALL, set())
    assert number.state == NumberState.ACTIVE
    assert (maya.is_away, maya.is_active) == (False, True)
    talk = Conversation.objects.get(student=people.rosa)
    assert talk.inbox_id == people.maya.pk
    assert talk.messages.count() == 2  # with what was written meanwhile
    assert not Conversation.objects.visible_to(again(people.theo)).exists()
    assert reply(people.rosa.mobile, number.phone, "Back?").conversation == talk  # type: ignore[union-attr]


def test_a_day_before_the_return_nothing_is_back(
    people: Cast, on_leave: Departure, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(timezone.now() + timedelta(days=88))
    sweep()
    assert caseload(people.theo) == ALL


def test_what_the_successor_has_of_their_own_stays_theirs(
    people: Cast, number: SystemNumber, theos_number: SystemNumber
) -> None:
    CaseloadEntry.objects.create(staff=people.theo, student=people.rosa)
    mine, his = write(people.maya, people.rosa), write(people.theo, people.rosa)
    send_due()
    departure = leave(people, people.maya, people.theo, ends=30)
    return_now(departure, actor=people.ada, now=timezone.now())

    assert caseload(people.theo) == {"Rosa"}
    assert caseload(people.maya) == ALL
    assert fresh(mine).conversation.inbox_id == people.maya.pk
    assert fresh(his).conversation.inbox_id == people.theo.pk
    with pytest.raises(DepartureRefused):
        return_now(departure, actor=people.ada, now=timezone.now())
    assert not bring_back(departure.pk, actor=None, now=timezone.now())


def test_a_text_that_waits_with_the_successor_goes_back_too(
    people: Cast,
    on_leave: Departure,
    number: SystemNumber,
    box: Simulator,
    settings: Settings,
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"quiet_hours": "00:00-23:59"})
    text = write(again(people.theo), people.bo, "Tomorrow")
    assert fresh(text).reason == WaitingFor.QUIET_HOURS
    return_now(on_leave, actor=people.ada, now=timezone.now())

    number.refresh_from_db()
    assert (fresh(text).author, fresh(text).system_number) == (people.maya, number)


def test_a_student_whom_a_roster_gave_to_somebody_else_stays_there(
    people: Cast, on_leave: Departure
) -> None:
    CaseloadEntry.objects.filter(student=people.rosa).delete()
    CaseloadEntry.objects.create(staff=people.omar, student=people.rosa)
    return_now(on_leave, actor=people.ada, now=timezone.now())
    assert caseload(people.maya) == ALL - {"Rosa"}
    assert "Rosa" in caseload(people.omar)


def test_the_number_rests_as_long_as_planned_and_is_given_back_once(
    people: Cast,
    number: SystemNumber,
    theos_number: SystemNumber,
    time_machine: TimeMachineFixture,
) -> None:
    leave(people, people.maya, people.theo, rest_days=30)
    time_machine.move_to(timezone.now() + timedelta(days=29))
    sweep()
    number.refresh_from_db()
    assert number.state == NumberState.RESTING
    time_machine.move_to(timezone.now() + timedelta(days=2))
    sweep()
    sweep()
    number.refresh_from_db()
    assert number.state == NumberState.RELEASING
    assert len(jobs(return_number)) == 1


def test_who_is_reactivated_works_here_again(
    people: Cast, number: SystemNumber, theos_number: SystemNumber
) -> None:
    departure = leave(people, people.maya, people.theo)
    reactivate_staff(people.maya, actor=people.ada)
    sweep()
    departure.refresh_from_db()
    number.refresh_from_db()
    assert departure.state == DepartureState.OVER
    assert number.state == NumberState.ACTIVE
    assert caseload(people.theo) == ALL


# Chains


def test_who_follows_a_successor_follows_the_first_too(
    people: Cast, number: SystemNumber, theos_number: SystemNumber
) -> None:
    first = leave(people, people.maya, people.theo)
    leave(people, people.theo, people.lena)

    assert [share.inbox_id for share in first.shares] == [people.lena.pk]
    assert caseload(people.lena) == ALL
    text = reply(people.rosa.mobile, number.phone, "Hi")
    assert text is not None
    assert text.conversation.inbox_id == people.lena.pk


def test_a_leave_of_the_successor_ends_and_they_follow_again(
    people: Cast, number: SystemNumber, theos_number: SystemNumber
) -> None:
    write(people.maya, people.rosa)
    send_due()
    first = leave(people, people.maya, people.theo)
    second = leave(people, people.theo, people.lena, ends=20)
    return_now(second, actor=people.ada, now=timezone.now())

    assert [share.inbox_id for share in first.shares] == [people.theo.pk]
    assert caseload(people.theo) == ALL
    assert caseload(people.lena) == set()
    assert Conversation.objects.get().inbox_id == people.theo.pk


def test_the_first_is_back_while_the_successor_is_away(
    people: Cast, number: SystemNumber, theos_number: SystemNumber
) -> None:
    write(people.maya, people.rosa)
    send_due()
    first = leave(people, people.maya, people.theo, ends=60)
    second = leave(people, people.theo, people.lena, ends=90)
    return_now(first, actor=people.ada, now=timezone.now())
    assert caseload(people.maya) == ALL
    assert Conversation.objects.get().inbox_id == people.maya.pk
    return_now(second, actor=people.ada, now=timezone.now())
    assert (caseload(people.theo), caseload(people.lena)) == (set(), set())
    assert Conversation.objects.get().inbox_id == people.maya.pk


def test_a_plan_goes_on_to_who_follows_the_planned_successor(
    people: Cast, number: SystemNumber, theos_number: SystemNumber
) -> None:
    planned = plan(people, people.maya, people.theo, starts=5)
    leave(people, people.theo, people.lena)
    assert [share.inbox_id for share in planned.shares] == [people.lena.pk]


def test_a_student_whom_two_on_leave_had_stays_until_both_are_back(
    people: Cast, number: SystemNumber, theos_number: SystemNumber
) -> None:
    CaseloadEntry.objects.create(staff=people.omar, student=people.rosa)
    first = leave(people, people.maya, people.theo, ends=30)
    second = leave(people, people.omar, people.theo, ends=30)
    return_now(first, actor=people.ada, now=timezone.now())
    assert caseload(people.theo) == {"Rosa", "Kim"}
    return_now(second, actor=people.ada, now=timezone.now())
    assert caseload(people.theo) == set()
    assert caseload(people.omar) == {"Rosa", "Kim"}
