"""A worker with little of a processor sends fewer at
once, and always makes progress.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from quadline import clock
from quadline.carriers.protocol import OutboundText, SendOutcome
from quadline.carriers.twilio import Twilio
from quadline.consent.rules import Verdict
from quadline.conversations.models import Message
from quadline.conversations.rules import Status
from quadline.delivery.models import Attempt
from quadline.delivery.permission import recipients
from quadline.delivery.rules import CONSENT_CHECK_VALID_FOR
from quadline.delivery.sending import sender
from quadline.delivery.sending.prefetch import INITIAL_PREFETCH, PrefetchLimit
from quadline.delivery.tests.acts import due_now, send_due
from quadline.delivery.tests.test_bulk_lookup import students, texts_of
from quadline.numbers.models import SystemNumber
from tests.cast import Cast
from tests.house import Simulator

TEXTS = 120


def leave_in_time(ahead: PrefetchLimit, count: int) -> None:
    for _ in range(count):
        ahead.record_in_time()


def test_it_doubles_while_all_leave_in_time() -> None:
    ahead = PrefetchLimit(most=400)
    leave_in_time(ahead, INITIAL_PREFETCH - 1)
    assert ahead.size == INITIAL_PREFETCH
    leave_in_time(ahead, 1)
    assert ahead.size == 2 * INITIAL_PREFETCH
    leave_in_time(ahead, 10_000)
    assert ahead.size == 400


def test_texts_that_were_looked_at_together_halve_it_once() -> None:
    ahead = PrefetchLimit(most=400)
    for seconds in (12.1, 12.2, 12.3):
        ahead.record_late(checked_at=10.0, now=seconds)
    assert ahead.size == INITIAL_PREFETCH // 2


def test_what_was_looked_at_before_it_was_halved_says_nothing_of_the_new_size() -> None:
    ahead = PrefetchLimit(most=400)
    ahead.record_late(checked_at=10.0, now=12.1)
    ahead.record_late(checked_at=12.0, now=14.1)
    assert ahead.size == INITIAL_PREFETCH // 2
    ahead.record_late(checked_at=12.2, now=14.3)
    assert ahead.size == INITIAL_PREFETCH // 4


def test_it_never_falls_below_one_text_and_comes_back() -> None:
    ahead = PrefetchLimit(most=400)
    for at in range(20):
        ahead.record_late(checked_at=10.0 * at, now=10.0 * at + 3)
    assert ahead.size == 1
    leave_in_time(ahead, 1)
    assert ahead.size == 2
    leave_in_time(ahead, 10_000)
    assert ahead.size == 400


def test_after_a_look_ran_out_it_grows_by_an_eighth() -> None:
    ahead = PrefetchLimit(most=400)
    leave_in_time(ahead, INITIAL_PREFETCH + 2 * INITIAL_PREFETCH)
    ahead.record_late(checked_at=10.0, now=12.1)
    assert ahead.size == 2 * INITIAL_PREFETCH
    leave_in_time(ahead, 2 * INITIAL_PREFETCH)
    assert ahead.size == 2 * INITIAL_PREFETCH + 2 * INITIAL_PREFETCH // 8


class SlowProcessor:
    """Each look at a text and each call takes so many seconds,
    of a clock that only this moves.
    """

    def __init__(self, *, each: float) -> None:
        self.each = each
        self.at = clock.monotonic_seconds()

    def seconds(self) -> float:
        return self.at

    def work(self, texts: int) -> None:
        self.at += texts * self.each


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> SlowProcessor:
    """So slow that 25 texts can be looked at and called in within one look, not 50."""
    processor = SlowProcessor(each=CONSENT_CHECK_VALID_FOR.total_seconds() / 50)
    look, call = recipients.verdicts, Twilio.send

    def slow_look(to: Sequence[Any], **arguments: Any) -> list[Verdict]:
        processor.work(len(to))
        return list(look(to, **arguments))

    async def slow_call(carrier: Twilio, text: OutboundText) -> SendOutcome:
        processor.work(1)
        return await call(carrier, text)

    monkeypatch.setattr(clock, "monotonic_seconds", processor.seconds)
    monkeypatch.setattr(recipients, "verdicts", slow_look)
    monkeypatch.setattr(Twilio, "send", slow_call)
    monkeypatch.setattr(sender, "_prefetch", PrefetchLimit(most=sender.MAX_PREFETCH))
    return processor


def send_for_a_while(*, runs: int) -> int:
    """So many runs of the sender, each when all that was put back is
    due. Returns how many texts were sent.
    """
    for _ in range(runs):
        due_now()
        send_due()
    return Message.objects.filter(status=Status.SENT).count()


def test_a_worker_whose_looks_run_out_sends_everything_in_smaller_batches(
    people: Cast, box: Simulator, number: SystemNumber, slow: SlowProcessor
) -> None:
    texts_of(people.maya, number, students(TEXTS), "Office closed.")
    first = send_for_a_while(runs=1)
    assert first > 0, "it makes progress from the first"
    assert send_for_a_while(runs=5) == TEXTS
    assert len(box.accepts()) == TEXTS
    put_back = Attempt.objects.filter(outcome=Attempt.Outcome.UNSENT)
    assert put_back.exists(), "the test is about looks that run out"
    assert put_back.count() < TEXTS, "it does not go round in circles"


def test_what_it_learned_holds_for_the_next_run(
    people: Cast, box: Simulator, number: SystemNumber, slow: SlowProcessor
) -> None:
    reached = students(TEXTS)
    texts_of(people.maya, number, reached[: TEXTS // 2], "Office closed.")
    send_for_a_while(runs=6)
    before = Attempt.objects.filter(outcome=Attempt.Outcome.UNSENT).count()
    texts_of(people.maya, number, reached[TEXTS // 2 :], "Office closed.")
    assert send_for_a_while(runs=6) == TEXTS
    again = Attempt.objects.filter(outcome=Attempt.Outcome.UNSENT).count() - before
    assert again < before


def test_a_text_that_was_too_late_is_due_again_in_a_second_however_often(
    people: Cast, box: Simulator, number: SystemNumber, slow: SlowProcessor
) -> None:
    slow.each = 3 * CONSENT_CHECK_VALID_FOR.total_seconds()
    [text] = texts_of(people.maya, number, students(1), "Office closed.")
    with time_machine.travel(timezone.now(), tick=False):
        send_for_a_while(runs=6)
    text.refresh_from_db()
    attempts = text.attempts.filter(outcome=Attempt.Outcome.UNSENT)
    assert attempts.count() == 6
    assert text.due_at is not None
    assert text.due_at - attempts.latest("pk").started_at <= timedelta(seconds=1.1)
