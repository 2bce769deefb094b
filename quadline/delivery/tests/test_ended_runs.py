"""A run that ends in a fault: what the carrier answered is not lost, and no STOP waits for it."""

from datetime import timedelta
from unittest.mock import Mock

import pytest
from django.db import OperationalError
from django.utils import timezone

from quadline.consent import ledger
from quadline.conversations.rules import Status
from quadline.delivery import sender
from quadline.delivery.claiming import Claim, claim_due
from quadline.delivery.models import Attempt
from quadline.delivery.tests.acts import outcomes, rent, send_due, status, sweep, write
from quadline.numbers.models import SystemNumber
from tests.cast import Cast
from tests.house import Simulator

O = Attempt.Outcome  # noqa: E741


def test_a_run_that_fails_writes_down_what_the_carrier_answered_and_lets_stops_go_on(
    people: Cast, box: Simulator, number: SystemNumber, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, turns = write(people.maya, people.rosa), iter([claim_due])

    def claim_once(*, limit: int) -> list[Claim]:
        claim = next(turns, None)
        if claim is None:
            raise RuntimeError("the database is away")
        return claim(limit=limit)

    monkeypatch.setattr(sender, "claim_due", claim_once)
    with pytest.raises(RuntimeError, match="away"):
        send_due()
    assert (status(text), outcomes(text), len(box.accepts())) == (Status.SENT, [O.ACCEPTED], 1)
    assert ledger._held_here == set()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("twilio")
def test_a_text_whose_acceptance_could_not_be_written_down_is_looked_up_and_holds_up_no_stop(
    committed_people: Cast, box: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = rent(committed_people.maya)
    text = write(committed_people.maya, committed_people.rosa)
    with monkeypatch.context() as failing:
        failing.setattr(sender, "record_all_accepted", Mock(side_effect=OperationalError("the database went away")))
        with pytest.raises(OperationalError):
            send_due()
    assert (len(box.accepts()), status(text), outcomes(text)) == (1, Status.SENDING, [O.UNDER_WAY])
    assert ledger.hold([(committed_people.rosa.mobile, number.phone)]), "the lock was let go"
    ledger.let_go([(committed_people.rosa.mobile, number.phone)])
    Attempt.objects.update(started_at=timezone.now() - timedelta(minutes=1))
    sweep()  # the worker's silence is found
    sweep()  # and its text, in the carrier's log
    send_due()
    assert (len(box.accepts()), status(text), outcomes(text)) == (1, Status.SENT, [O.ACCEPTED])
