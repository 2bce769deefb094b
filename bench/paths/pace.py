"""Pace: texts a second that leave by a number limited to one a second,
seen at the carrier.
"""

from collections import defaultdict

from django.conf import settings
from django.utils import timezone

from bench import college, stand_in_log
from bench.figures import Figures, Reach, Row, Work
from bench.house import worker
from quadline.delivery.sending.sender import send_due_texts
from quadline.jobs import enqueue

NUMBERS = 50
ONE, MANY, FASTEST = (
    "pace, one number",
    f"pace, {NUMBERS} numbers",
    "pace, the fastest minute",
)
A_MINUTE = 60  # seconds; at one a second, as many texts of a number
ROWS = (
    Row(ONE, "texts/s", "the rate itself", Reach(at_least=0.95, at_most=1.0)),
    Row(MANY, "texts/s", "the rate of all numbers", Reach(at_least=0.95, at_most=1.0)),
    Row(FASTEST, "texts/s", "the rate itself", Reach(at_most=1.0)),
)


def measure(work: Work) -> Figures:
    of_one, of_each = work.of(300, quick=11), work.of(100, quick=11)
    _college(of_one, NUMBERS * of_each)
    with worker("texts"):
        one = _beats(1, of_one)
        many = _beats(1 + of_one, NUMBERS * of_each)
    rates = [_rate(beats) for beats in many]
    return {
        ONE: _rate(one[0]),
        MANY: sum(rates),
        FASTEST: max(_fastest(beats) for beats in one + many),
    }


def limit(work: Work) -> Figures:
    rate = settings.ENV.texts_per_second
    return {ONE: rate, MANY: NUMBERS * rate, FASTEST: rate}


def _college(of_one: int, of_many: int) -> None:
    """The first students hear from one number, the others in turn from fifty more."""
    now = timezone.now()
    college.empty()
    college.staff(1 + NUMBERS, now=now)
    whose = f"CASE WHEN g <= {of_one} THEN 1 ELSE 2 + g % {NUMBERS} END"
    college.students(of_one + of_many, whose=whose)
    college.conversations(of_one + of_many, whose=whose, now=now)
    college.settle()


def _beats(first: int, count: int) -> list[list[float]]:
    """When each number sent: from its second text to the last.

    The first opens the worker's connection to the carrier.
    """
    before = stand_in_log.how_many()
    college.texts(
        count,
        first=first,
        status="waiting",
        now=timezone.now(),
        reason="'turn'",
        due_at="now()",
    )
    enqueue(send_due_texts)
    stand_in_log.wait_for(before + count, seconds=60 + 2 * count)
    times = defaultdict(list)
    for text in stand_in_log.taken()[before:]:
        times[text.sender].append(text.at)
    return [sorted(each)[1:] for each in times.values()]


def _rate(beats: list[float]) -> float:
    intervals = len(beats) - 1
    seconds = beats[-1] - beats[0]
    return intervals / seconds


def _fastest(beats: list[float]) -> float:
    """The rate of the minute in which it sent the most, or of all of it when that is
    shorter: no stall hides a burst.
    """
    starts = range(max(1, len(beats) - A_MINUTE))
    minutes = [beats[start : start + 1 + A_MINUTE] for start in starts]
    return max(_rate(minute) for minute in minutes)
