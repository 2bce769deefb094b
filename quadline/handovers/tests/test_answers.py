"""A student texts the number of somebody who has left: it is filed with who follows,
and answered once, unless the student has said STOP.
"""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from quadline.consent import ledger
from quadline.conversations.models import Conversation, Message
from quadline.conversations.rules import Status, WaitingFor
from quadline.delivery.inbound.successor_answers import (
    answer_with_successor,
    tell_who_follows,
)
from quadline.delivery.models import SuccessorAnswer
from quadline.delivery.outbox.out_of_reach import hold_texts_out_of_reach
from quadline.delivery.retiring.acts import give_back_number
from quadline.delivery.tests.acts import fresh, jobs, reply, send_due, write
from quadline.handovers.tests.acts import again, leave, sweep
from quadline.inboxes.models import Departure
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student
from tests.cast import Cast
from tests.house import Simulator

pytestmark = pytest.mark.django_db


def answer_all() -> list[Message]:
    """The jobs that filing enqueued, each as often as they would run at worst."""
    for arguments in jobs(answer_with_successor):
        answer_with_successor(**arguments)
        answer_with_successor(**arguments)
    send_due()
    return [row.message for row in SuccessorAnswer.objects.order_by("pk")]


@pytest.fixture
def departure(
    people: Cast, number: SystemNumber, theos_number: SystemNumber
) -> Departure:
    write(people.maya, people.rosa)
    send_due()
    return leave(people, people.maya, people.theo)


def test_a_text_to_the_resting_number_is_filed_with_who_follows_and_answered_once(
    people: Cast,
    departure: Departure,
    number: SystemNumber,
    theos_number: SystemNumber,
    box: Simulator,
) -> None:
    before = len(box.accepts())
    asked = reply(people.rosa.mobile, number.phone, "Are you there?")
    more = reply(people.rosa.mobile, number.phone, "Hello?")
    [answer] = answer_all()
    send_due()

    assert asked is not None
    assert more is not None
    talk = Conversation.objects.get(student=people.rosa)
    assert {asked.conversation, more.conversation, answer.conversation} == {talk}
    assert talk.inbox_id == people.theo.pk
    assert talk.needs_reply  # what she asked is still to be answered
    [sent] = box.accepts()[before:]
    assert sent["from"] == number.phone
    assert sent["body"] == (
        "Maya Alvarez no longer works at Alder College. Theo Brandt is your contact"
        f" now: text {theos_number.written}."
    )


def test_two_students_are_answered_each_and_an_unknown_phone_too(
    people: Cast, departure: Departure, number: SystemNumber, box: Simulator
) -> None:
    reply(people.rosa.mobile, number.phone, "Hi")
    reply(people.bo.mobile, number.phone, "Hi")
    stranger = reply("+13135550888", number.phone, "Hi")
    assert len(answer_all()) == 3
    assert stranger is not None
    assert stranger.conversation.inbox_id == people.theo.pk


def test_who_said_stop_is_not_answered(
    people: Cast, departure: Departure, number: SystemNumber, box: Simulator
) -> None:
    before = len(box.accepts())
    reply(people.rosa.mobile, number.phone, "STOP")
    reply(people.rosa.mobile, number.phone, "I mean it")
    assert answer_all() == []
    assert len(box.accepts()) == before


def test_a_stop_after_the_answer_was_written_closes_it(
    people: Cast, departure: Departure, number: SystemNumber, box: Simulator
) -> None:
    before = len(box.accepts())
    text = reply(people.rosa.mobile, number.phone, "Hi")
    assert text is not None
    answer = tell_who_follows(text.pk, departure.pk, now=timezone.now())
    assert answer is not None
    reply(people.rosa.mobile, number.phone, "STOP")
    send_due()
    assert fresh(answer).status == Status.BLOCKED
    assert len(box.accepts()) == before


def test_who_may_have_asked_to_stop_is_not_answered(
    people: Cast, departure: Departure, number: SystemNumber
) -> None:
    reply(people.rosa.mobile, number.phone, "please stop texting me about this")
    assert answer_all() == []


@pytest.mark.parametrize("word", ["HELP", "START", "UNSTOP", "Stop."])
def test_words_for_the_carrier_are_not_answered(
    people: Cast, departure: Departure, number: SystemNumber, word: str
) -> None:
    reply(people.rosa.mobile, number.phone, word)
    assert answer_all() == []


def test_at_night_a_text_is_answered_as_any_is(
    people: Cast,
    departure: Departure,
    number: SystemNumber,
    box: Simulator,
    settings: Settings,
) -> None:
    """Within two hours she is in conversation; a text that came late waits."""
    settings.ENV = settings.ENV.model_copy(update={"quiet_hours": "00:00-23:59"})
    before = len(box.accepts())
    reply(people.rosa.mobile, number.phone, "Hi")
    late = timezone.now() - timedelta(hours=3)
    reply(people.bo.mobile, number.phone, "Hi", said_at=late)
    answers = {each.student_phone: each for each in answer_all()}

    assert len(box.accepts()) == before + 1
    held = fresh(answers[people.bo.mobile])
    assert held.reason == WaitingFor.QUIET_HOURS


def test_the_answer_is_not_held_though_the_student_is_on_nobodys_caseload(
    people: Cast, departure: Departure, number: SystemNumber, box: Simulator
) -> None:
    before = len(box.accepts())
    text = reply(people.kim.mobile, number.phone, "Hi")
    assert text is not None
    tell_who_follows(text.pk, departure.pk, now=timezone.now())
    hold_texts_out_of_reach(now=timezone.now())
    send_due()
    assert len(box.accepts()) == before + 1


def test_nothing_else_leaves_a_resting_number(
    people: Cast, departure: Departure, number: SystemNumber, box: Simulator
) -> None:
    before = len(box.accepts())
    text = write(people.theo, people.rosa)
    Message.objects.filter(pk=text.pk).update(
        system_number=number, due_at=timezone.now(), status="queued", reason=""
    )
    send_due()
    assert len(box.accepts()) == before


def test_a_number_that_was_given_back_answers_nobody(
    people: Cast, departure: Departure, number: SystemNumber
) -> None:
    text = reply(people.rosa.mobile, number.phone, "Hi")
    number.refresh_from_db()
    give_back_number(number=number, actor=people.ada, now=timezone.now())
    assert text is not None
    assert tell_who_follows(text.pk, departure.pk, now=timezone.now()) is None


def test_each_student_is_told_of_who_follows_for_their_program(
    people: Cast, number: SystemNumber, theos_number: SystemNumber, box: Simulator
) -> None:
    Student.objects.filter(pk=people.bo.pk).update(program="Nursing")
    leave(people, people.maya, people.theo, programs={"Nursing": people.omar})
    text = reply(people.bo.mobile, number.phone, "Hi")
    [answer] = answer_all()

    assert text is not None
    assert text.conversation.inbox_id == people.omar.pk
    assert not Conversation.objects.visible_to(again(people.theo)).exists()
    assert f"Omar Haddad is your contact now: {people.omar.email}" in answer.body


def test_a_stop_said_to_the_leaver_counts_for_who_follows(
    people: Cast, number: SystemNumber, theos_number: SystemNumber, box: Simulator
) -> None:
    """Before the day, and after it to the resting number."""
    for student in (people.rosa, people.bo):
        write(people.maya, student)
    send_due()
    reply(people.rosa.mobile, number.phone, "STOP")
    leave(people, people.maya, people.theo)
    reply(people.bo.mobile, number.phone, "STOP")
    sweep()
    before = len(box.accepts())
    for student in (people.rosa, people.bo):
        assert ledger.is_opted_out((student.mobile, theos_number.phone))
        assert write(people.theo, student).status == Status.BLOCKED
    send_due()
    assert len(box.accepts()) == before


def test_what_a_student_said_to_the_successor_counts_there(
    people: Cast, number: SystemNumber, theos_number: SystemNumber
) -> None:
    write(people.maya, people.rosa)
    send_due()
    reply(people.rosa.mobile, theos_number.phone, "START")
    reply(people.rosa.mobile, number.phone, "STOP")
    leave(people, people.maya, people.theo)
    sweep()
    assert not ledger.is_opted_out((people.rosa.mobile, theos_number.phone))
