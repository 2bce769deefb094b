"""The promises under every order of events that Hypothesis can think of, in this
process. The carrier is the simulator.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, Phase
from hypothesis import settings as how
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pytest_django import Settings

from quadline.carriers.protocol import ReceiptProgress
from quadline.carriers.twilio import Twilio
from quadline.conversations.models import Message
from quadline.conversations.rules import FINAL_STATUSES, NOT_DELIVERED, Status
from quadline.delivery.outcomes.reconciliation import A_PERSON_DECIDES
from quadline.numbers.models import SystemNumber
from tests.cast import Cast
from tests.house import Simulator
from tests.mail_server import MailServer
from tests.model import promises
from tests.model.college import College

# A week of autumn in which the clocks are turned back: Sunday 1 November, two o'clock
# in the morning.
BEGIN = datetime(2026, 10, 31, 18, 0, tzinfo=UTC)
WHO = st.sampled_from([0, 1])
FAULTS = ("accept_then_500", "reset", "rate_limit")
KEYWORDS = ("STOP", "Stop.", "OPT OUT", "START", "Start.", "HELP", "See you there")
PHRASES = ("please stop texting me", "no más mensajes")
WRONG_BY = [timedelta(seconds=-600), timedelta(seconds=90), timedelta(seconds=7000)]
WAITS = [
    timedelta(seconds=6),
    timedelta(seconds=70),
    timedelta(minutes=20),
    timedelta(hours=3),
    timedelta(hours=9),
]


class Machine(RuleBasedStateMachine):
    """Everything is undone after each run: it happens within one
    transaction that is rolled back.
    """

    made: Callable[[], College]
    mailbox: MailServer

    def __init__(self) -> None:
        super().__init__()
        self._travel = time_machine.travel(BEGIN, tick=True)
        self.clock = self._travel.start()
        self.atom = transaction.atomic()
        self.atom.__enter__()
        self.college = type(self).made(self.clock)  # type: ignore[call-arg]
        self.taken = 0

    def teardown(self) -> None:
        try:
            self._comes_to_an_end()
        finally:
            transaction.set_rollback(True)
            self.atom.__exit__(None, None, None)
            self._travel.stop()

    @initialize(is_active=st.booleans())
    def begin(self, is_active: bool) -> None:
        self.college.write(self.college.people.sally)
        if is_active:
            self.college.take_number_further()

    @rule(who=WHO)
    def write(self, who: int) -> None:
        self.college.write(self.college.students[who])

    @rule(who=WHO)
    def write_twice_and_send(self, who: int) -> None:
        self.college.write(self.college.students[who])
        self.college.write(self.college.students[who], self.college.texts[-1])
        self._watched(self.college.send)

    @rule()
    def the_number_becomes_active(self) -> None:
        self.college.take_number_further()

    @rule()
    def send(self) -> None:
        self._watched(self.college.send)

    @rule(kind=st.sampled_from(FAULTS))
    def send_with_a_fault(self, kind: str) -> None:
        self._watched(lambda: self.college.send_with(kind=kind))

    @rule(code=st.sampled_from([21211, 21610, 30035, 20003]))
    def the_carrier_refuses(self, code: int) -> None:
        self._watched(lambda: self.college.send_with(kind="refuse", code=code))

    @rule(after_call=st.booleans())
    def the_worker_dies(self, after_call: bool) -> None:
        self._watched(lambda: self.college.send_and_die(after_call=after_call))

    @rule()
    def sweep(self) -> None:
        self._watched(self.college.sweep)

    @rule(who=WHO, words=st.sampled_from(KEYWORDS), times=st.integers(1, 3))
    def a_student_says(self, who: int, words: str, times: int) -> None:
        self.college.say(self.college.students[who], words, times=times)

    @rule(who=WHO, words=st.sampled_from(PHRASES))
    def a_student_may_want_to_stop(self, who: int, words: str) -> None:
        self.college.say(self.college.students[who], words)

    @rule(who=WHO, words=st.sampled_from(["STOP", *PHRASES]))
    def words_cross(self, who: int, words: str) -> None:
        """The carrier would not take a text just now; before it is tried
        again, its student wants no more.
        """
        self.college.write(self.college.students[who])
        self._watched(lambda: self.college.send_with(kind="rate_limit"))
        self.college.say(self.college.students[who], words)
        self.college.wait(timedelta(seconds=70))
        self._watched(self.college.send)

    @rule(who=WHO, is_taken=st.booleans())
    def an_answer_is_lost(self, who: int, is_taken: bool) -> None:
        self.college.write(self.college.students[who])
        self._watched(
            lambda: self.college.send_with(
                kind="accept_then_500" if is_taken else "reset"
            )
        )
        for _ in range(2):
            self.college.wait(timedelta(seconds=70))
            self._watched(self.college.sweep)
        self._watched(self.college.send)

    @rule(who=WHO, by=st.sampled_from(WRONG_BY), kind=st.sampled_from(("", *FAULTS)))
    def a_worker_has_a_wrong_clock(self, who: int, by: timedelta, kind: str) -> None:
        self.college.write(self.college.students[who])
        with self.college.with_a_wrong_clock(by):
            self._watched(
                lambda: (
                    self.college.send_with(kind=kind) if kind else self.college.send()
                )
            )
            self._watched(self.college.sweep)

    @rule(who=WHO, answer=st.sampled_from(["stop", "go_on"]))
    def the_question_is_answered(self, who: int, answer: str) -> None:
        self.college.answer(self.college.students[who], answer)

    @rule(which=st.integers(0, 30))
    def cancel(self, which: int) -> None:
        self.college.cancel(self.college.texts[which % len(self.college.texts)])

    @precondition(lambda self: self.taken)
    @rule(
        which=st.integers(0, 30),
        said=st.lists(st.sampled_from(list(ReceiptProgress)), min_size=1, max_size=4),
        by=st.booleans(),
    )
    def receipts_come(self, which: int, said: list[ReceiptProgress], by: bool) -> None:
        accepts = self.college.accepts()
        for progress in said:
            self.college.hear(
                accepts[which % len(accepts)]["sid"], progress, by_reference=by
            )

    @rule(wait=st.sampled_from(WAITS))
    def time_passes(self, wait: timedelta) -> None:
        self.college.wait(wait)

    @invariant()
    def the_promises_hold(self) -> None:
        if not self.college.texts:
            return
        promises.each_text_is_over_or_waits_visibly(self.college)
        promises.none_is_in_nobodys_hands(self.college)
        promises.accepted_at_most_once(self.college)
        promises.one_number_and_one_purchase(self.college)
        promises.no_status_fell(self.college)
        promises.one_email_for_what_did_not_arrive(self.college, type(self).mailbox)
        promises.each_reply_once(self.college)
        promises.nothing_waits_longer_than_it_can(self.college)

    def _watched(self, act: Callable[[], None]) -> None:
        """Nothing that the carrier takes meanwhile may go to somebody who
        is out or in question, or at night.
        """
        people, number = self.college.students, self.college.number
        closed = {
            each.mobile
            for each in people
            if number
            and not promises.may_be_texted(self.college, each.mobile, number.phone)
        }
        was_quiet = promises.is_quiet(self.college)
        act()
        new = self.college.accepts()[self.taken :]
        self.taken += len(new)
        assert closed & {line["to"] for line in new} == set(), "texted after an opt-out"
        assert not (new and was_quiet and promises.is_quiet(self.college)), (
            "texted in quiet hours"
        )

    def _comes_to_an_end(self) -> None:
        """Left alone, every text is over, or waits for a person; what
        did not arrive went as an email.
        """
        self.college.take_number_further()
        for _ in range(40):
            if not self._left():
                break
            self._watched(self.college.send)
            self._watched(self.college.sweep)
            self.college.wait(timedelta(minutes=40))
        assert self._left() == []
        promises.one_email_for_what_did_not_arrive(self.college, type(self).mailbox)

    def _left(self) -> list[Any]:
        over = {*FINAL_STATUSES - NOT_DELIVERED, Status.SENT}
        texts = (
            Message.objects.filter(direction="outbound")
            .exclude(status__in=over)
            .exclude(reason="question")
        )
        open_texts = texts.exclude(detail=A_PERSON_DECIDES).values_list(
            "body", "status", "reason", "detail"
        )
        return [*open_texts, *self.college.mail_to_send]


@pytest.fixture
def machine(
    people: Cast,
    box: Simulator,
    twilio: Twilio,
    mailbox: MailServer,
    settings: Settings,
) -> type[Machine]:
    settings.ENV = settings.ENV.model_copy(update={"quiet_hours": "21:00-08:00"})

    def made(clock: time_machine.Traveller) -> College:
        SystemNumber.objects.all().delete()
        box.ask("POST", "/simulator/reset")
        box.settings(callback_delay=10**9, carrier_blocks_opt_outs=False)
        mailbox.handler.taken.clear()
        return College(people, box, twilio, clock)

    Machine.made = staticmethod(made)  # type: ignore[assignment]
    Machine.mailbox = mailbox
    return Machine


def test_the_promises_hold_after_every_step_and_everything_ends(
    machine: type[Machine],
) -> None:
    run_state_machine_as_test(
        machine,
        settings=how(
            max_examples=30,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            # a run of twenty steps is short enough to be read as it is
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
