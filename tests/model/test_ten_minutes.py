"""A carrier that nobody reaches for ten minutes, by the clock: the texts wait, and then
each leaves once and in order.

The same in real time, with real processes: `make faults LONG=1`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from pytest_django import Settings

from quadline.carriers import registry
from quadline.carriers.twilio import Twilio
from quadline.conversations.models import Message
from quadline.conversations.rules import Status
from quadline.delivery.models import Attempt
from quadline.delivery.rules import MAX_RETRY_WAIT
from quadline.delivery.tests.acts import status
from tests.cast import Cast
from tests.house import Simulator
from tests.model.college import College

NOON = datetime(2026, 11, 3, 17, 0, tzinfo=UTC)
TEN_MINUTES = timedelta(minutes=10)
EVERY = timedelta(seconds=10)  # as the timetable has it
NOBODY_LISTENS = "http://127.0.0.1:9"


@contextmanager
def nobody_listening(settings: Settings) -> Iterator[None]:
    """The real adapter, and a door that is closed: each
    call is a connection refused.
    """
    there = settings.ENV
    names = (
        "twilio_api_url",
        "twilio_messaging_url",
        "twilio_events_url",
        "twilio_accounts_url",
    )
    settings.ENV = there.model_copy(update=dict.fromkeys(names, NOBODY_LISTENS))
    registry.carrier.cache_clear()
    yield
    settings.ENV = there
    registry.carrier.cache_clear()


def pass_time(college: College, until: datetime) -> None:
    while college.now < until:
        college.send()
        college.sweep()
        college.clock.shift(EVERY)


@pytest.fixture
def college(people: Cast, box: Simulator, twilio: Twilio) -> Iterator[College]:
    with time_machine.travel(NOON, tick=False) as clock:
        made = College(people, box, twilio, clock)
        made.write(people.sally)
        made.take_number_further()
        made.send()
        yield made


def test_a_carrier_that_is_down_for_ten_minutes_loses_doubles_and_disorders_nothing(
    college: College, settings: Settings
) -> None:
    begun = college.now
    with nobody_listening(settings):
        for minute in range(10):
            for student in college.students:
                college.write(student)
            pass_time(college, begun + timedelta(minutes=minute + 1))
        waiting = Message.objects.filter(conversation__student__in=college.students)
        assert {status(text) for text in waiting} <= {
            Status.WAITING,
            Status.QUEUED,
            Status.SENDING,
        }
        assert all(text.due_at for text in waiting), "each waits for its next turn"
        assert Attempt.objects.filter(outcome=Attempt.Outcome.UNSENT).count() > 8, (
            "and it was tried again and again"
        )
        assert len(college.accepts()) == 1, (
            "the text before; of the others the carrier knows nothing"
        )
    back = college.now
    assert back - begun >= TEN_MINUTES

    pass_time(college, back + MAX_RETRY_WAIT * 2)
    said: dict[str, list[int]] = defaultdict(list)
    for line in college.accepts()[1:]:
        said[line["to"]].append(int(line["body"].split(".")[0].removeprefix("Text ")))
    assert {phone: len(bodies) for phone, bodies in said.items()} == {
        each.mobile: 10 for each in college.students
    }
    assert all(bodies == sorted(bodies) for bodies in said.values()), (
        "in the order written"
    )
    references = Counter(line["status_callback"] for line in college.accepts())
    assert max(references.values()) == 1


def test_a_call_that_was_under_way_when_the_carrier_went_down_is_settled_when_it_is_back(
    college: College, settings: Settings
) -> None:
    """Nobody can be asked for ten minutes: nothing is
    decided, nothing is sent again.
    """
    college.write(college.students[0])
    college.send_with(kind="accept_then_500")
    with nobody_listening(settings):
        pass_time(college, college.now + TEN_MINUTES)
        assert Attempt.objects.filter(outcome=Attempt.Outcome.UNKNOWN).count() == 1
    pass_time(college, college.now + timedelta(minutes=2))

    assert len(college.accepts()) == 2
    assert {status(text) for text in Message.objects.all()} == {Status.SENT}
