"""Hand texts over: claim due rows, commit the attempts, ask consent again, call the carrier, record.

The only caller of carrier.send in the house, so consent cannot be bypassed. While the carrier is called no
transaction is open. What happens when an answer is lost: reconcile.py and docs/adr/0003-sending-policy.md.
"""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async
from django.utils import timezone

from quadline.carriers import registry
from quadline.carriers.protocol import Accepted, OutboundText, Refused, SendOutcome, Unknown, Unsent
from quadline.consent import ledger
from quadline.consent.rules import Reason
from quadline.delivery import holding, recording
from quadline.delivery.accepted import record_all_accepted
from quadline.delivery.blocking import block
from quadline.delivery.claiming import Claim, claim_due, next_turn
from quadline.delivery.models import Attempt
from quadline.delivery.recipients import pair_of, verdicts_on
from quadline.delivery.rules import LOOK_LASTS, STALE_AFTER
from quadline.jobs import enqueue, job

CHUNK = 50
CHUNKS_AT_ONCE = 4  # while one waits for the carrier, the next is claimed and the one before is written down
A_MOMENT = timedelta(seconds=1)
SOON = timedelta(seconds=15)  # a number whose turn comes within this is waited for
LONGEST_RUN_SECONDS = 20.0  # then the job begins anew, so that a worker that is told to stop is not kept from it
# One job of a process hands over; the others tell it that there may be more to do. By event loop: there is one per worker.
_told: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Event] = WeakKeyDictionary()


@job(queue="texts")
async def send_due_texts() -> None:
    """Hand over everything that is due, each number at its rate. Several workers may do so: each row is claimed by one."""
    loop = asyncio.get_running_loop()
    if loop in _told:
        _told[loop].set()
        return
    told = _told[loop] = asyncio.Event()
    try:
        await _send_until_nothing_is_due(told, until=loop.time() + LONGEST_RUN_SECONDS)
    finally:
        del _told[loop]


async def _send_until_nothing_is_due(told: asyncio.Event, *, until: float) -> None:
    while True:
        told.clear()
        await asyncio.gather(*(_send_chunks() for _ in range(CHUNKS_AT_ONCE)))
        wait = await sync_to_async(_until_next_turn)()
        if wait is None and not told.is_set():
            return
        if asyncio.get_running_loop().time() > until:
            await sync_to_async(enqueue)(send_due_texts)
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(told.wait(), wait)


async def _send_chunks() -> None:
    while claims := await sync_to_async(claim_due)(limit=CHUNK):
        pairs = await sync_to_async(ledger.hold)({pair_of(claim.message) for claim in claims})
        try:
            looked_at = timezone.now()
            allowed = await sync_to_async(_still_allowed)(claims, pairs)
            outcomes = await asyncio.gather(*(_hand_over(claim, looked_at) for claim in allowed))
            await sync_to_async(_record_all)(list(zip(allowed, outcomes, strict=True)))
        finally:
            await sync_to_async(ledger.let_go)(pairs)


def _until_next_turn() -> float | None:
    """Seconds until a number that keeps texts waiting is free; None when none will be soon."""
    now = timezone.now()
    at = next_turn(now)
    return (at - now).total_seconds() if at and at - now < SOON else None


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
        if verdict.reason is Reason.ASKED:
            holding.keep_back(claim.message, claim.attempt, now=now)
        elif verdict.is_held:
            recording.record_unsent(claim.message, claim.attempt, Unsent("quiet hours"), now=now, retry_at=verdict.until)
        elif not verdict.is_allowed:
            recording.close(claim.attempt, Attempt.Outcome.UNSENT, str(verdict.reason))
            block(claim.message, verdict, now=now)
    return [claim for claim in in_hand if verdicts[claim.message].is_allowed]


def _come_back(claim: Claim, now: datetime) -> None:
    recording.record_unsent(claim.message, claim.attempt, Unsent("perhaps a STOP"), now=now, retry_at=now + A_MOMENT)
    enqueue(send_due_texts, after=A_MOMENT)


async def _hand_over(claim: Claim, looked_at: datetime) -> SendOutcome:
    now = timezone.now()
    if now - claim.attempt.started_at > STALE_AFTER or now - looked_at > LOOK_LASTS:
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
    now = timezone.now()
    taken = [(claim, outcome.carrier_message_id) for claim, outcome in outcomes if isinstance(outcome, Accepted)]
    record_all_accepted(taken, now=now)
    waits = {wait for claim, outcome in outcomes if (wait := _record_other(claim, outcome, now))}
    for wait in sorted(waits):
        enqueue(send_due_texts, after=wait)


def _record_other(claim: Claim, outcome: SendOutcome, now: datetime) -> timedelta | None:
    """Whatever is not an acceptance. Returns after how long the text is due again, if it is."""
    match outcome:
        case Refused():
            recording.record_refused(claim.message, claim.attempt, outcome, now=now)
        case Unsent():
            return recording.record_unsent(claim.message, claim.attempt, outcome, now=now)
        case Unknown():
            recording.record_unknown(claim.message, claim.attempt, outcome, now=now)
    return None
