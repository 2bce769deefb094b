"""STOP and START within seconds: what was said last counts,
in any order that it reaches us.

A webhook says nothing of when. The one who knows is the carrier: its log, with dates in
whole seconds by a clock that is not ours. So no test here tells the product when a word
was said.
"""

from dataclasses import dataclass, field
from functools import partial
from itertools import permutations

import pytest
from django.utils import timezone

from quadline.carriers.protocol import InboundText
from quadline.carriers.twilio import Twilio
from quadline.consent import ledger
from quadline.consent.models import ConsentEntry
from quadline.delivery.inbound import stop_start_order
from quadline.delivery.inbound.filing import file_replies
from quadline.delivery.tests.acts import at_once, rent, send_due, write
from quadline.numbers.models import SystemNumber
from quadline.webhooks.missed_replies import fetch_missed_replies
from tests.cast import Cast
from tests.house import Simulator

ENDS_OUT, ENDS_IN = ("STOP", "START", "STOP"), ("START", "STOP", "START")
CLOCKS = [0, -40, 40, -3600, 3600]  # seconds by which the carrier's is ahead of ours
SECONDS_APART = 3


@dataclass
class Student:
    """Says words that nobody tells us of; what reaches us is for the test to say."""

    box: Simulator
    pair: ledger.PhonePair
    said: list[InboundText] = field(default_factory=list)

    def say(self, *words: str, seconds_apart: float = SECONDS_APART) -> None:
        for word in words:
            sid = self.box.text(*self.pair, word, webhook_lost=True)["sid"]
            self.said.append(InboundText(sid, *self.pair, word))
            self.box.fast_forward(hours=seconds_apart / 3600)

    def is_told(self, *places: int) -> None:
        """The webhooks of these words come, in this order, each
        with the look that follows it.
        """
        for place in places:
            file_replies([self.said[place]], now=timezone.now())
            stop_start_order.settle_if_in_doubt(self.pair)

    @property
    def is_out(self) -> bool:
        return ledger.is_opted_out(self.pair)


@pytest.fixture
def number(people: Cast, box: Simulator, twilio: Twilio) -> SystemNumber:
    box.settings(carrier_blocks_opt_outs=False)
    return rent(people.maya)


@pytest.fixture
def rosa(people: Cast, box: Simulator, number: SystemNumber) -> Student:
    return Student(box, (people.rosa.mobile, number.phone))


@pytest.mark.parametrize(
    "words", [ENDS_OUT, ENDS_IN], ids=["ends with STOP", "ends with START"]
)
@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_in_any_order_the_last_said_counts(
    rosa: Student, words: tuple[str, ...], order: tuple[int, ...]
) -> None:
    rosa.say(*words)
    rosa.is_told(*order)

    assert rosa.is_out is (words[-1] == "STOP")
    assert not ledger.is_opted_out((rosa.pair[0], "+17342340002")), (
        "another number is another matter"
    )


@pytest.mark.parametrize("ahead", CLOCKS)
def test_a_start_that_is_told_after_the_stop_that_followed_it_texts_nobody(
    people: Cast, box: Simulator, rosa: Student, ahead: int
) -> None:
    box.settings(log_clock_ahead=ahead)
    rosa.say("START", "STOP")
    rosa.is_told(1, 0)
    write(people.maya, people.rosa)
    send_due()

    assert rosa.is_out
    assert box.accepts() == []


@pytest.mark.parametrize("ahead", CLOCKS)
@pytest.mark.parametrize("words", [("START", "STOP"), ("STOP", "START")], ids=str)
@pytest.mark.parametrize("lost", [0, 1])
def test_a_word_that_is_read_from_a_log_whose_clock_is_off_has_its_place(
    box: Simulator, rosa: Student, ahead: int, words: tuple[str, ...], lost: int
) -> None:
    box.settings(log_clock_ahead=ahead)
    rosa.say(*words)
    rosa.is_told(1 - lost)
    fetch_missed_replies(timestamp=0)

    assert ConsentEntry.objects.count() == 2
    assert rosa.is_out is (words[-1] == "STOP")


def say_within_one_second(rosa: Student, words: tuple[str, ...]) -> None:
    """However slow the machine is: what a second's end came between is
    said again, and only the last are told.
    """
    while True:
        rosa.said.clear()
        rosa.say(*words, seconds_apart=0)
        dates = {int(line["at"]) for line in rosa.box.ledger("inbound")[-2:]}
        if len(dates) == 1:
            return


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=str)
@pytest.mark.parametrize("words", [("START", "STOP"), ("STOP", "START")], ids=str)
def test_words_of_one_second_are_an_opt_out(
    box: Simulator, rosa: Student, words: tuple[str, ...], order: tuple[int, ...]
) -> None:
    """The carrier's dates say no more, and STOP wins."""
    say_within_one_second(rosa, words)
    rosa.is_told(*order)

    assert rosa.is_out
    rosa.box.fast_forward(hours=2 / 3600)
    rosa.say("START")
    rosa.is_told(-1)
    assert not rosa.is_out, "and the way back is open"


@pytest.mark.parametrize(
    "words", [ENDS_OUT, ENDS_IN], ids=["ends with STOP", "ends with START"]
)
def test_webhooks_that_come_twice_and_at_once_are_one_word_each(
    committed_people: Cast, box: Simulator, twilio: Twilio, words: tuple[str, ...]
) -> None:
    number = rent(committed_people.maya)
    rosa = Student(box, (committed_people.rosa.mobile, number.phone))
    rosa.say(*words)
    at_once([partial(rosa.is_told, place) for place in (0, 1, 2)] * 2)

    assert ConsentEntry.objects.count() == 3
    assert rosa.is_out is (words[-1] == "STOP")


def test_while_the_carrier_does_not_say_the_student_is_out_and_then_not_for_good(
    people: Cast, box: Simulator, rosa: Student
) -> None:
    rosa.say("STOP", "START")
    box.fault(kind="list_rate_limit", times=1)
    rosa.is_told(0, 1)
    assert rosa.is_out
    write(people.maya, people.rosa)
    send_due()
    assert box.accepts() == []

    assert ledger.pairs_in_doubt(limit=9) == [], "not asked again at once"
    ledger.set_doubt(rosa.pair)  # time passes
    stop_start_order.settle_pairs_in_doubt(timestamp=0)
    assert not rosa.is_out
    assert ledger.pairs_in_doubt(limit=9) == []


def test_a_stop_that_never_reached_us_is_found_when_a_start_is_looked_up(
    people: Cast, box: Simulator, rosa: Student
) -> None:
    rosa.say("STOP", "START", "STOP")
    rosa.is_told(0, 1)

    assert rosa.is_out
    assert ConsentEntry.objects.count() == 3
