"""Hand texts over: claim due rows, commit the attempts, ask consent again, call the carrier, record.

The only caller of carrier.send in the house, so consent cannot be bypassed. While the carrier is called no
transaction is open. What happens when an answer is lost: reconcile.py and docs/adr/0003-sending-policy.md.
"""

import asyncio
from datetime import datetime, timedelta

from asgiref.sync import sync_to_async
from django.utils import timezone

from quadline.carriers import registry
from quadline.carriers.protocol import Accepted, OutboundText, Refused, SendOutcome, Unknown, Unsent
from quadline.consent import ledger
from quadline.delivery import recording
from quadline.delivery.blocking import block
from quadline.delivery.claiming import Claim, claim_due
from quadline.delivery.models import Attempt
from quadline.delivery.recipients import pair_of, verdicts_on
from quadline.delivery.rules import STALE_AFTER
from quadline.jobs import enqueue, job

CHUNK = 50
A_MOMENT = timedelta(seconds=1)


@job(queue="texts")
async def send_due_texts() -> None:
    """Hand over everything that is due. Several of these may run at once; each row is claimed by one."""
    while claims := await sync_to_async(claim_due)(limit=CHUNK):
        pairs = await sync_to_async(ledger.hold)({pair_of(claim.message) for claim in claims})
        try:
            allowed = await sync_to_async(_still_allowed)(claims, pairs)
            outcomes = await asyncio.gather(*(_hand_over(claim) for claim in allowed))
            await sync_to_async(_record_all)(list(zip(allowed, outcomes, strict=True)))
        finally:
            await sync_to_async(ledger.let_go)(pairs)


@job(queue="texts", attempts=3)
async def send_overdue_texts(timestamp: int) -> None:
    """The timetable's sweep: whatever lost its own job is taken up here."""
    await send_due_texts()


async def send_probe(*, reference: str, system_phone: str, to: str) -> SendOutcome:
    """A text of the college to a phone of its own, to learn whether a number may send yet."""
    body = "Quadline: checking that this number is registered. No answer is needed."
    return await registry.current().send(
        OutboundText(reference=reference, system_phone=system_phone, student_phone=to, body=body)
    )


def _still_allowed(claims: list[Claim], held: set[ledger.Pair]) -> list[Claim]:
    """The last look at consent, under the lock that a STOP also takes. What a STOP is waiting for comes back later."""
    now = timezone.now()
    in_hand = [claim for claim in claims if pair_of(claim.message) in held]
    for claim in claims:
        if claim not in in_hand:
            _come_back(claim, now)
    verdicts = verdicts_on([claim.message for claim in in_hand], now=now)
    for claim in in_hand:
        verdict = verdicts[claim.message]
        if verdict.is_held:
            recording.record_unsent(claim.message, claim.attempt, Unsent("quiet hours"), now=now, retry_at=verdict.until)
        elif not verdict.is_allowed:
            recording.close(claim.attempt, Attempt.Outcome.UNSENT, str(verdict.reason))
            block(claim.message, verdict, now=now)
    return [claim for claim in in_hand if verdicts[claim.message].is_allowed]


def _come_back(claim: Claim, now: datetime) -> None:
    recording.record_unsent(claim.message, claim.attempt, Unsent("perhaps a STOP"), now=now, retry_at=now + A_MOMENT)
    enqueue(send_due_texts, after=A_MOMENT)


async def _hand_over(claim: Claim) -> SendOutcome:
    if timezone.now() - claim.attempt.started_at > STALE_AFTER:
        return Unsent("this worker was paused")
    message = claim.message
    assert message.system_number is not None, "only texts with a number are claimed"
    return await registry.current().send(
        OutboundText(
            reference=str(message.pk),
            system_phone=message.system_number.phone,
            student_phone=message.student_phone,
            body=message.text,
        )
    )


def _record_all(outcomes: list[tuple[Claim, SendOutcome]]) -> None:
    waits: list[timedelta] = []
    for claim, outcome in outcomes:
        now = timezone.now()
        match outcome:
            case Accepted():
                recording.record_accepted(claim.message, claim.attempt, outcome.carrier_message_id, now=now)
            case Refused():
                recording.record_refused(claim.message, claim.attempt, outcome, now=now)
            case Unsent():
                waits.append(recording.record_unsent(claim.message, claim.attempt, outcome, now=now))
            case Unknown():
                recording.record_unknown(claim.message, claim.attempt, outcome, now=now)
    for wait in sorted(set(waits)):
        enqueue(send_due_texts, after=wait)
