"""A student's words under every order in which they can reach us. The
carrier, and its clock, is the simulator.

What is right is judged by the order in which the words were said to the carrier; the
product is never told it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase
from hypothesis import settings as how
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from quadline.carriers.protocol import InboundText
from quadline.carriers.twilio import Twilio
from quadline.consent import ledger, questions
from quadline.consent.models import ConsentState
from quadline.consent.questions import StopAnswer
from quadline.conversations.models import Conversation
from quadline.delivery.inbound import stop_start_order
from quadline.delivery.inbound.filing import file_replies
from quadline.delivery.opting import requests
from quadline.delivery.tests.acts import due_now, rent, send_due, write
from quadline.numbers.models import SystemNumber
from quadline.webhooks.missed_replies import fetch_missed_replies
from quadline.webhooks.models import CarrierEvent, LogReading
from tests.cast import Cast
from tests.house import Simulator

PHRASE = "please stop texting me"
WORDS = ("STOP", "START", "Stop.", PHRASE, "See you there")
STOPS, STARTS = ("STOP", "Stop."), ("START",)
CLOCKS = (0, -40, 40, -3600, 3600)
SECONDS_APART = 2  # the carrier's dates are in whole seconds


@dataclass
class Said:
    """A text at the carrier, and whether we have heard of it."""

    text: InboundText
    is_heard: bool = False

    @property
    def word(self) -> str:
        return self.text.body


class Words(RuleBasedStateMachine):
    """Rosa, Maya's number, and a carrier that tells late,
    twice, in any order or never.
    """

    people: Cast
    box: Simulator
    begun: Callable[[], SystemNumber]

    def __init__(self) -> None:
        super().__init__()
        self.atom = transaction.atomic()
        self.atom.__enter__()
        self.number = type(self).begun()
        self.pair = (self.people.rosa.mobile, self.number.phone)
        self.said: list[Said] = []
        self.taken = 0
        self.answers = 0

    def teardown(self) -> None:
        try:
            self._everything_is_heard_in_the_end()
        finally:
            transaction.set_rollback(True)
            self.atom.__exit__(None, None, None)

    @initialize(ahead=st.sampled_from(CLOCKS))
    def the_carriers_clock(self, ahead: int) -> None:
        self.box.settings(log_clock_ahead=ahead)

    @rule(word=st.sampled_from(WORDS))
    def rosa_says(self, word: str) -> None:
        sid = self.box.text(*self.pair, word, webhook_lost=True)["sid"]
        self.box.fast_forward(hours=SECONDS_APART / 3600)
        self.said.append(Said(InboundText(sid, *self.pair, word)))

    @rule(
        first=st.sampled_from(STOPS + STARTS),
        second=st.sampled_from(STOPS + STARTS),
        swapped=st.booleans(),
    )
    def rosa_wavers_and_maya_writes(
        self, first: str, second: str, swapped: bool
    ) -> None:
        self.rosa_says(first)
        self.rosa_says(second)
        for said in sorted(self.said[-2:], key=self.said.index, reverse=swapped):
            self._hear(said)
            stop_start_order.settle_if_in_doubt(self.pair)
        self.maya_writes()

    @precondition(lambda self: self.said)
    @rule(which=st.integers(0, 30), is_settled=st.booleans())
    def a_webhook_comes(self, which: int, is_settled: bool) -> None:
        self._hear(self.said[which % len(self.said)])
        if is_settled:
            stop_start_order.settle_if_in_doubt(self.pair)

    @rule()
    def the_log_is_read(self) -> None:
        fetch_missed_replies(timestamp=0)
        for said in self.said:
            said.is_heard = True

    @rule()
    def the_carrier_does_not_say(self) -> None:
        self.box.fault(kind="list_rate_limit", times=1)
        stop_start_order.settle_if_in_doubt(self.pair)
        self.box.clear_faults()

    @rule()
    def the_order_is_looked_up(self) -> None:
        stop_start_order.settle_if_in_doubt(self.pair)

    @rule(answer=st.sampled_from(StopAnswer))
    def maya_answers(self, answer: StopAnswer) -> None:
        talk = Conversation.objects.filter(
            inbox__owner=self.people.maya, student=self.people.rosa
        ).first()
        if talk and questions.open_question(self.pair):
            requests.answer_question(
                conversation=talk,
                actor=self.people.maya,
                answer=answer,
                now=timezone.now(),
            )
            self.answers += 1

    @rule()
    def maya_writes(self) -> None:
        write(self.people.maya, self.people.rosa)
        self._watched(send_due)

    @rule()
    def what_waits_is_due(self) -> None:
        due_now()
        self._watched(send_due)

    def _hear(self, said: Said) -> None:
        file_replies([said.text], now=timezone.now())
        said.is_heard = True

    def _watched(self, act: Callable[[], None]) -> None:
        """Nothing leaves after a STOP that we have heard of, unless she came back
        later, and we have heard of that.
        """
        is_closed = self._must_be_closed()
        act()
        new = self.box.accepts()[self.taken :]
        self.taken += len(new)
        assert not (is_closed and new), [
            (each.word, each.is_heard) for each in self.said
        ]

    def _must_be_closed(self) -> bool:
        heard = [
            (place, said.word) for place, said in enumerate(self.said) if said.is_heard
        ]
        last_stop = max((place for place, word in heard if word in STOPS), default=-1)
        last_start = max((place for place, word in heard if word in STARTS), default=-1)
        last_phrase = max(
            (place for place, word in heard if word == PHRASE), default=-1
        )
        is_unanswered = last_phrase > last_start and not self.answers
        return last_stop > last_start or is_unanswered

    def _everything_is_heard_in_the_end(self) -> None:
        """Left alone, each pair stands by the last word: nobody is texted
        after a STOP, nobody is out for good.
        """
        self.the_log_is_read()
        ConsentState.objects.exclude(look_up_at=None).update(look_up_at=timezone.now())
        stop_start_order.settle_pairs_in_doubt(timestamp=0)
        words = [said.word for said in self.said if said.word in STOPS + STARTS]
        if words and not self.answers:
            seen = [(each.word, each.is_heard) for each in self.said]
            assert ledger.is_opted_out(self.pair) is (words[-1] in STOPS), seen
        self.maya_writes()


@pytest.fixture
def machine(people: Cast, box: Simulator, twilio: Twilio) -> type[Words]:
    def begun() -> SystemNumber:
        SystemNumber.objects.all().delete()
        CarrierEvent.objects.all().delete()
        LogReading.objects.all().delete()
        box.ask("POST", "/simulator/reset")
        box.settings(callback_delay=10**9, carrier_blocks_opt_outs=False)
        return rent(people.maya)

    Words.people, Words.box, Words.begun = people, box, staticmethod(begun)
    return Words


def test_the_last_word_counts_in_whichever_order_they_come(machine: type[Any]) -> None:
    run_state_machine_as_test(
        machine,
        settings=how(
            max_examples=30,
            stateful_step_count=14,
            deadline=None,
            derandomize=True,
            # a run of this many steps is short enough to be read as it is
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
