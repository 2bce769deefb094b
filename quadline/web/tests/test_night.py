"""A text whose turn comes at night is held until the morning,
says so, and was never picked up.
"""

import uuid
from datetime import UTC, datetime
from functools import partial

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from quadline.conversations.models import Message
from quadline.conversations.rules import Status, WaitingFor
from quadline.delivery.outbox import accepting
from quadline.delivery.tests.acts import (
    fresh,
    number_row,
    outcomes,
    rent,
    reply,
    send_due,
    write,
)
from quadline.numbers import activation
from quadline.numbers.rules import NumberState
from quadline.roster.models import Student
from quadline.web.inbox.log import Acts, Bubble, bubbles_of
from tests.cast import Cast
from tests.house import Simulator

EVENING = datetime(2026, 11, 24, 1, tzinfo=UTC)  # 8:00 PM in Detroit
# 10:00 PM, 8:00 AM
NIGHT, MORNING = (
    datetime(2026, 11, 24, 3, tzinfo=UTC),
    datetime(2026, 11, 24, 13, tzinfo=UTC),
)


@pytest.fixture(autouse=True)
def quiet_hours(settings: Settings) -> None:
    settings.ENV = settings.ENV.model_copy(
        update={"quiet_hours": "21:00-08:00", "college_time_zone": "America/Detroit"}
    )


def shown(message: Message) -> Bubble:
    [bubble] = bubbles_of([fresh(message)], acts=Acts.ALL)
    return bubble


def written_at(moment: datetime, people: Cast, student: Student) -> Message:
    return accepting.accept_text(
        author=people.maya,
        student=student,
        message_id=uuid.uuid4(),
        body="Hello",
        now=moment,
        is_meant=True,
    )


def test_a_first_text_whose_number_becomes_active_at_night_is_held_until_the_morning(
    people: Cast, box: Simulator, twilio: object
) -> None:
    with time_machine.travel(EVENING, tick=False):
        text = write(people.maya, people.rosa)
        number = rent(people.maya, active=False)
    with time_machine.travel(NIGHT, tick=False), timezone.override("America/Detroit"):
        activation.activate(number, cause="the networks registered it", now=NIGHT)
        send_due()
        held, bubble = fresh(text), shown(text)
        assert (held.status, held.reason, held.due_at) == (
            Status.WAITING,
            WaitingFor.QUIET_HOURS,
            MORNING,
        )
        assert bubble.status_words == "Held until 8:00 AM"
        assert bubble.can_cancel
        assert [step.words for step in bubble.timeline] == [
            "Written by Maya Alvarez",
            "Held: it is outside texting hours where the student is",
        ]
        assert outcomes(text) == []
        assert box.accepts() == []
        assert held.deadline_at is not None
        assert held.deadline_at > MORNING
    with time_machine.travel(MORNING, tick=False):
        send_due()
        assert [each["to"] for each in box.accepts()] == [people.rosa.mobile]


def test_a_text_that_came_too_late_to_its_turn_is_held_and_can_be_cancelled(
    people: Cast, box: Simulator, twilio: object
) -> None:
    with time_machine.travel(EVENING, tick=False):
        rent(people.maya)
        text = written_at(EVENING, people, people.rosa)
        assert text.status == Status.QUEUED
    with time_machine.travel(NIGHT, tick=False):
        send_due()
        assert (fresh(text).status, fresh(text).reason) == (
            Status.QUEUED,
            WaitingFor.QUIET_HOURS,
        )
        assert accepting.cancel_text(message=text, actor=people.maya, now=NIGHT)
    with time_machine.travel(MORNING, tick=False):
        send_due()
    assert box.accepts() == []


def test_a_student_who_wrote_tonight_is_not_kept_waiting_by_others(
    people: Cast, box: Simulator, twilio: object
) -> None:
    with time_machine.travel(NIGHT, tick=False):
        number = rent(people.maya)
        reply(people.bo.mobile, number.phone, "Are you there?")
        held, answer = (
            written_at(EVENING, people, student) for student in (people.rosa, people.bo)
        )
        send_due()
        assert [each["to"] for each in box.accepts()] == [people.bo.mobile]
        assert (fresh(held).reason, fresh(answer).status) == (
            WaitingFor.QUIET_HOURS,
            Status.SENT,
        )


def test_hundreds_that_wait_for_the_morning_do_not_keep_the_rest_from_being_found(
    people: Cast, box: Simulator, twilio: object
) -> None:
    with time_machine.travel(NIGHT, tick=False):
        number = rent(people.maya)
        reply(people.bo.mobile, number.phone, "Are you there?")
        texts = partial(written_at, EVENING, people)
        held = [texts(people.rosa) for _ in range(130)]
        texts(people.bo)
        send_due()
        assert len(box.accepts()) == 1
        assert {fresh(text).reason for text in held} == {WaitingFor.QUIET_HOURS}


def test_one_found_at_the_very_last_look_says_until_when_it_is_held(
    people: Cast, box: Simulator, twilio: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock strikes between the two looks."""
    monkeypatch.setattr(
        "quadline.delivery.sending.claiming.quiet_hours_deferral.defer_for_quiet_hours",
        lambda ids, now: set(),
    )
    with time_machine.travel(NIGHT, tick=False), timezone.override("America/Detroit"):
        rent(people.maya)
        text = written_at(EVENING, people, people.rosa)
        send_due()
        assert shown(text).status_words == "Held until 8:00 AM"
        assert shown(text).timeline[-1].words == "Picked up to be sent"
        assert box.accepts() == []


def test_at_night_a_text_that_still_waits_for_its_number_says_so(people: Cast) -> None:
    number_row(people.maya, state=NumberState.REGISTERING)
    with time_machine.travel(NIGHT, tick=False):
        assert (
            shown(write(people.maya, people.rosa)).status_words
            == "Waiting for your number"
        )
