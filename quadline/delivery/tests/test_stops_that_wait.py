"""A STOP waits for a text that is on its way. Meanwhile it stands in nobody's way who
writes down what became of that text.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

import pytest
from django.db import connection, transaction
from django.utils import timezone

from quadline.carriers.protocol import Failure, Receipt, ReceiptProgress
from quadline.consent import ledger
from quadline.consent.questions import StopAnswer
from quadline.consent.rules import Reason, Verdict
from quadline.consent.tests.test_ledger import waits_long
from quadline.conversations.models import Conversation, Message
from quadline.conversations.rules import Status
from quadline.delivery.failsafe.closing import block
from quadline.delivery.models import Attempt
from quadline.delivery.opting import requests
from quadline.delivery.opting.requests import RequestedBy
from quadline.delivery.outcomes import receipts
from quadline.delivery.sending import sender
from quadline.delivery.sending.claiming import Claim, claim_batch
from quadline.delivery.sending.recording import AcceptedText, record_accepted
from quadline.delivery.tests.acts import (
    at_once,
    fresh,
    outcomes,
    rent,
    reply,
    status,
    write,
)
from quadline.numbers.models import SystemNumber
from quadline.roster import trouble
from tests.cast import Cast
from tests.house import PATIENCE, eventually

__all__ = ["waits_long"]
Stop = Callable[[Cast, SystemNumber], object]


@pytest.fixture
def mayas(committed_people: Cast, twilio: object) -> SystemNumber:
    return rent(committed_people.maya)


def by_reply(people: Cast, number: SystemNumber) -> object:
    return reply(people.rosa.mobile, number.phone, "STOP")


def by_staff(people: Cast, number: SystemNumber) -> object:
    now = timezone.now()
    return requests.record_stop_request(
        student=people.rosa,
        inbox=people.maya.inbox,
        actor=people.maya,
        how=RequestedBy.BY_PHONE,
        said_at=now,
        now=now,
    )


def by_answer(people: Cast, number: SystemNumber) -> object:
    talk = Conversation.objects.get(inbox__owner=people.maya, student=people.rosa)
    return requests.answer_question(
        conversation=talk, actor=people.maya, answer=StopAnswer.STOP, now=timezone.now()
    )


def on_its_way(text: Message) -> Claim:
    [claim] = claim_batch(limit=1)
    assert claim.message_id == text.pk
    assert ledger.lock_shared([claim.to.pair]) == {claim.to.pair}
    return claim


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        )
        return bool(cursor.fetchone()[0])


@contextmanager
def meanwhile(act: Callable[[], object], claim: Claim) -> Iterator[None]:
    """``act`` waits for the text that is on its way; what
    is done here waits for nobody.
    """
    other = Thread(target=lambda: at_once([act]))
    other.start()
    try:
        eventually(somebody_waits)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '20s'")
            yield
    finally:
        ledger.unlock([claim.to.pair])
        other.join(PATIENCE)
    assert not other.is_alive()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("stop", [by_reply, by_staff, by_answer])
def test_a_refusal_is_written_down_while_its_student_says_stop(
    committed_people: Cast, mayas: SystemNumber, stop: Stop
) -> None:
    rosa = committed_people.rosa
    trouble.note_failure(
        rosa.mobile, words="Not in service.", bad_after=2, now=timezone.now()
    )
    claim = on_its_way(write(committed_people.maya, rosa))
    if stop is by_answer:
        ledger.unlock([claim.to.pair])
        reply(rosa.mobile, mayas.phone, "please stop texting me")
        ledger.lock_shared([claim.to.pair])
    with meanwhile(lambda: stop(committed_people, mayas), claim):
        Conversation.objects.filter(pk=claim.conversation_id).update(needs_reply=True)
        trouble.note_failure(
            rosa.mobile, words="Not in service.", bad_after=2, now=timezone.now()
        )
        record_accepted(
            [AcceptedText(claim.message_id, claim.attempt_id, "SM1")],
            now=timezone.now(),
        )
    assert ledger.is_opted_out(claim.to.pair)


@pytest.mark.django_db(transaction=True)
def test_an_acceptance_is_written_down_while_a_quicker_receipt_teaches_that_the_student_is_out(
    committed_people: Cast, mayas: SystemNumber
) -> None:
    text = write(committed_people.maya, committed_people.rosa)
    claim = on_its_way(text)
    told = Receipt(
        "SM1", str(text.pk), ReceiptProgress.UNDELIVERED, Failure.OPTED_OUT, "21610"
    )
    with meanwhile(
        lambda: receipts.apply_receipts_in_order([told], now=timezone.now()), claim
    ):
        record_accepted(
            [AcceptedText(claim.message_id, claim.attempt_id, "SM1")],
            now=timezone.now(),
        )
    assert status(text) == Status.UNDELIVERED
    assert ledger.is_opted_out(claim.to.pair)


def test_a_text_that_a_stop_closed_while_it_was_claimed_is_not_due_again(
    people: Cast, number: SystemNumber
) -> None:
    """The STOP found it waiting, the sender claimed it, and came back for the STOP's
    lock when the STOP had closed it.
    """
    text = write(people.maya, people.rosa)
    [claim] = claim_batch(limit=1)
    block(text, Verdict(False, Reason.OPTED_OUT), now=timezone.now())
    sender._requeue(claim, timezone.now())
    assert (fresh(text).due_at, outcomes(text)) == (None, [Attempt.Outcome.UNSENT])
    assert status(text) in (Status.BLOCKED, Status.EMAILED)
