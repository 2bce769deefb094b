"""A worker that dies is noticed, and its work is taken up by another: how
soon. Held against the carrier's ledger.
"""

import time
from datetime import timedelta

from django.utils import timezone

from quadline.conversations.models import MessageEvent
from quadline.delivery.models import Attempt
from quadline.delivery.rules import ATTEMPT_LOST_AFTER
from tests.cast import Cast
from tests.faults.test_first_texts import first_text
from tests.faults.test_lost_answers import (
    accepts_by_phone,
    arrived,
    students_of,
    with_numbers,
)
from tests.house import House, eventually

NOTICED_WITHIN = timedelta(seconds=60)
SWEEP = timedelta(seconds=10)
# may be later with a sweep, and with what it writes down
A_SLOW_MACHINE = timedelta(seconds=60)


def test_the_work_of_a_dead_worker_is_noticed_within_a_minute_and_done_by_another(
    the_house: House, people: Cast
) -> None:
    with_numbers(the_house, people)
    students = students_of(people, 40)
    # so that calls are under way when it dies
    the_house.simulator.fault(kind="slow", seconds=6.0)
    texts = [
        first_text(people.maya, student, "Are you coming?") for student in students
    ]
    under_way = Attempt.objects.filter(outcome="under_way")
    eventually(lambda: under_way.exists())
    the_house.kill("worker")
    died, begun = time.monotonic(), timezone.now()
    the_house.simulator.clear_faults()
    the_house.start("another worker", ["worker"])
    try:
        eventually(
            lambda: not under_way.filter(started_at__lte=begun).exists(), every=0.5
        )
        seen = time.monotonic() - died
        lost = MessageEvent.objects.filter(
            message__in=texts, cause="answer lost", at__gt=begun
        ).values_list("at", flat=True)
        # by the clock of the process that noticed
        noticed = [at - begun for at in lost]
        eventually(lambda: arrived(texts), every=0.5)
        print(
            f"noticed after {seen:.0f} s, all arrived after"
            f" {time.monotonic() - died:.0f} s"
        )
        assert ATTEMPT_LOST_AFTER + SWEEP < NOTICED_WITHIN
        # Where each receipt was quicker than whoever looks for lost answers, none was
        # lost: that nothing is under way any more says that the work was noticed.
        assert max(noticed, default=timedelta(0)) < NOTICED_WITHIN + A_SLOW_MACHINE
        assert accepts_by_phone(the_house, students) == {
            student.mobile: 1 for student in students
        }
    finally:
        the_house.processes.pop("another worker").stop()
        the_house.start("worker")
