"""A worker that is paused for minutes with a claimed text: others have
settled the text meanwhile, and that stands.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from quadline.carriers.protocol import Failure, Refused, Unknown, Unsent
from quadline.conversations.rules import Status
from quadline.delivery.models import Attempt, OutgoingEmail
from quadline.delivery.outbox import holding
from quadline.delivery.rules import ATTEMPT_LOST_AFTER, MAX_LOOKUPS
from quadline.delivery.sending import recording
from quadline.delivery.sending.claiming import Claim, claim_batch
from quadline.delivery.tests.acts import (
    due_now,
    fresh,
    never_fell,
    send_due,
    status,
    sweep,
    write,
)
from quadline.numbers.models import SystemNumber
from tests.cast import Cast
from tests.house import Simulator

Says = Callable[[Claim], object]


def was_paused(claim: Claim) -> None:
    recording.record_unsent(
        claim.message,
        claim.attempt,
        Unsent("this worker was paused"),
        now=timezone.now(),
    )


def was_refused(claim: Claim) -> None:
    recording.record_text_refused(
        claim.message,
        claim.attempt,
        Refused(Failure.FILTERED, "30007"),
        now=timezone.now(),
    )


def was_refused_for_now(claim: Claim) -> None:
    recording.record_text_refused(
        claim.message,
        claim.attempt,
        Refused(Failure.NOT_REGISTERED, "30034"),
        now=timezone.now(),
    )


def lost_the_answer(claim: Claim) -> None:
    recording.record_unknown(
        claim.message, claim.attempt, Unknown("no answer"), now=timezone.now()
    )


def found_a_question(claim: Claim) -> None:
    holding.hold_claimed_text(claim.message, claim.attempt, now=timezone.now())


EVERYTHING = [
    was_paused,
    was_refused,
    was_refused_for_now,
    lost_the_answer,
    found_a_question,
]


def settled_by_others(claim: Claim) -> None:
    Attempt.objects.filter(pk=claim.attempt_id).update(
        started_at=timezone.now() - ATTEMPT_LOST_AFTER - timedelta(seconds=1)
    )
    for _ in range(1 + MAX_LOOKUPS):
        sweep()
    assert (
        Attempt.objects.get(pk=claim.attempt_id).outcome
        == Attempt.Outcome.NOTHING_FOUND
    )


@pytest.mark.parametrize("says", EVERYTHING)
def test_what_it_says_of_a_text_that_was_sent_meanwhile_changes_nothing(
    people: Cast, box: Simulator, number: SystemNumber, says: Says
) -> None:
    text = write(people.maya, people.rosa)
    [claim] = claim_batch(limit=1)
    settled_by_others(claim)
    send_due()
    assert status(text) == Status.SENT
    stood = fresh(text).detail, fresh(text).reason
    says(claim)
    due_now()
    send_due()
    sweep()
    assert len(box.accepts()) == 1
    assert (
        status(text),
        fresh(text).due_at,
        fresh(text).detail,
        fresh(text).reason,
    ) == (Status.SENT, None, *stood)
    assert never_fell(text)
    assert list(text.attempts.order_by("pk").values_list("outcome", flat=True)) == [
        "nothing_found",
        "accepted",
    ]
    assert not OutgoingEmail.objects.exists()


@pytest.mark.parametrize("says", EVERYTHING)
def test_what_it_says_of_a_text_that_is_in_doubt_again_has_it_not_sent_before_the_log_was_read(
    people: Cast, box: Simulator, number: SystemNumber, says: Says
) -> None:
    text = write(people.maya, people.rosa)
    [claim] = claim_batch(limit=1)
    settled_by_others(claim)
    box.fault(kind="accept_then_500", times=1)
    send_due()
    says(claim)
    due_now()
    send_due()
    assert len(box.accepts()) == 1
    sweep()
    assert (status(text), len(box.accepts())) == (Status.SENT, 1)


def test_it_may_still_say_that_the_text_did_not_leave_while_it_is_being_looked_up(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    text = write(people.maya, people.rosa)
    [claim] = claim_batch(limit=1)
    Attempt.objects.update(
        started_at=timezone.now() - ATTEMPT_LOST_AFTER - timedelta(seconds=1)
    )
    sweep()
    assert status(text) == Status.UNCONFIRMED
    was_paused(claim)
    due_now()
    send_due()
    assert (status(text), len(box.accepts())) == (Status.SENT, 1)
