"""Named cases in their full length. Not in `make test`: `make
faults LONG=1`, a quarter of an hour.
"""

import random
import time
from collections import Counter
from functools import partial

import pytest

from quadline.conversations.models import Message
from quadline.roster.models import Student
from tests.cast import Cast
from tests.faults.test_broadcasts import (
    as_the_caseload,
    finished,
    sent_to_the_caseload,
    texted,
    with_a_number,
)
from tests.faults.test_first_texts import first_text
from tests.faults.test_lost_answers import (
    accepts_by_phone,
    arrived,
    students_of,
    with_numbers,
)
from tests.house import House, eventually

pytestmark = pytest.mark.long
TEN_MINUTES = 600.0
# seconds from the start of a worker to the first text it hands over
FIRST_AGAIN_WITHIN = 60.0
MANY = 2_000
DEATHS = 20


def test_carrier_down_for_ten_minutes_loses_doubles_and_disorders_nothing(
    the_house: House, people: Cast
) -> None:
    with_numbers(the_house, people)
    students = students_of(people, 50)
    the_house.simulator.fault(kind="refuse_connections", seconds=TEN_MINUTES)
    gone = time.monotonic()
    texts: list[Message] = []
    for minute in range(9):
        texts += [
            first_text(people.maya, student, f"Text {minute}") for student in students
        ]
        time.sleep(max(0.0, gone + 60 * (minute + 1) - time.monotonic()))
    written = [text.pk for text in texts]
    assert (
        not Message.objects.filter(pk__in=written)
        .exclude(status__in=["waiting", "queued", "sending"])
        .exists()
    )

    eventually(lambda: arrived(texts), within=TEN_MINUTES, every=2)
    assert accepts_by_phone(the_house, students) == {
        student.mobile: 9 for student in students
    }
    for student in students:
        said = [
            line["body"].split("\n")[0]
            for line in the_house.simulator.accepts(to=student.mobile)
        ]
        assert said == [f"Text {minute}" for minute in range(9)]


def test_a_broadcast_to_2000_goes_through_20_deaths_of_its_worker(
    the_house: House, people: Cast
) -> None:
    students = two_thousand(people)
    with_a_number(the_house, people)
    the_house.simulator.fault(kind="slow", seconds=2.0)
    chance = random.Random(20)  # noqa: S311  # the same deaths in every run
    broadcast = sent_to_the_caseload(people)
    waits = []
    for _ in range(DEATHS):
        time.sleep(chance.uniform(0.3, 4.0))
        the_house.kill("worker")
        before = sum(texted(the_house).values())
        the_house.start("worker")
        begun = time.monotonic()
        # not only what died with the worker, which is looked up first
        if Message.objects.exclude(due_at=None).exists():
            eventually(
                partial(has_handed_over_more, the_house, before),
                within=FIRST_AGAIN_WITHIN,
            )
            waits.append(time.monotonic() - begun)
    the_house.simulator.clear_faults()
    print(f"from start to first text: {max(waits):.1f} s at most, {len(waits)} times")

    eventually(
        lambda: len(texted(the_house)) == MANY and finished(broadcast),
        within=TEN_MINUTES,
        every=2,
    )
    assert len(waits) > 2
    assert texted(the_house) == Counter({student.mobile: 1 for student in students})


def has_handed_over_more(house: House, than: int) -> bool:
    return sum(texted(house).values()) > than


def two_thousand(people: Cast) -> list[Student]:
    made = [
        Student(
            institutional_id=f"0077{at:04d}",
            first_name="Student",
            last_name=f"{at:04d}",
            mobile=f"+1313558{at:04d}",
        )
        for at in range(MANY)
    ]
    return as_the_caseload(people, made)
