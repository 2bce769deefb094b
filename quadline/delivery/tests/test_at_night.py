"""What may leave at night: a single text to a student who texted lately, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from quadline.consent.rules import CONVERSATION_LASTS
from quadline.conversations.models import Message
from quadline.conversations.rules import Channel, Status, WaitingFor
from quadline.delivery.permission.recipients import places_of, verdict_on
from quadline.delivery.tests.acts import due_now, fresh, reply, send_due, write
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student
from tests.cast import Cast
from tests.house import Simulator

MIAMI, DETROIT = "+13055550141", "+13135550141"


@pytest.fixture
def night(settings: Settings) -> None:
    settings.ENV = settings.ENV.model_copy(update={"quiet_hours": "00:00-23:59"})


def said_hours_ago(message: Message | None, hours: float) -> None:
    assert message is not None
    at = message.created_at - timedelta(hours=hours)
    Message.objects.filter(pk=message.pk).update(created_at=at)


def tried_at_night(text: Message, settings: Settings) -> Message:
    """The text was accepted by day; its last look comes by night."""
    settings.ENV = settings.ENV.model_copy(update={"quiet_hours": "00:00-23:59"})
    due_now()
    send_due()
    return fresh(text)


def test_a_text_to_who_texted_just_now_leaves(people: Cast, box: Simulator, number: SystemNumber, settings: Settings) -> None:
    reply(people.rosa.mobile, number.phone, "Are you there?")
    assert tried_at_night(write(people.maya, people.rosa), settings).status == Status.SENT


def test_what_was_texted_hours_ago_opens_no_night(
    people: Cast, box: Simulator, number: SystemNumber, night: None, settings: Settings
) -> None:
    hours = CONVERSATION_LASTS.total_seconds() / 3600
    said_hours_ago(reply(people.rosa.mobile, number.phone, "Are you there?"), hours + 0.1)
    assert write(people.maya, people.rosa).reason == WaitingFor.QUIET_HOURS
    assert tried_at_night(Message.objects.order_by("-position")[0], settings).status != Status.SENT
    assert box.accepts() == []


def test_an_email_of_theirs_opens_no_night(people: Cast, box: Simulator, number: SystemNumber, settings: Settings) -> None:
    answer = reply(people.rosa.mobile, number.phone, "Are you there?")
    assert answer is not None
    Message.objects.filter(pk=answer.pk).update(channel=Channel.EMAIL)
    held = tried_at_night(write(people.maya, people.rosa), settings)
    assert box.accepts() == []
    assert (held.status, held.reason) == (Status.QUEUED, WaitingFor.QUIET_HOURS), "nobody has picked it up"


def test_a_text_of_a_broadcast_is_no_answer(people: Cast, box: Simulator, number: SystemNumber, settings: Settings) -> None:
    reply(people.rosa.mobile, number.phone, "Are you there?")
    text = write(people.maya, people.rosa)
    Message.objects.filter(pk=text.pk).update(is_bulk=True)
    held = tried_at_night(text, settings)
    assert box.accepts() == []
    assert (held.status, held.reason) == (Status.QUEUED, WaitingFor.QUIET_HOURS), "nobody has picked it up"


@pytest.mark.parametrize(
    ("student", "region", "expected"),
    [
        (Student(mobile=DETROIT), "MI", ("America/Detroit",)),
        (Student(mobile=MIAMI), "MI", ("America/Detroit", "America/New_York FL")),
        (Student(mobile=MIAMI, time_zone="America/New_York"), "MI", ("America/New_York FL",)),
        (Student(mobile=MIAMI, time_zone="America/Denver"), "MI", ("America/Denver",)),
        (Student(mobile=MIAMI, time_zone="America/Detroit"), "OK", ("America/Detroit OK",)),
        (None, "OK", ("America/Detroit OK",)),
    ],
)
def test_a_student_is_where_zone_phone_and_campus_say(
    settings: Settings, student: Student | None, region: str, expected: tuple[str, ...]
) -> None:
    env = {"college_time_zone": "America/Detroit", "college_region": region}
    settings.ENV = settings.ENV.model_copy(update=env)
    assert places_of(student) == expected


def test_a_college_chooses_whose_hours_it_heeds(settings: Settings) -> None:
    env = {"college_time_zone": "America/Detroit", "college_region": "MI"}
    settings.ENV = settings.ENV.model_copy(update={**env, "quiet_hours_states": "MI, FL"})
    assert places_of(Student(mobile=DETROIT)) == ("America/Detroit MI",)
    settings.ENV = settings.ENV.model_copy(update={"quiet_hours_states": "none"})
    assert places_of(Student(mobile=MIAMI)) == ("America/Detroit", "America/New_York")


def test_a_phone_from_florida_is_held_an_hour_earlier(people: Cast, number: SystemNumber, settings: Settings) -> None:
    settings.ENV = settings.ENV.model_copy(update={"quiet_hours": "21:00-08:00"})
    evening = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)  # 8:30 PM in Detroit and Miami
    text = write(people.maya, people.rosa)
    verdict = verdict_on(text.conversation, system_phone=number.phone, is_bulk=False, now=evening)
    assert verdict.is_allowed

    Student.objects.filter(pk=people.rosa.pk).update(mobile=MIAMI, time_zone="")
    moved = fresh(text).conversation
    verdict = verdict_on(moved, system_phone=number.phone, is_bulk=False, now=evening)
    assert verdict.until == datetime(2026, 11, 24, 13, tzinfo=UTC)
