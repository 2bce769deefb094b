"""The locks of a hand-over live in a database session. When it dies no
call begins, the texts leave later, once, and a STOP waits for the calls
that were under way by their attempts.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from threading import Event, Thread

import psycopg
import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from quadline.carriers import registry
from quadline.carriers.protocol import Accepted, OutboundText
from quadline.consent import ledger
from quadline.consent.models import ConsentEntry
from quadline.conversations.models import Message
from quadline.conversations.rules import Status
from quadline.delivery.models import Attempt
from quadline.delivery.opting import inflight, requests
from quadline.delivery.opting.requests import RequestedBy
from quadline.delivery.outcomes import reconciliation
from quadline.delivery.rules import ATTEMPT_LOST_AFTER, CALL_ENDED_AFTER, MAX_LOOKUPS
from quadline.delivery.sending.claiming import Claim, claim_batch
from quadline.delivery.sending.recording import AcceptedText, record_accepted
from quadline.delivery.tests.acts import (
    at_once,
    due_now,
    look_due,
    rent,
    reply,
    run,
    send_due,
    status,
    write,
)
from quadline.numbers.models import SystemNumber
from tests.cast import Cast
from tests.house import Simulator


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("twilio")
def test_no_call_begins_after_the_session_that_holds_the_locks_has_died(
    committed_people: Cast, box: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    rent(committed_people.maya)
    text = write(committed_people.maya, committed_people.rosa)
    hold = ledger.lock_shared

    def hold_and_die(pairs: Iterable[ledger.PhonePair]) -> set[ledger.PhonePair]:
        held = hold(pairs)
        end_session()
        return held

    with monkeypatch.context() as once:
        once.setattr(ledger, "lock_shared", hold_and_die)
        with pytest.raises(OperationalError):
            send_due()
    connection.close()
    assert box.accepts() == []
    assert text.attempts.get().outcome == Attempt.Outcome.UNDER_WAY
    Attempt.objects.update(
        started_at=timezone.now() - ATTEMPT_LOST_AFTER - timedelta(seconds=1)
    )
    for _ in range(1 + MAX_LOOKUPS):
        reconciliation.settle_unknown_attempts(timestamp=0)
        look_due()
    send_due()
    assert (status(text), len(box.accepts())) == (Status.SENT, 1)


@pytest.fixture
def mayas(committed_people: Cast, box: Simulator, twilio: object) -> SystemNumber:
    """Maya's number. The carrier acts on no STOP: what it takes is our fault."""
    box.settings(carrier_blocks_opt_outs=False)
    return rent(committed_people.maya)


class Asking:
    """The short sleep between two questions: counts them, and something happens in the
    first. ``takes_time``, or none.
    """

    def __init__(
        self, act: Callable[[], None] = lambda: None, *, takes_time: bool = False
    ) -> None:
        self.act, self.takes_time, self.times = act, takes_time, 0

    def __call__(self, seconds: float) -> None:
        self.times += 1
        if self.times == 1:
            at_once([self.act])
        if self.takes_time:
            Event().wait(seconds)


def in_a_call_when_the_session_dies(text: Message) -> Claim:
    """Claimed, looked at under the lock, called: then the database
    restarts, and the lock is gone.
    """
    [claim] = claim_batch(limit=1)
    assert claim.message_id == text.pk
    assert ledger.lock_shared([claim.to.pair]) == {claim.to.pair}
    end_session()
    connection.close()
    ledger._locked_here.clear()
    return claim


async def take(claim: Claim) -> Accepted:
    phones = {"student_phone": claim.to.pair[0], "system_phone": claim.to.pair[1]}
    outcome = await registry.current_carrier().send(
        OutboundText(reference=str(claim.message_id), body=claim.text, **phones)
    )
    assert isinstance(outcome, Accepted)
    return outcome


def taken_and_written_down(claim: Claim, box: Simulator) -> None:
    assert not ConsentEntry.objects.exists(), "the STOP has not committed"
    assert box.accepts() == []
    accepted = run(take, claim=claim)
    record_accepted(
        [AcceptedText(claim.message_id, claim.attempt_id, accepted.carrier_message_id)],
        now=timezone.now(),
    )


@pytest.mark.django_db(transaction=True)
def test_a_stop_waits_for_a_call_whose_session_has_died(
    committed_people: Cast,
    box: Simulator,
    mayas: SystemNumber,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rosa = committed_people.rosa
    claim = in_a_call_when_the_session_dies(write(committed_people.maya, rosa))
    later = write(committed_people.maya, rosa, "And on Tuesday?")
    asking = Asking(lambda: taken_and_written_down(claim, box))
    monkeypatch.setattr(inflight, "sleep", asking)
    reply(rosa.mobile, mayas.phone, "STOP")
    assert ledger.is_opted_out((rosa.mobile, mayas.phone))
    assert asking.times == 1, "the answer ends the wait"
    due_now()
    send_due()
    assert [line["body"] for line in box.accepts()] == [claim.text], (
        "accepted before the STOP, and nothing after it"
    )
    assert status(later) == Status.BLOCKED


@pytest.mark.django_db(transaction=True)
def test_a_text_that_is_claimed_before_a_stop_and_looked_at_after_it_holds_the_stop_up_for_a_moment_only(
    committed_people: Cast,
    box: Simulator,
    mayas: SystemNumber,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rosa = committed_people.rosa
    text = write(committed_people.maya, rosa)
    waits = Event()
    asking = Asking(waits.set, takes_time=True)
    monkeypatch.setattr(inflight, "sleep", asking)
    stop = Thread(
        target=lambda: at_once([lambda: reply(rosa.mobile, mayas.phone, "STOP")])
    )
    hold = ledger.lock_shared

    def hold_too_late(pairs: Iterable[ledger.PhonePair]) -> set[ledger.PhonePair]:
        if not stop.ident:
            stop.start()
            assert waits.wait(30)
        return hold(pairs)

    monkeypatch.setattr(ledger, "lock_shared", hold_too_late)
    send_due()
    stop.join(30)
    assert not stop.is_alive()
    assert asking.times < ledger.LOCK_TIMEOUT_MS / inflight.POLL_INTERVAL_MS
    assert text.attempts.order_by("pk").first().outcome == Attempt.Outcome.UNSENT  # type: ignore[union-attr]
    due_now()
    send_due()
    assert (box.accepts(), status(text)) == ([], Status.BLOCKED)


@pytest.mark.django_db(transaction=True)
def test_a_dead_workers_call_keeps_a_stop_out_of_the_ledger_no_longer_than_a_hanging_carrier(
    committed_people: Cast, mayas: SystemNumber, monkeypatch: pytest.MonkeyPatch
) -> None:
    rosa = committed_people.rosa
    in_a_call_when_the_session_dies(write(committed_people.maya, rosa))
    monkeypatch.setattr(ledger, "LOCK_TIMEOUT_MS", 300)
    asking = Asking()
    monkeypatch.setattr(inflight, "sleep", asking)  # as if the clock stood still
    reply(rosa.mobile, mayas.phone, "STOP")
    assert asking.times <= 300 / inflight.POLL_INTERVAL_MS
    assert ledger.is_opted_out((rosa.mobile, mayas.phone))


@pytest.mark.django_db(transaction=True)
def test_stops_to_several_numbers_at_once_wait_as_long_together_as_one(
    committed_people: Cast, mayas: SystemNumber, monkeypatch: pytest.MonkeyPatch
) -> None:
    people, rosa, now = committed_people, committed_people.rosa, timezone.now()
    rent(people.theo)
    write(people.maya, rosa)
    write(people.theo, rosa)
    assert len(claim_batch(limit=9)) == 2
    monkeypatch.setattr(ledger, "LOCK_TIMEOUT_MS", 300)
    asking = Asking(takes_time=True)
    monkeypatch.setattr(inflight, "sleep", asking)
    both, how = [people.maya.inbox, people.theo.inbox], RequestedBy.BY_PHONE
    assert (
        requests.record_stop_requests(
            student=rosa, inboxes=both, actor=people.ada, how=how, said_at=now, now=now
        )
        == 2
    )
    assert 0 < asking.times <= 300 / inflight.POLL_INTERVAL_MS


@pytest.mark.django_db(transaction=True)
def test_a_stop_waits_for_no_call_that_must_be_over_and_for_none_to_somebody_else(
    committed_people: Cast, mayas: SystemNumber, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = Asking()
    monkeypatch.setattr(inflight, "sleep", asking)
    in_a_call_when_the_session_dies(write(committed_people.maya, committed_people.rosa))
    reply(committed_people.bo.mobile, mayas.phone, "STOP")
    Attempt.objects.update(started_at=timezone.now() - CALL_ENDED_AFTER)
    reply(committed_people.rosa.mobile, mayas.phone, "STOP")
    assert asking.times == 0


@pytest.mark.django_db(transaction=True)
def test_an_opt_out_that_a_refusal_teaches_does_not_wait_for_its_own_call(
    committed_people: Cast,
    box: Simulator,
    mayas: SystemNumber,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asking = Asking()
    monkeypatch.setattr(inflight, "sleep", asking)
    box.fault(kind="refuse", code=21610, times=1)
    text = write(committed_people.maya, committed_people.rosa)
    send_due()
    assert status(text) == Status.FAILED
    assert ledger.is_opted_out((committed_people.rosa.mobile, mayas.phone))
    assert asking.times == 0


@pytest.mark.django_db(transaction=True)
def test_a_reply_that_asks_for_nothing_does_not_look_for_calls(
    committed_people: Cast, mayas: SystemNumber, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_a_call_when_the_session_dies(write(committed_people.maya, committed_people.rosa))
    looked: list[ledger.PhonePair] = []
    monkeypatch.setattr(inflight, "_is_inflight", looked.append)
    for words in ("See you on Monday", "START", "HELP"):
        reply(committed_people.rosa.mobile, mayas.phone, words)
    assert looked == []


def end_session() -> None:
    """As a restart of the database does."""
    pid = connection.connection.info.backend_pid
    with psycopg.connect(
        **{**connection.get_connection_params(), "cursor_factory": psycopg.Cursor},
        autocommit=True,
    ) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid])
