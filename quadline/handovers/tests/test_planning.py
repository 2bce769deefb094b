"""Planning, changing and taking back; and what comes between a plan and its day."""

from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.utils import timezone

from quadline.accounts.administering import deactivate_staff, reactivate_staff
from quadline.accounts.models import User
from quadline.audit.models import AuditEntry
from quadline.delivery.tests.acts import at_once, jobs
from quadline.handovers.carrying_out import email_departure_problem
from quadline.handovers.planning import (
    DepartureRefused,
    PlannedMeanwhile,
    cancel_departure,
    change_departure,
    today_on_campus,
)
from quadline.handovers.tests.acts import again, leave, plan, sweep, wish
from quadline.inboxes.departure_rules import DepartureState
from quadline.inboxes.models import Departure
from tests.cast import Cast, staff

pytestmark = pytest.mark.django_db


def refused(people: Cast, who: User, *follow: User, **changed: object) -> set[str]:
    with pytest.raises(DepartureRefused) as refusal:
        plan(people, who, *follow, **changed)
    assert not Departure.objects.filter(staff=who).exists()
    return set(refusal.value.faults)


def test_a_plan_is_on_record_without_its_words(people: Cast) -> None:
    departure = plan(people, people.maya, people.theo, starts=7)
    entry = AuditEntry.objects.get(action="departure planned")
    assert entry.actor == people.ada
    assert entry.subject_id == str(departure.pk)
    assert entry.detail["successors"] == {"": people.theo.pk}
    assert "no longer works" not in str(entry.detail)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("", "Write a message first"),
        ("Ask {who}", "{who} is not a field"),
        ("Ask {}", "{} is not a field"),
        ("Ask {successor", "no partner"),
        ("x" * 900, "too long"),
    ],
)
def test_bad_words_are_refused(people: Cast, answer: str, words: str) -> None:
    with pytest.raises(DepartureRefused) as refusal:
        plan(people, people.maya, people.theo, answer=answer)
    assert words in refusal.value.faults["answer"]


def test_bad_plans_are_refused_and_nothing_is_saved(people: Cast) -> None:
    assert refused(people, people.maya) == {"successor"}
    assert refused(people, people.maya, people.theo, starts=-1) == {"leaves_on"}
    assert refused(people, people.maya, people.theo, email_subject="Hi") == {"email"}
    deactivate_staff(people.theo, actor=people.ada)
    assert refused(people, people.maya, people.theo) == {"successor"}
    # An auditor reads; nobody is followed by somebody who can't text.
    assert refused(people, people.maya, people.iris) == {"successor"}


def test_the_last_administrator_cannot_leave(people: Cast) -> None:
    assert refused(people, people.ada, people.lena, starts=3) == {"staff"}
    second = staff("bea@alder.example", "Bea", role="administrator")  # type: ignore[arg-type]
    plan(people, second, people.lena, starts=3)
    # Both at once would leave nobody; one after the other has come back does not.
    assert refused(people, people.ada, people.lena, starts=9) == {"staff"}


def test_two_administrators_on_one_form_make_one_plan(people: Cast) -> None:
    first = plan(people, people.maya, people.theo, starts=3)
    with pytest.raises(PlannedMeanwhile) as meanwhile:
        plan(people, people.maya, people.lena, starts=4)
    assert meanwhile.value.departure == first

    change_departure(
        first,
        wish(people.lena, starts=5),
        seen_version=1,
        actor=people.ada,
        now=timezone.now(),
    )
    with pytest.raises(PlannedMeanwhile) as meanwhile:
        change_departure(
            first,
            wish(people.omar, starts=6),
            seen_version=1,
            actor=people.ada,
            now=timezone.now(),
        )
    now = meanwhile.value.departure
    assert [share.inbox_id for share in now.shares] == [people.lena.pk]


@pytest.mark.django_db(transaction=True)
def test_two_plans_at_the_same_moment_are_one(committed_people: Cast) -> None:
    people = committed_people
    outcomes: list[str] = []

    def try_it(to: User) -> None:
        try:
            plan(people, people.maya, to, starts=2)
            outcomes.append("planned")
        except PlannedMeanwhile:
            outcomes.append("meanwhile")

    at_once([lambda: try_it(people.theo), lambda: try_it(people.lena)])
    assert sorted(outcomes) == ["meanwhile", "planned"]
    assert Departure.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_plans_that_would_close_a_circle_are_not_both_made(
    committed_people: Cast,
) -> None:
    people = committed_people
    refusals: list[str] = []

    def try_it(who: User, to: User) -> None:
        try:
            plan(people, who, to, starts=2)
        except DepartureRefused as refusal:
            refusals.append(str(refusal))

    at_once(
        [
            lambda: try_it(people.maya, people.theo),
            lambda: try_it(people.theo, people.maya),
        ]
    )
    assert len(refusals) == 1
    assert Departure.objects.count() == 1


def test_a_plan_is_taken_back_and_nothing_happens(people: Cast) -> None:
    departure = plan(people, people.maya, people.theo, starts=1)
    cancel_departure(departure, actor=people.ada, now=timezone.now())
    Departure.objects.update(leaves_on=today_on_campus(timezone.now()))
    sweep()
    assert again(people.maya).is_active
    with pytest.raises(DepartureRefused, match="canceled meanwhile"):
        cancel_departure(departure, actor=people.ada, now=timezone.now())
    plan(people, people.maya, people.lena, starts=1)  # another may be planned


def test_what_is_carried_out_cannot_be_changed(people: Cast) -> None:
    departure = leave(people, people.maya, people.theo)
    with pytest.raises(DepartureRefused, match="carried out"):
        change_departure(
            departure,
            wish(people.lena),
            seen_version=1,
            actor=people.ada,
            now=timezone.now(),
        )
    with pytest.raises(DepartureRefused, match="carried out"):
        cancel_departure(departure, actor=people.ada, now=timezone.now())


def test_a_successor_deactivated_before_the_day_stops_it_and_is_told_once(
    people: Cast,
) -> None:
    departure = plan(people, people.maya, people.theo)
    deactivate_staff(people.theo, actor=people.ada)
    sweep()
    sweep()

    departure.refresh_from_db()
    assert departure.state == DepartureState.PLANNED
    assert "Theo Brandt can’t follow" in departure.problem
    assert again(people.maya).is_active
    assert len(jobs(email_departure_problem)) == 1
    # Fixed by another successor, it is carried out with the next minute.
    change_departure(
        departure,
        wish(people.lena),
        seen_version=departure.version,
        actor=people.ada,
        now=timezone.now(),
    )
    sweep()
    departure.refresh_from_db()
    assert departure.state == DepartureState.IN_EFFECT
    assert departure.problem == ""


def test_the_last_administrator_by_then_stays(people: Cast) -> None:
    second = staff("bea@alder.example", "Bea", role="administrator")  # type: ignore[arg-type]
    departure = plan(people, second, people.lena)
    deactivate_staff(people.ada, actor=second)
    sweep()
    departure.refresh_from_db()
    assert "only administrator" in departure.problem
    assert again(second).is_active


def test_a_day_that_passed_while_no_worker_ran_is_made_up_for(people: Cast) -> None:
    departure = plan(people, people.maya, people.theo, starts=1)
    yesterday = today_on_campus(timezone.now()) - timedelta(days=3)
    Departure.objects.update(leaves_on=yesterday)
    sweep()
    departure.refresh_from_db()
    assert departure.is_in_effect


def test_what_will_stand_in_the_way_is_told_before_the_day(
    people: Cast, mailoutbox: list[EmailMessage]
) -> None:
    departure = plan(people, people.maya, people.theo, starts=20)
    deactivate_staff(people.theo, actor=people.ada)
    sweep()
    sweep()
    [told] = jobs(email_departure_problem)
    email_departure_problem(**told)
    [email] = mailoutbox
    assert email.to == [people.ada.email]
    assert "needs a change" in email.subject
    reactivate_staff(people.theo, actor=people.ada)
    sweep()
    departure.refresh_from_db()
    assert departure.problem == ""


def test_an_account_that_was_closed_before_is_handed_over_all_the_same(
    people: Cast,
) -> None:
    departure = plan(people, people.maya, people.theo)
    deactivate_staff(people.maya, actor=None)  # the college's directory
    sweep()
    departure.refresh_from_db()
    assert departure.is_in_effect
    assert departure.handed_students.count() == 4
