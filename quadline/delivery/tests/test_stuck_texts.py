"""A text that is in nobody's hands is found; what the carrier may have
is left to a person, never sent again.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from quadline.conversations.models import Message
from quadline.conversations.rules import Status
from quadline.delivery.models import Attempt
from quadline.delivery.outcomes import reconciliation, stuck_texts
from quadline.delivery.sending.claiming import claim_batch
from quadline.delivery.tests.acts import fresh, send_due, status, write
from quadline.numbers.models import SystemNumber
from tests.cast import Cast
from tests.house import Simulator

LONG_AGO = timedelta(hours=1)


def orphan(text: Message, **fields: object) -> Message:
    """As a fault that nobody thought of would leave it."""
    Message.objects.filter(pk=text.pk).update(
        **{"created_at": timezone.now() - LONG_AGO, "due_at": None, **fields}
    )
    return text


def sweep_and_send() -> None:
    stuck_texts.find_stuck_texts(timestamp=0)
    send_due()


def test_one_that_was_never_handed_over_is_due_again(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    text = orphan(write(people.maya, people.rosa))
    sweep_and_send()
    assert (status(text), len(box.accepts())) == (Status.SENT, 1)


def test_one_that_provably_never_reached_the_carrier_is_due_again(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    text = write(people.maya, people.rosa)
    claim_batch(limit=1)
    Attempt.objects.update(
        outcome=Attempt.Outcome.UNSENT, started_at=timezone.now() - LONG_AGO
    )
    orphan(text)
    sweep_and_send()
    assert (status(text), len(box.accepts())) == (Status.SENT, 1)


@pytest.mark.parametrize(
    "outcome",
    [Attempt.Outcome.REFUSED, Attempt.Outcome.NOTHING_FOUND, Attempt.Outcome.ACCEPTED],
)
def test_one_that_was_handed_over_is_left_to_a_person(
    people: Cast, box: Simulator, number: SystemNumber, outcome: Attempt.Outcome
) -> None:
    text = write(people.maya, people.rosa)
    claim_batch(limit=1)
    Attempt.objects.update(outcome=outcome, started_at=timezone.now() - LONG_AGO)
    orphan(text)
    sweep_and_send()
    assert (status(text), fresh(text).detail, box.accepts()) == (
        Status.UNCONFIRMED,
        reconciliation.A_PERSON_DECIDES,
        [],
    )
    events = text.events.count()
    sweep_and_send()
    assert text.events.count() == events, "found once"


@pytest.mark.parametrize("reason", ["paused", "question"])
def test_what_waits_for_a_person_is_not_stuck(
    people: Cast, box: Simulator, number: SystemNumber, reason: str
) -> None:
    text = orphan(write(people.maya, people.rosa), reason=reason)
    sweep_and_send()
    assert (status(text), box.accepts()) == (Status.QUEUED, [])


@pytest.mark.parametrize(
    "outcome", [Attempt.Outcome.UNDER_WAY, Attempt.Outcome.UNKNOWN]
)
def test_what_is_in_hand_or_being_looked_up_is_not_stuck(
    people: Cast, box: Simulator, number: SystemNumber, outcome: Attempt.Outcome
) -> None:
    text = orphan(write(people.maya, people.rosa), due_at=timezone.now())
    claim_batch(limit=1)
    Attempt.objects.update(outcome=outcome, started_at=timezone.now() - LONG_AGO)
    sweep_and_send()
    assert (status(text), fresh(text).detail) == (Status.SENDING, "")
