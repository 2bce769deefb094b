"""While the carrier cannot be reached its author's screens say so,
and as soon as it can they do not.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from quadline.accounts.models import User
from quadline.carriers import registry
from quadline.conversations.models import Message
from quadline.delivery.models import Attempt
from quadline.delivery.outbox import carrier_outage
from quadline.delivery.sending.claiming import claim_batch
from quadline.delivery.tests.acts import due_now, send_due, status, write
from quadline.numbers.models import SystemNumber
from tests.cast import Cast
from tests.house import Simulator


def is_said_to(user: User) -> bool:
    return carrier_outage.keeps_texts_waiting_of(user, now=timezone.now())


@pytest.fixture
def away(box: Simulator, number: SystemNumber) -> Iterator[pytest.MonkeyPatch]:
    """Nobody listens at the carrier's address, until this is undone."""
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(registry.current_carrier(), "api_url", "http://127.0.0.1:9")
        yield changed


def test_who_has_a_text_that_found_no_way_is_told_until_it_is_through(
    people: Cast, away: pytest.MonkeyPatch, box: Simulator
) -> None:
    text = write(people.maya, people.rosa)
    assert not is_said_to(people.maya), "it has not been tried yet"
    send_due()
    assert (is_said_to(people.maya), is_said_to(people.omar)) == (True, False)
    due_now()
    claim_batch(limit=10)
    assert is_said_to(people.maya), "it does not flicker while it is tried again"
    Attempt.objects.filter(outcome="under_way").update(
        outcome="unsent", why="no connection: again"
    )
    Message.objects.update(due_at=timezone.now())
    away.undo()
    send_due()
    assert (status(text), is_said_to(people.maya)) == ("sent", False)


def test_one_number_that_is_slowed_down_is_no_carrier_that_is_away(
    people: Cast, number: SystemNumber, box: Simulator
) -> None:
    box.fault(kind="rate_limit", times=1)
    write(people.maya, people.rosa)
    send_due()
    assert not is_said_to(people.maya)


def test_what_nobody_tries_any_more_is_not_said_forever(
    people: Cast, away: pytest.MonkeyPatch
) -> None:
    write(people.maya, people.rosa)
    send_due()
    Attempt.objects.update(
        started_at=timezone.now() - carrier_outage.RECENTLY - timedelta(seconds=1)
    )
    assert not is_said_to(people.maya)
