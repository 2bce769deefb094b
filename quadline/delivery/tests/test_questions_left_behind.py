"""Texts that a question held, and no open question holds any
more: they go on automatically.
"""

import pytest
from django.utils import timezone

from quadline.consent.questions import StopAnswer
from quadline.conversations.rules import Status, WaitingFor
from quadline.delivery.opting.requests import answer_question
from quadline.delivery.outbox import holding
from quadline.delivery.sending.claiming import claim_batch
from quadline.delivery.tests.acts import (
    fresh,
    number_row,
    rent,
    reply,
    send_due,
    status,
    write,
)
from quadline.roster.models import Student
from tests.cast import Cast
from tests.house import Simulator

WORDS = "please stop texting me"


def sweep() -> None:
    holding.release_texts_without_question(timestamp=0)


@pytest.mark.usefixtures("twilio")
def test_a_question_about_a_phone_that_is_not_theirs_any_more_holds_nothing(
    people: Cast, box: Simulator
) -> None:
    mayas = rent(people.maya)
    held = write(people.maya, people.rosa)
    reply(people.rosa.mobile, mayas.phone, WORDS)
    Student.objects.filter(pk=people.rosa.pk).update(mobile="+17345550149")
    sweep()
    later = write(people.maya, Student.objects.get(pk=people.rosa.pk), "Are you there?")
    send_due()

    assert (status(held), status(later)) == (Status.SENT, Status.SENT)
    assert [each["to"] for each in box.accepts()] == ["+17345550149"] * 2


def test_what_a_question_holds_stays_held(people: Cast) -> None:
    mayas = number_row(people.maya)
    held = write(people.maya, people.rosa)
    reply(people.rosa.mobile, mayas.phone, WORDS)
    sweep()

    row = fresh(held)
    assert (row.status, row.reason, row.due_at) == (
        Status.QUEUED,
        WaitingFor.QUESTION,
        None,
    )


@pytest.mark.usefixtures("twilio")
def test_a_text_that_was_held_after_the_answer_goes_on(
    people: Cast, box: Simulator
) -> None:
    """The sender had seen the question; it was answered before the sender
    wrote down that it keeps the text back.
    """
    mayas = rent(people.maya)
    text = write(people.maya, people.rosa)
    (claim,) = claim_batch(limit=1)
    reply(people.rosa.mobile, mayas.phone, WORDS)
    answer_question(
        conversation=text.conversation,
        actor=people.maya,
        answer=StopAnswer.GO_ON,
        now=timezone.now(),
    )
    holding.hold_claimed_text(claim.message, claim.attempt, now=timezone.now())
    sweep()
    send_due()

    assert status(text) == Status.SENT
    assert len(box.accepts()) == 1
