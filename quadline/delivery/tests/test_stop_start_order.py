"""The carrier is asked in which order a student's words came, where only
it can know; until then STOP counts.
"""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from quadline.carriers.protocol import Failure, InboundText, NumberProblem
from quadline.carriers.tests import NOBODY
from quadline.carriers.twilio import Twilio
from quadline.consent import ledger, questions
from quadline.consent.models import ConsentEntry, ConsentState
from quadline.consent.questions import StopAnswer
from quadline.consent.rules import Source
from quadline.conversations.models import Message
from quadline.conversations.opening import open_conversation
from quadline.conversations.rules import Status
from quadline.delivery.inbound import stop_start_order
from quadline.delivery.inbound.filing import file_replies
from quadline.delivery.opting.carrier_opt_outs import tell_carrier
from quadline.delivery.opting.requests import (
    RequestedBy,
    answer_question,
    record_stop_request,
)
from quadline.delivery.sending import recording
from quadline.delivery.tests.acts import ago, jobs, rent, send_due, status, write
from quadline.numbers.models import SystemNumber
from tests.cast import Cast
from tests.house import Simulator

PHRASE = "please stop texting me"
Say = Callable[..., InboundText]
Hear = Callable[..., None]


@pytest.fixture
def number(people: Cast, twilio: Twilio) -> SystemNumber:
    return rent(people.maya)


@pytest.fixture
def pair(people: Cast, number: SystemNumber) -> ledger.PhonePair:
    return people.rosa.mobile, number.phone


@pytest.fixture
def say(box: Simulator, pair: ledger.PhonePair) -> Say:
    """Rosa texts; nobody tells us. Two seconds pass."""

    def said(body: str) -> InboundText:
        sid = box.text(*pair, body, webhook_lost=True)["sid"]
        box.fast_forward(hours=2 / 3600)
        return InboundText(sid, *pair, body)

    return said


@pytest.fixture
def hear(pair: ledger.PhonePair) -> Hear:
    """These webhooks come, in this order, and after each the
    carrier is asked where need be.
    """

    def heard(*texts: InboundText) -> None:
        for text in texts:
            file_replies([text], now=timezone.now())
            stop_start_order.settle_if_in_doubt(pair)

    return heard


def test_a_stop_counts_before_the_carrier_is_asked(
    say: Say, pair: ledger.PhonePair, people: Cast
) -> None:
    stop, start = say("STOP"), say("START")
    text = write(people.maya, people.rosa)
    file_replies([start], now=timezone.now())
    file_replies([stop], now=timezone.now())

    state = ledger.consent_state(pair)
    assert state is not None
    assert (state.opted_out, state.is_in_doubt) == (True, True)
    assert status(text) == Status.BLOCKED
    assert stop_start_order.settle_if_in_doubt(pair)
    assert not ledger.is_opted_out(pair)
    assert write(people.maya, people.rosa).status == Status.QUEUED


def test_the_ledger_keeps_the_carriers_dates_beside_ours(say: Say, hear: Hear) -> None:
    hear(say("STOP"), say("START"))
    stop, start = ConsentEntry.objects.order_by("pk")

    assert stop.carrier_at
    assert start.carrier_at
    assert (start.carrier_at - stop.carrier_at).total_seconds() in (2, 3)
    assert stop.carrier_at.microsecond == start.carrier_at.microsecond == 0


def test_a_start_alone_asks_the_carrier_nothing(
    say: Say, hear: Hear, box: Simulator, pair: ledger.PhonePair
) -> None:
    asked = box.ask("GET", "/simulator/healthz")["lists_asked"]
    hear(say("START"))

    assert ConsentEntry.objects.get().carrier_at is None
    assert box.ask("GET", "/simulator/healthz")["lists_asked"] == asked


def test_a_log_that_lags_behind_is_helped_by_the_texts_themselves(
    say: Say,
    hear: Hear,
    twilio: Twilio,
    pair: ledger.PhonePair,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Twilio, "texts_between", lambda *_, **__: [])
    hear(say("STOP"), say("START"))

    assert not ledger.is_opted_out(pair)


def test_a_carrier_that_does_not_list_them_is_asked_for_each(
    say: Say,
    hear: Hear,
    twilio: Twilio,
    pair: ledger.PhonePair,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuses(*_: object, **__: object) -> None:
        raise NumberProblem("not like this", is_final=False, carrier_code="20001")

    monkeypatch.setattr(Twilio, "texts_between", refuses)
    hear(say("STOP"), say("START"))

    assert not ledger.is_opted_out(pair)


def test_a_carrier_that_does_not_know_the_text_leaves_the_student_out(
    box: Simulator, pair: ledger.PhonePair, hear: Hear
) -> None:
    hear(InboundText("SM1", *pair, "STOP"), InboundText("SM2", *pair, "START"))

    state = ConsentState.objects.get()
    assert (state.opted_out, state.is_in_doubt, state.looks) == (True, True, 1)


def test_the_carrier_is_asked_less_and_less_often(
    twilio: Twilio, pair: ledger.PhonePair, hear: Hear
) -> None:
    waits = []
    hear(InboundText("SM1", *pair, "STOP"), InboundText("SM2", *pair, "START"))
    for _ in range(14):
        stop_start_order.settle_if_in_doubt(pair)
        state = ConsentState.objects.get()
        assert state.look_up_at
        waits.append(state.look_up_at - timezone.now())

    assert waits[0] < timedelta(minutes=1)
    assert all(later > wait * 1.5 for wait, later in pairwise(waits[:6]))
    assert timedelta(minutes=50) < waits[-1] < timedelta(minutes=61)


def test_a_look_that_stands_impossibly_far_ahead_is_made_now(
    pair: ledger.PhonePair, hear: Hear, twilio: Twilio
) -> None:
    hear(InboundText("SM1", *pair, "STOP"), InboundText("SM2", *pair, "START"))
    assert ledger.pairs_in_doubt(limit=9) == []
    ConsentState.objects.update(look_up_at=timezone.now() + timedelta(days=1))

    assert ledger.pairs_in_doubt(limit=9) == [pair]


# Words that may mean stop


@pytest.mark.parametrize(
    "told", [(0, 1), (1, 0)], ids=["in order", "in the other order"]
)
def test_a_start_answers_only_what_was_said_before_it(
    say: Say, hear: Hear, pair: ledger.PhonePair, told: tuple[int, int]
) -> None:
    texts = say(PHRASE), say("START")
    hear(*(texts[place] for place in told))

    assert questions.open_question(pair) is None
    assert not ledger.is_opted_out(pair)


@pytest.mark.parametrize(
    "told", [(0, 1), (1, 0)], ids=["in order", "in the other order"]
)
def test_words_after_a_start_stay_asked(
    say: Say, hear: Hear, pair: ledger.PhonePair, told: tuple[int, int]
) -> None:
    texts = say("START"), say(PHRASE)
    hear(*(texts[place] for place in told))

    assert questions.open_question(pair) is not None


@pytest.mark.parametrize(
    "told", [(0, 2, 1), (2, 0, 1), (1, 2, 0), (2, 1, 0), (0, 1, 2)], ids=str
)
def test_words_that_came_while_the_student_seemed_out_are_asked_when_they_were_not(
    say: Say, hear: Hear, pair: ledger.PhonePair, told: tuple[int, ...]
) -> None:
    """STOP, START, and then words that may mean stop: the last
    of the three is for a person.
    """
    texts = say("STOP"), say("START"), say(PHRASE)
    hear(*(texts[place] for place in told))

    question = questions.open_question(pair)
    assert not ledger.is_opted_out(pair)
    assert question is not None
    assert question.wording == PHRASE


def test_an_answered_question_is_dated_by_the_reply_it_was_about(
    say: Say, hear: Hear, pair: ledger.PhonePair, people: Cast
) -> None:
    phrase, start = say(PHRASE), say("START")
    hear(phrase)
    talk = open_conversation(
        inbox=people.maya.inbox, student=people.rosa, now=timezone.now()
    )
    answer_question(
        conversation=talk, actor=people.maya, answer=StopAnswer.STOP, now=timezone.now()
    )
    assert ledger.is_opted_out(pair)
    hear(start)

    assert not ledger.is_opted_out(pair), "START was said after those words"


# Other ways to be out


def test_who_presses_start_in_the_email_about_a_refused_text_is_back_at_once(
    say: Say, hear: Hear, pair: ledger.PhonePair, people: Cast, box: Simulator
) -> None:
    box.fault(kind="refuse", code=21610, times=1)
    write(people.maya, people.rosa)
    send_due()
    state = ledger.consent_state(pair)
    assert state is not None
    assert (state.opted_out, state.entry.source) == (True, Source.CARRIER)
    hear(say("START"))

    assert not ledger.is_opted_out(pair)


def test_a_start_before_a_stop_we_never_heard_of_does_not_undo_the_refusal(
    say: Say, hear: Hear, pair: ledger.PhonePair, people: Cast, box: Simulator
) -> None:
    start, _ = say("START"), say("STOP")
    write(people.maya, people.rosa)
    send_due()
    assert ledger.is_opted_out(pair)
    hear(start)
    stop_start_order.date_starts(pair)

    assert ledger.is_opted_out(pair)


def test_a_refusal_that_is_told_late_does_not_undo_a_newer_start(
    say: Say, hear: Hear, pair: ledger.PhonePair, people: Cast, box: Simulator
) -> None:
    text = write(people.maya, people.rosa)
    send_due()
    hear(say("START"))
    recording.learn_opt_out(
        Message.objects.get(pk=text.pk), Failure.OPTED_OUT, now=timezone.now()
    )

    assert not ledger.is_opted_out(pair)


def test_a_request_in_person_is_kept_while_the_order_of_the_students_texts_is_in_doubt(
    pair: ledger.PhonePair, hear: Hear, people: Cast, twilio: Twilio
) -> None:
    hear(InboundText("SM1", *pair, "STOP"), InboundText("SM2", *pair, "START"))
    entry = record_stop_request(
        student=people.rosa,
        inbox=people.maya.inbox,
        actor=people.maya,
        how=RequestedBy.IN_PERSON,
        said_at=ago(seconds=1),
        now=timezone.now(),
    )

    assert entry is not None


def test_a_carrier_that_does_not_answer_is_waited_for_briefly(
    pair: ledger.PhonePair, twilio: Twilio, hear: Hear, monkeypatch: pytest.MonkeyPatch
) -> None:
    twilio.api_url, twilio._quick_client = NOBODY, None
    hear(InboundText("SM1", *pair, "STOP"), InboundText("SM2", *pair, "START"))

    assert ledger.is_opted_out(pair)
    assert ledger.consent_state(pair).is_in_doubt  # type: ignore[union-attr]


def test_the_carrier_is_told_of_an_opt_out_only_when_it_is_sure(
    say: Say, pair: ledger.PhonePair, box: Simulator
) -> None:
    """It would shut out who has come back, and take no
    START of theirs for that before.
    """
    stop, start = say("Stop."), say("START")
    for text in (start, stop):
        file_replies([text], now=timezone.now())
    entry = ConsentEntry.objects.get(change="opt_out")
    tell_carrier(entry_id=entry.pk)
    assert box.ledger("opt_out") == []
    assert len(jobs(tell_carrier)) == 2, "and again, a minute later"
    stop_start_order.settle_if_in_doubt(pair)
    tell_carrier(entry_id=entry.pk)

    assert box.ledger("opt_out") == []
    assert not ledger.is_opted_out(pair)


@pytest.mark.parametrize(
    "fault",
    [ValueError("no JSON"), KeyError("messages"), TypeError(), AttributeError("sid")],
)
def test_an_answer_that_is_none_leaves_the_student_out(
    say: Say,
    hear: Hear,
    pair: ledger.PhonePair,
    monkeypatch: pytest.MonkeyPatch,
    fault: Exception,
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise fault

    with monkeypatch.context() as broken:
        broken.setattr(Twilio, "texts_between", fails)
        hear(say("STOP"), say("START"))
        assert ledger.is_opted_out(pair)
    stop_start_order.settle_if_in_doubt(pair)
    assert not ledger.is_opted_out(pair)
