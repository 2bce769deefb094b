"""A run that ends in a fault: what the carrier answered is not
lost, and no STOP waits for it.
"""

from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from django.db import DatabaseError, OperationalError, connection
from django.utils import timezone

from quadline.consent import ledger
from quadline.conversations.rules import Status
from quadline.delivery.models import Attempt
from quadline.delivery.sending import recording, sender
from quadline.delivery.sending.claiming import Claim, claim_batch
from quadline.delivery.tests.acts import outcomes, rent, send_due, status, sweep, write
from quadline.numbers.models import SystemNumber
from tests.cast import Cast
from tests.house import Simulator

O = Attempt.Outcome  # noqa: E741
LOCKED = """
    SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND granted AND pid = pg_backend_pid()
"""


def test_a_run_that_fails_writes_down_what_the_carrier_answered_and_lets_stops_go_on(
    people: Cast, box: Simulator, number: SystemNumber, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, turns = write(people.maya, people.rosa), iter([claim_batch])

    def claim_once(*, limit: int) -> list[Claim]:
        claim = next(turns, None)
        if claim is None:
            raise RuntimeError("the database is away")
        return claim(limit=limit)

    monkeypatch.setattr(sender, "claim_batch", claim_once)
    with pytest.raises(RuntimeError, match="away"):
        send_due()
    assert (status(text), outcomes(text), len(box.accepts())) == (
        Status.SENT,
        [O.ACCEPTED],
        1,
    )
    assert ledger._locked_here == set()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("twilio")
def test_a_text_whose_acceptance_could_not_be_written_down_is_looked_up_and_holds_up_no_stop(
    committed_people: Cast, box: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = rent(committed_people.maya)
    text = write(committed_people.maya, committed_people.rosa)
    with monkeypatch.context() as failing:
        failing.setattr(
            recording,
            "record_accepted",
            Mock(side_effect=OperationalError("the database went away")),
        )
        with pytest.raises(OperationalError):
            send_due()
    assert (len(box.accepts()), status(text), outcomes(text)) == (
        1,
        Status.SENDING,
        [O.UNDER_WAY],
    )
    assert ledger.lock_shared([(committed_people.rosa.mobile, number.phone)]), (
        "the lock was let go"
    )
    ledger.unlock([(committed_people.rosa.mobile, number.phone)])
    Attempt.objects.update(started_at=timezone.now() - timedelta(minutes=1))
    sweep()  # the worker's silence is found
    sweep()  # and its text, in the carrier's log
    send_due()
    assert (len(box.accepts()), status(text), outcomes(text)) == (
        1,
        Status.SENT,
        [O.ACCEPTED],
    )


def test_one_answer_that_cannot_be_written_down_keeps_no_other_back(
    people: Cast, box: Simulator, number: SystemNumber, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [write(people.maya, student) for student in (people.rosa, people.bo)]
    box.fault(kind="refuse", times=2, code=21211)
    record, tries = (
        recording.record_text_refused,
        iter([DatabaseError("out of memory"), None]),
    )

    def fail_once(*told: Any, **more: Any) -> None:
        if fault := next(tries, None):
            raise fault
        record(*told, **more)

    monkeypatch.setattr(recording, "record_text_refused", fail_once)
    send_due()
    assert sorted(outcomes(text)[0] for text in texts) == [O.REFUSED, O.UNDER_WAY]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("twilio")
def test_a_refusal_that_teaches_an_opt_out_does_not_wait_for_its_own_text(
    committed_people: Cast, box: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    rent(committed_people.maya)
    text = write(committed_people.maya, committed_people.rosa)
    box.fault(kind="refuse", times=1, code=21610)
    wait, has_the_lock = ledger.lock_exclusive, []

    def waited(pair: ledger.PhonePair) -> None:
        wait(pair)
        with connection.cursor() as cursor:
            cursor.execute(LOCKED)
            # the pair's and the student's
            has_the_lock.append(cursor.fetchone() == (2,))

    monkeypatch.setattr(ledger, "lock_exclusive", waited)
    send_due()
    assert (status(text), outcomes(text), has_the_lock) == (
        Status.FAILED,
        [O.REFUSED],
        [True],
    )
