"""A reply that may mean stop: asked about once, one at a
time, and no text passes it.
"""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from quadline.accounts.models import User
from quadline.consent import ledger, questions
from quadline.consent.models import ConsentEntry, StopQuestion
from quadline.consent.questions import StopAnswer
from quadline.consent.rules import Change, Source
from quadline.consent.tests.test_ledger import (
    elsewhere,
    nothing_held,
    someone_waits,
    waits_long,
)
from tests.house import PATIENCE, eventually

__all__ = ["nothing_held", "waits_long"]
STUDENT, ADVISOR, OTHER_ADVISOR = "+17345550141", "+17342340001", "+17342340002"
PAIR: ledger.PhonePair = (STUDENT, ADVISOR)
NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


def ask(
    *, pair: ledger.PhonePair = PAIR, reference: str = "SM1", at: datetime = NOON
) -> StopQuestion | None:
    return questions.ask_question(
        pair=pair,
        wording="please stop texting me",
        phrase="stop texting me",
        carrier_reference=reference,
        asked_at=at,
    )


def write(change: Change, at: datetime) -> None:
    ledger.record_consent(pair=PAIR, change=change, source=Source.REPLY, occurred_at=at)


@pytest.mark.django_db
def test_the_same_reply_is_asked_about_once() -> None:
    assert ask() is not None
    assert ask() is None
    questions.settle_question(pair=PAIR, answer=StopAnswer.GO_ON, by=None, now=LATER)
    assert ask() is None
    assert StopQuestion.objects.count() == 1


@pytest.mark.django_db
def test_one_question_of_a_pair_is_open_at_a_time() -> None:
    first = ask()
    assert ask(reference="SM2") is None
    assert questions.open_question(PAIR) == first
    questions.settle_question(pair=PAIR, answer=StopAnswer.GO_ON, by=None, now=LATER)
    assert ask(reference="SM3") is not None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "at", "asks"),
    [
        # they are out: there is nothing to ask
        (Change.OPT_OUT, NOON - timedelta(days=1), False),
        # they came back since; these words were fetched late
        (Change.OPT_IN, LATER, False),
        (Change.OPT_IN, NOON - timedelta(days=1), True),
    ],
)
def test_what_the_ledger_knows_is_not_asked(
    change: Change, at: datetime, asks: bool
) -> None:
    write(change, at)
    assert (ask() is not None) is asks


@pytest.mark.django_db
def test_only_the_pairs_whose_question_is_open_are_in_question() -> None:
    other = (STUDENT, OTHER_ADVISOR)
    ask()
    ask(pair=other, reference="SM2")
    questions.settle_question(pair=other, answer=StopAnswer.STOP, by=None, now=LATER)

    assert questions.pairs_in_question([PAIR, other, ("+17345550142", ADVISOR)]) == {
        PAIR
    }
    assert questions.pairs_in_question([]) == set()


@pytest.mark.django_db
def test_an_answer_is_kept_with_who_gave_it_and_counts_once() -> None:
    maya = User.objects.create_user("maya@alder.example", name="Maya Alvarez")
    ask()
    settled = questions.settle_question(
        pair=PAIR, answer=StopAnswer.STOP, by=maya, now=LATER
    )

    assert settled is not None
    kept = StopQuestion.objects.get()
    assert (kept.answer, kept.answered_by, kept.answered_at) == (
        StopAnswer.STOP,
        maya,
        LATER,
    )
    assert (
        questions.settle_question(
            pair=PAIR, answer=StopAnswer.GO_ON, by=None, now=LATER
        )
        is None
    )
    assert StopQuestion.objects.get().answer == StopAnswer.STOP


@pytest.mark.django_db
@pytest.mark.parametrize("answer", list(StopAnswer))
def test_a_question_and_its_answer_write_nothing_to_the_ledger(
    answer: StopAnswer,
) -> None:
    ask()
    questions.settle_question(pair=PAIR, answer=answer, by=None, now=LATER)

    assert not ConsentEntry.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("source", "has_actor"),
    [(Source.STAFF, False), (Source.STAFF, True), (Source.REPLY, True)],
)
def test_nobody_opts_a_student_in(source: Source, has_actor: bool) -> None:
    maya = (
        User.objects.create_user("maya@alder.example", name="Maya Alvarez")
        if has_actor
        else None
    )

    with pytest.raises(ValueError, match="a reply of their own"):
        ledger.record_consent(
            pair=PAIR, change=Change.OPT_IN, source=source, occurred_at=NOON, actor=maya
        )
    assert not ConsentEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_question_waits_until_the_text_on_its_way_is_handed_over() -> None:
    ledger.lock_shared([PAIR])
    asking = elsewhere(ask)
    eventually(someone_waits)

    assert not asking.done()
    assert questions.pairs_in_question([PAIR]) == set()
    ledger.unlock([PAIR])
    assert asking.result(timeout=PATIENCE) is not None
    assert questions.pairs_in_question([PAIR]) == {PAIR}


@pytest.mark.django_db(transaction=True)
def test_a_hand_over_is_left_for_later_while_a_question_has_not_committed_and_then_sees_it() -> (
    None
):
    with transaction.atomic():
        ask()
        assert (
            elsewhere(lambda: ledger.lock_shared([PAIR])).result(timeout=PATIENCE)
            == set()
        )

    assert ledger.lock_shared([PAIR]) == {PAIR}
    assert questions.pairs_in_question([PAIR]) == {PAIR}
    ledger.unlock([PAIR])


@pytest.mark.django_db(transaction=True)
def test_the_same_reply_from_ten_calls_at_once_is_one_question() -> None:
    calls = [elsewhere(ask) for _ in range(10)]

    assert (
        len([asked for call in calls if (asked := call.result(timeout=PATIENCE))]) == 1
    )
    assert StopQuestion.objects.count() == 1
