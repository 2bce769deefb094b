"""Nights in which the clocks are changed: nothing leaves in quiet hours,
and everything in the morning, once.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from pytest_django import Settings

from quadline.carriers.twilio import Twilio
from quadline.conversations.models import Message
from quadline.conversations.rules import Status
from quadline.delivery.tests.acts import status
from tests.cast import Cast
from tests.house import Simulator
from tests.model.college import College

DETROIT = ZoneInfo("America/Detroit")
STEP = timedelta(minutes=10)
NIGHTS = {
    "the clocks are put forward at two": (
        datetime(2027, 3, 13, 20, 50, tzinfo=DETROIT),
        timedelta(hours=10),
    ),
    "the clocks are turned back at two": (
        datetime(2026, 10, 31, 20, 50, tzinfo=DETROIT),
        timedelta(hours=12),
    ),
    "a night like any other": (
        datetime(2026, 10, 30, 20, 50, tzinfo=DETROIT),
        timedelta(hours=11),
    ),
}


@pytest.mark.parametrize("night", NIGHTS)
def test_a_text_of_the_evening_leaves_at_eight_by_the_clock_on_the_wall(
    people: Cast, box: Simulator, twilio: Twilio, settings: Settings, night: str
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"quiet_hours": "21:00-08:00"})
    evening, lasts = NIGHTS[night]
    with time_machine.travel(evening, tick=False) as clock:
        college = College(people, box, twilio, clock)
        college.write(people.rosa)
        college.take_number_further()
        college.send()
        assert len(college.accepts()) == 1, (
            "ten minutes before the quiet hours it is still day"
        )
        clock.shift(2 * STEP)
        nine = college.now
        college.write(people.bo)
        while (left := len(college.accepts())) == 1 and college.now < nine + timedelta(
            hours=20
        ):
            clock.shift(STEP)
            college.send()
            college.sweep()
        assert left == 2
        assert college.now.astimezone(DETROIT).strftime("%H:%M") == "08:00"
        assert college.now - nine.replace(minute=0) == lasts
        college.send()
        assert [line["to"] for line in college.accepts()] == [
            people.rosa.mobile,
            people.bo.mobile,
        ]
        assert {status(text) for text in Message.objects.all()} == {Status.SENT}


@pytest.mark.parametrize(
    "ahead", [timedelta(minutes=10), timedelta(hours=1), timedelta(hours=24)]
)
def test_a_clock_that_was_ahead_while_a_text_left_sends_it_once(
    people: Cast, box: Simulator, twilio: Twilio, settings: Settings, ahead: timedelta
) -> None:
    """By our record the attempt was made after the carrier had taken its text."""
    with time_machine.travel(
        datetime(2027, 11, 3, 12, 0, tzinfo=DETROIT), tick=False
    ) as clock:
        college = College(people, box, twilio, clock)
        college.write(people.rosa)
        college.take_number_further()
        college.wait(STEP)
        clock.shift(ahead)
        college.send_with(kind="accept_then_500")
        for _ in range(6):
            college.wait(timedelta(minutes=2))
            college.sweep()
            college.send()
        assert len(college.accepts()) == 1
        assert {status(text) for text in Message.objects.all()} <= {
            Status.SENT,
            Status.DELIVERED,
        }


@pytest.mark.parametrize(
    "jump",
    [timedelta(hours=-1), timedelta(hours=1), timedelta(days=-1), timedelta(days=1)],
)
def test_a_clock_that_is_set_wrong_for_a_moment_sends_nothing_twice(
    people: Cast, box: Simulator, twilio: Twilio, settings: Settings, jump: timedelta
) -> None:
    with time_machine.travel(
        datetime(2027, 11, 7, 1, 30, tzinfo=DETROIT), tick=False
    ) as clock:
        college = College(people, box, twilio, clock)
        college.write(people.rosa)
        college.take_number_further()
        college.wait(STEP)  # the carrier's clock goes as ours, until ours is set wrong
        college.send_and_die(after_call=True)
        clock.shift(jump)
        for _ in range(6):
            college.send()
            college.sweep()
            clock.shift(timedelta(minutes=2))
        clock.shift(-jump)
        for _ in range(6):
            college.send()
            college.sweep()
            clock.shift(timedelta(minutes=2))
        assert len(college.accepts()) == 1
        assert {status(text) for text in Message.objects.all()} == {Status.SENT}


@pytest.mark.parametrize(
    "wrong_by", [timedelta(seconds=-600), timedelta(hours=1), timedelta(seconds=7000)]
)
def test_a_worker_whose_clock_is_wrong_keeps_nothing_from_leaving(
    people: Cast,
    box: Simulator,
    twilio: Twilio,
    settings: Settings,
    wrong_by: timedelta,
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"texts_per_second": 1.0})
    with time_machine.travel(
        datetime(2027, 11, 3, 12, 0, tzinfo=DETROIT), tick=False
    ) as clock:
        college = College(people, box, twilio, clock)
        college.write(people.rosa)
        college.take_number_further()
        with college.with_a_wrong_clock(wrong_by):
            college.send_with(kind="rate_limit")
        college.wait(timedelta(seconds=10))
        college.write(people.bo)
        with college.with_a_wrong_clock(wrong_by):
            college.send_with(kind="accept_then_500")
        for _ in range(3):
            college.wait(timedelta(seconds=70))
            college.sweep()
            college.send()
        assert len(college.accepts()) == 2
        assert {status(text) for text in Message.objects.all()} == {Status.SENT}
