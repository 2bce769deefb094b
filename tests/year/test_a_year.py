"""From hiring in August to the next summer, with all that a year brings; and then what
Quadline promises is held against the carrier's own ledger.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from pytest_django import Settings

from quadline.accounts.models import User
from quadline.carriers.twilio import Twilio
from quadline.conversations.models import Conversation
from quadline.inboxes.departure_rules import DepartureState
from quadline.inboxes.models import Departure
from quadline.numbers.rules import NumberState
from quadline.roster.models import CaseloadEntry, RosterRun, Student
from tests.architecture.conftest import Enter
from tests.cast import Cast
from tests.house import Simulator
from tests.year import held
from tests.year.college_year import CollegeYear, folder_source
from tests.year.files import Enrolled

AUGUST = datetime(2026, 8, 17, 15, 0, tzinfo=UTC)
STAFF, STUDENTS, NEW_IN_SPRING = 25, 3_000, 120
NIGHTS_OF_A_TERM = 12
pytestmark = pytest.mark.slow


@pytest.fixture
def year(
    people: Cast,
    box: Simulator,
    twilio: Twilio,
    quick_hashes: None,
    settings: Settings,
    tmp_path: Path,
    enter: Enter,
) -> Iterator[CollegeYear]:
    drop = tmp_path / "drop"
    settings.ENV = settings.ENV.model_copy(update={"roster_dir": str(drop)})
    with time_machine.travel(AUGUST, tick=False) as clock:
        yield CollegeYear(people.ada, box, clock, folder_source(AUGUST, drop), enter)


def test_a_year(year: CollegeYear) -> None:
    advisors = _is_founded(year)
    stopped = _has_a_fall(year, advisors)
    _has_a_wrong_night(year)
    _changes_names(year, advisors[2])
    _has_a_leave(year, advisors[3], advisors[4])
    followed = _has_a_departure(year, advisors[5], advisors[6])
    _has_a_spring(year, advisors, stopped)
    _rents_a_number_again(year, advisors[5], followed)

    held.each_text_is_over_or_waits_visibly(year)
    held.accepted_at_most_once(year)
    held.one_number_each(year)
    held.no_status_fell()
    held.each_reply_once(year)
    held.nobody_was_texted_while_out(year)
    held.nobody_reads_what_is_not_theirs([*advisors, *year.hired_later])


def _is_founded(year: CollegeYear) -> list[User]:
    advisors = year.hire([f"Advisor{place} Of-Alder" for place in range(STAFF)])
    year.registrar.enroll(STUDENTS, advisors=[each.email for each in advisors])
    assert year.night().state == RosterRun.State.APPLIED
    assert Student.objects.filter(is_listed=True).count() == STUDENTS
    return advisors


def _has_a_fall(year: CollegeYear, advisors: list[User]) -> list[Enrolled]:
    """First texts, a broadcast, answers, and students who say STOP. Returns those who
    are out.
    """
    for advisor in advisors:
        first = year.registrar.of_advisor(advisor.email)[0]
        year.text(advisor, first, "Welcome to Alder. Text me here.")
    year.work()
    for advisor in advisors[:8]:
        year.broadcast(advisor, "[Student Name], registration opens Monday.")
        year.work(2)
    stopped = []
    for advisor in advisors[:8]:
        to = year.number_of(advisor).phone
        asks, stops, returns = year.registrar.of_advisor(advisor.email)[3:6]
        assert year.say(asks, to, "Which day was it?") is not None
        year.say(stops, to, "STOP")
        year.say(returns, to, "STOP")
        year.say(returns, to, "START")
        stopped.append(stops)
    _has_a_term_of_nights(year, advisors, first=250)
    for advisor in advisors[:8]:
        year.broadcast(advisor, "[Student Name], finals begin on the 14th.")
        year.work(2)
    return stopped


def _has_a_term_of_nights(
    year: CollegeYear, advisors: list[User], *, first: int
) -> None:
    """Every night somebody has another phone, another advisor or another program."""
    for night in range(NIGHTS_OF_A_TERM):
        everybody = list(year.registrar.students.values())
        moved, phoned, left = everybody[first + night * 7 :][:3]
        other = advisors[(night + 11) % len(advisors)].email
        year.registrar.change(moved.id, advisor=other)
        year.registrar.change(phoned.id, mobile=f"+1313{2_000_000 + first + night}")
        year.registrar.change(left.id, status="withdrawn")
        assert year.night().state == RosterRun.State.APPLIED
        assert Student.objects.get(institutional_id=left.id).status == "withdrawn"


def _has_a_wrong_night(year: CollegeYear) -> None:
    """An export that broke off changes nothing, and the next whole one is applied."""
    listed = Student.objects.filter(is_listed=True).count()
    assert year.night(half=True).state == RosterRun.State.SHOWN
    assert Student.objects.filter(is_listed=True).count() == listed
    year.registrar.change("50000900", program="Culinary Arts")
    assert year.night().state == RosterRun.State.APPLIED
    assert Student.objects.filter(is_listed=True).count() == listed


def _changes_names(year: CollegeYear, advisor: User) -> None:
    """A student and a staff user go by another name; what was written stays together."""
    student = year.registrar.of_advisor(advisor.email)[1]
    before = _conversation(student, advisor).pk
    year.registrar.change(student.id, last_name="Newname-Ruiz")
    year.rename(advisor, "Advisor2 Married-Name")
    assert year.night().state == RosterRun.State.APPLIED
    reply = year.say(student, year.number_of(advisor).phone, "It is me, renamed.")
    assert reply is not None
    assert reply.conversation_id == before


def _has_a_leave(year: CollegeYear, away: User, follows: User) -> None:
    """Three months, and everything is back afterwards."""
    students = year.registrar.of_advisor(away.email)
    number = year.number_of(away)
    departure = year.plan_departure(away, follows, back_after=timedelta(days=90))
    year.pass_days(1)
    assert _state(departure) is DepartureState.IN_EFFECT
    reply = year.say(students[7], number.phone, "Are you there?")
    year.work()
    assert reply is not None
    assert reply.conversation.inbox_id == follows.pk
    year.registrar.change(students[9].id, program="Culinary Arts")
    assert year.night().state == RosterRun.State.APPLIED, "files name the one away"
    assert not CaseloadEntry.objects.filter(staff=away).exists()
    year.pass_days(92)
    assert _state(departure) is DepartureState.OVER
    assert CaseloadEntry.objects.filter(staff=away).count() == len(students)
    number.refresh_from_db()
    assert number.state == NumberState.ACTIVE


def _has_a_departure(year: CollegeYear, leaver: User, follows: User) -> list[Enrolled]:
    """For good: students, conversations and waiting texts go along; the number rests.
    Returns the students who changed hands.
    """
    students = year.registrar.of_advisor(leaver.email)
    number = year.number_of(leaver)
    year.plan_departure(leaver, follows)
    year.pass_days(1)
    leaver.refresh_from_db()
    assert not leaver.is_active
    asked = [year.say(each, number.phone, "Hi?") for each in students[8:11]]
    year.say(students[8], number.phone, "Hello again?")
    year.answer_who_follows()
    year.work()
    for student in students[8:11]:
        words = year.words_to(student.mobile, number.phone)
        assert sum(follows.name in each for each in words) == 1, "told once"
    for message in asked:
        assert message is not None
        assert message.conversation.inbox_id == follows.pk
    for student in students:
        year.registrar.change(student.id, advisor=follows.email)
    assert year.night().state == RosterRun.State.APPLIED
    return students


def _has_a_spring(
    year: CollegeYear, advisors: list[User], stopped: list[Enrolled]
) -> None:
    """A colleague is hired, students are enrolled, and who said STOP in fall is out."""
    [colleague] = year.hire(["Colleague New"])
    year.hired_later.append(colleague)
    year.registrar.enroll(NEW_IN_SPRING, advisors=[colleague.email])
    assert year.night().state == RosterRun.State.APPLIED
    _has_a_term_of_nights(year, advisors, first=500)
    year.text(colleague, year.registrar.of_advisor(colleague.email)[0], "Hello.")
    year.work()
    for advisor in [*advisors[:3], colleague]:
        year.broadcast(advisor, "[Student Name], spring registration is open.")
        year.work(2)
    for student in stopped[:3]:
        words = year.words_to(student.mobile)
        assert not any("spring registration" in each for each in words)


def _rents_a_number_again(
    year: CollegeYear, leaver: User, followed: list[Enrolled]
) -> None:
    """The number of the one who left is released after its rest. Somebody rents it
    again, and who said STOP to it is out there, too.
    """
    phone = year.last_number_of(leaver).phone
    shut_out = followed[4]
    year.pass_days(100)
    assert year.last_number_of(leaver).state == NumberState.RELEASED
    [successor] = year.hire(["Later Comer"])
    year.hired_later.append(successor)
    year.registrar.change(shut_out.id, advisor=successor.email)
    year.registrar.change(followed[12].id, advisor=successor.email)
    assert year.night().state == RosterRun.State.APPLIED
    year.text(successor, year.registrar.students[followed[12].id], "I am new here.")
    year.is_offered(successor, phone)
    year.work()
    assert year.number_of(successor).phone == phone
    before = len(year.words_to(shut_out.mobile))
    year.text(successor, year.registrar.students[shut_out.id], "Hello?")
    year.work()
    assert len(year.words_to(shut_out.mobile)) == before


def _conversation(student: Enrolled, advisor: User) -> Conversation:
    return Conversation.objects.get(
        student__institutional_id=student.id, inbox=advisor.inbox
    )


def _state(departure: Departure) -> DepartureState:
    departure.refresh_from_db()
    return DepartureState(departure.state)
