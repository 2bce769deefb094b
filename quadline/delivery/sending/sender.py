"""Hand texts over: claim due rows, commit the attempts, ask
consent again, call the carrier, record.

The only one that hands texts to students over, so consent cannot be bypassed. While the
carrier is called no transaction is open. What happens when an answer is lost:
reconciliation.py and docs/adr/0003-sending-policy.md.
"""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async
from django.db import DatabaseError, transaction

from quadline import clock
from quadline.carriers import registry
from quadline.carriers.protocol import (
    Accepted,
    OutboundText,
    Refused,
    SendOutcome,
    Unknown,
    Unsent,
)
from quadline.college import current
from quadline.consent import ledger
from quadline.consent.rules import Reason, Verdict
from quadline.conversations.rules import Pending
from quadline.delivery.failsafe.closing import block
from quadline.delivery.models import Attempt
from quadline.delivery.outbox import holding
from quadline.delivery.permission import recipients
from quadline.delivery.rules import CLAIM_VALID_FOR, CONSENT_CHECK_VALID_FOR, waits_for
from quadline.delivery.sending import recording
from quadline.delivery.sending.claiming import Claim, claim_batch, next_free_number_at
from quadline.delivery.sending.prefetch import PrefetchLimit
from quadline.delivery.sending.send_queue import SendQueue, SendResult
from quadline.jobs import enqueue, job, refresh_connection, run_in_thread

logger = logging.getLogger(__name__)

MAX_CONCURRENT_CALLS = 200  # calls under way in one worker process
BROADCAST_BATCH = 300  # texts of broadcasts that are claimed and looked at together
# instead, while single texts come: none then waits long for a broadcast's to be claimed
SMALL_BATCH = 60
RECENT_SINGLE_SECONDS = 1.0  # after a single text others are looked for
# at most: claimed and looked at before a call is free, so that none is kept waiting by
# the database
MAX_PREFETCH = 400
GATHER_SECONDS = 0.01  # seconds in which answers gather, to be written down together
RETRY_SHORTLY = timedelta(seconds=1)
SOON_FREE = timedelta(seconds=15)  # a number whose turn comes within this is waited for
# then the job begins again, so that a worker that gets a stop signal can end
MAX_RUN_SECONDS = 20.0
# seconds; a slow worker's texts do not wait longer each time
WORKER_PAUSED = Unsent("this worker was paused", retry_after=1.0)
# what this process has learned of its own pace, from run to run
_prefetch = PrefetchLimit(most=MAX_PREFETCH)
# One job of a process hands over; the others tell it that there may be more to do. By
# event loop: there is one per worker.
_queues: WeakKeyDictionary[asyncio.AbstractEventLoop, SendQueue] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class ClaimedBatch:
    """What a turn at the database brought: texts that may leave, if any
    were claimed; else when to look again.
    """

    allowed: list[Claim]
    checked_at: float  # in clock.monotonic_seconds(), as all durations within a process
    claimed_any: bool
    wait: float | None = None  # seconds until a number is free that keeps texts waiting


@job(queue="texts")
async def send_due_texts() -> None:
    """Hand over everything that is due, each number at its rate. Several workers may do
    so: each row is claimed by one.
    """
    loop = asyncio.get_running_loop()
    if loop in _queues:
        _queues[loop].notify()
        return
    queue = _queues[loop] = SendQueue(_hand_over, at_once=MAX_CONCURRENT_CALLS)
    recorder = asyncio.create_task(_record(queue))
    try:
        await refresh_connection()
        await _send_until_nothing_is_due(queue, until=loop.time() + MAX_RUN_SECONDS)
    finally:
        del _queues[loop]
        await _finish_run(queue, recorder)


async def _send_until_nothing_is_due(queue: SendQueue, *, until: float) -> None:
    """Turn by turn, claim what is due. Meanwhile other texts are at the carrier, and
    others' answers are written down.
    """
    loop = asyncio.get_running_loop()
    while True:
        is_over = loop.time() > until
        queue.clear_changes()
        chunk = min(
            SMALL_BATCH
            if queue.seconds_since_single < RECENT_SINGLE_SECONDS
            else BROADCAST_BATCH,
            _prefetch.size,
        )
        batch = await sync_to_async(_claim_and_check)(
            queue, 0 if is_over else min(chunk, _free_room(queue))
        )
        queue.add(batch.allowed, batch.checked_at)
        if batch.claimed_any and _free_room(queue) >= chunk:
            continue
        if queue.is_empty and is_over:
            await sync_to_async(enqueue)(send_due_texts)
            return
        if (
            queue.is_empty
            and batch.wait is None
            and not queue.has_changes
            and not batch.claimed_any
        ):
            return
        await queue.wait_for_changes(within=batch.wait, gather=GATHER_SECONDS)


def _free_room(queue: SendQueue) -> int:
    """How many more texts may be claimed."""
    # one whose call ends this moment counts twice
    in_hand = MAX_CONCURRENT_CALLS + MAX_PREFETCH - len(queue)
    soon_called = queue.free_calls + _prefetch.size - queue.ready_count
    return max(0, min(in_hand, soon_called))


async def _record(queue: SendQueue) -> None:
    """Write down what was answered, as it comes."""
    while answers := await queue.take_results(gather=GATHER_SECONDS):
        try:
            # on a connection of its own: claiming does not wait for it
            await run_in_thread(_write_down, answers)
        except BaseException as fault:
            queue.fail(fault)
            raise
        finally:
            queue.mark_recorded(answers)


async def _finish_run(queue: SendQueue, recorder: asyncio.Task[None]) -> None:
    """However a run ends: what is at the carrier is waited for, and what
    became of each text is written down.
    """
    await queue.close()
    try:
        # First, for a refusal that teaches an opt-out waits for the pair. Of an
        # abandoned one the attempt stays: it is looked up.
        await sync_to_async(ledger.unlock)(
            [claim.to.pair for claim in queue.take_finished() + queue.abandoned]
        )
    finally:
        await asyncio.wait([recorder])
        # the recorder failed: perhaps the database was away, and is back by now
        if left := queue.remaining_results():
            await run_in_thread(_write_down, left)
        recorder.result()


def _claim_and_check(queue: SendQueue, room: int) -> ClaimedBatch:
    """Everything between two looks at the line that needs the
    database, in one visit to its thread.
    """
    # At the last moment: else the next text to a phone that was just written to would
    # come back as if a STOP were waiting.
    if over := queue.take_finished():
        ledger.unlock([claim.to.pair for claim in over])
    asked_at = clock.now()
    claims = claim_batch(limit=room) if room else []
    if not claims:
        wait = _seconds_until_next_number(asked_at) if room else None
        return ClaimedBatch([], clock.monotonic_seconds(), False, wait)
    # The scope must be newer than the attempts just committed. Then a STOP that goes by
    # another, and so by another lock, sees these attempts and waits for them.
    current.read_again()
    held = ledger.lock_shared({claim.to.pair for claim in claims})
    checked_at = clock.monotonic_seconds()
    allowed: list[Claim] = []
    try:
        allowed += _still_allowed(claims, held)
    finally:
        ledger.unlock(held - {claim.to.pair for claim in allowed})
    return ClaimedBatch(allowed, checked_at, True)


def _seconds_until_next_number(asked_at: datetime) -> float | None:
    """Seconds until a number that kept texts waiting when last asked is
    free; None when none will be soon.
    """
    at = next_free_number_at(asked_at)
    left = at - clock.now() if at else SOON_FREE
    return max(left.total_seconds(), 0.0) if left < SOON_FREE else None


@job(queue="texts", attempts=3)
async def send_overdue_texts(timestamp: int) -> None:
    """The timetable's sweep: whatever lost its own job is taken up here."""
    await send_due_texts()


def _still_allowed(claims: list[Claim], held: set[ledger.PhonePair]) -> list[Claim]:
    """The last look at consent, under the lock that a STOP also takes. What a
    STOP is waiting for comes back later.
    """
    now = clock.now()
    # of two with one phone: a lock covers one text
    first = {claim.to.pair: claim for claim in reversed(claims)}
    in_hand: list[Claim] = []
    for claim in claims:
        pair = claim.to.pair
        if pair in held and first[pair] is claim:
            in_hand.append(claim)
        else:
            _requeue(claim, now)
    verdicts = recipients.verdicts([claim.to for claim in in_hand], now=now)
    allowed: list[Claim] = []
    for claim, verdict in zip(in_hand, verdicts, strict=True):
        if verdict.is_allowed:
            allowed.append(claim)
        else:
            _withdraw(claim, verdict, now)
    return allowed


def _withdraw(
    claim: Claim,
    verdict: Verdict,
    now: datetime,
) -> None:
    """The law has changed its mind since the text was accepted: it
    is provably not at the carrier.
    """
    if verdict.reason is Reason.ASKED:
        holding.hold_claimed_text(claim.message, claim.attempt, now=now)
    elif verdict.is_held:
        recording.record_unsent(
            claim.message,
            claim.attempt,
            Unsent("quiet hours"),
            now=now,
            held=waits_for(verdict, now=now, is_bulk=claim.is_bulk),
        )
    else:
        with transaction.atomic():
            if recording.close_attempt(
                claim.attempt, Attempt.Outcome.UNSENT, str(verdict.reason)
            ):
                block(claim.message, verdict, now=now)


def _requeue(claim: Claim, now: datetime) -> None:
    a_moment = Pending(due_at=now + RETRY_SHORTLY)
    unsent = Unsent("perhaps a STOP")
    recording.record_unsent(
        claim.message,
        claim.attempt,
        unsent,
        now=now,
        held=a_moment,
    )
    enqueue(send_due_texts, after=RETRY_SHORTLY)


async def _hand_over(claim: Claim, looked_at: float) -> SendOutcome:
    now = clock.monotonic_seconds()
    is_stale = now - claim.since > CLAIM_VALID_FOR.total_seconds()
    if is_stale or now - looked_at > CONSENT_CHECK_VALID_FOR.total_seconds():
        _prefetch.record_late(checked_at=looked_at, now=now)
        return WORKER_PAUSED
    _prefetch.record_in_time()
    student_phone, system_phone = claim.to.pair
    text = OutboundText(
        str(claim.message_id),
        system_phone,
        student_phone,
        claim.text,
    )
    return await registry.current_carrier().send(text)


def _write_down(answers: list[SendResult]) -> None:
    """Record what became of each text."""
    now = clock.now()
    taken = [
        recording.AcceptedText(
            claim.message_id, claim.attempt_id, outcome.carrier_message_id
        )
        for claim, outcome in answers
        if isinstance(outcome, Accepted)
    ]
    recording.record_accepted(taken, now=now)
    waits = {
        wait
        for claim, outcome in answers
        if (wait := _record_alone(claim, outcome, now))
    }
    for wait in sorted(waits):
        enqueue(send_due_texts, after=wait)


def _record_alone(
    claim: Claim,
    outcome: SendOutcome,
    now: datetime,
) -> timedelta | None:
    """One that cannot be written down is looked up later, like that of a worker that
    died, and keeps no other back.
    """
    try:
        return _record_other(claim, outcome, now)
    except DatabaseError:
        logger.exception("what became of a text could not be written down")
        return None


def _record_other(
    claim: Claim,
    outcome: SendOutcome,
    now: datetime,
) -> timedelta | None:
    """Whatever is not an acceptance. Returns after how long
    the text is due again, if it is.
    """
    match outcome:
        case Refused():
            recording.record_text_refused(
                claim.message,
                claim.attempt,
                outcome,
                now=now,
            )
        case Unsent():
            return recording.record_unsent(
                claim.message,
                claim.attempt,
                outcome,
                now=now,
            )
        case Unknown():
            recording.record_unknown(
                claim.message,
                claim.attempt,
                outcome,
                now=now,
            )
    return None
