"""The carrier's own list of who is out: told of opt-outs it cannot know,
and compared with the ledger every night.

No carrier lists who has opted out (Twilio, November 2026), so what it must hold is read
from what it did: which replies it got, which texts it refused, what we told it.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from quadline import clock
from quadline.carriers import registry
from quadline.carriers.protocol import (
    Carrier,
    Failure,
    InboundText,
    KeywordWish,
    NumberProblem,
)
from quadline.consent import ledger, questions
from quadline.consent.ledger import PhonePair
from quadline.consent.models import CarrierCheck, ConsentState
from quadline.consent.rules import Change, Source
from quadline.consent.stop_start_rules import Word, WordSource
from quadline.conversations.models import Message, MessageEvent
from quadline.conversations.rules import Direction, Status
from quadline.delivery.opting.inflight import block_sends
from quadline.delivery.outbox import holding
from quadline.delivery.permission.recipients import phones_of_message
from quadline.delivery.rules import NIGHTLY_LOOK_BACK
from quadline.delivery.sending.recording import last_system_number
from quadline.jobs import enqueue, enqueue_each, job
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import HELD_STATES
from quadline.sms import bodies

log = structlog.get_logger(__name__)

UNTIL_SURE = timedelta(minutes=1)

# What a check says of a pair.
OWN_WORD = "The carrier acts on this reply automatically."
CARRIER_REFUSED_TEXT = "The carrier has refused a text after it."
CARRIER_TOLD = "The carrier was told."
CARRIER_TAKES_TEXTS = "The carrier has taken texts since."
CARRIER_NOT_TOLD = (
    "The carrier does not know of it and could not be told."
    " Quadline holds texts back automatically."
)
CARRIER_BEING_TOLD = "The carrier is being told."
CARRIER_OPTED_IN = (
    "The carrier took a later reply for an opt-in."
    " Quadline holds texts back automatically."
)
STARTED_ELSEWHERE = (
    "The carrier may still refuse texts: START was texted to another number. The"
    " student must text START to this one, too."
)
STILL_OUT = (
    "The carrier may still refuse texts: this reply was no opt-in to it. The student"
    " must text START, and nothing else."
)


@job(queue="receipts", attempts=12)
def tell_carrier(entry_id: int) -> None:
    """Tell the carrier of an opt-out that no reply has told it. Tried again
    while the carrier cannot be reached.
    """
    state = (
        ConsentState.objects.select_related("entry")
        .filter(entry_id=entry_id, opted_out=True)
        .first()
    )
    if state is None:
        return  # the student has come back, or another entry says the same
    if state.is_in_doubt:  # told of it, the carrier would shut out who has come back
        enqueue(tell_carrier, after=UNTIL_SURE, entry_id=entry_id)
        return
    _note(
        state,
        False,
        CARRIER_BEING_TOLD,
        clock.now(),
    )
    is_taken = registry.current_carrier().push_opt_out(
        system_phone=state.system_phone,
        student_phone=state.student_phone,
        at=state.entry.carrier_at or state.since,
    )
    _note(
        state,
        is_taken,
        CARRIER_TOLD if is_taken else CARRIER_NOT_TOLD,
        clock.now(),
    )


def tell_carrier_if_unaware(stops: Mapping[int, str]) -> None:
    """A reply that is a STOP to us, such as "Stop.", need not be one to the
    carrier. In the caller's transaction.

    ``stops``: what the carrier read, by the ids of their entries in the ledger.
    """
    carrier = registry.current_carrier()
    # not by our own record, which is cleaned of signs that were nothing to us
    unheard = [
        entry_id
        for entry_id, as_received in stops.items()
        if carrier.wish_in(as_received) is not KeywordWish.STOP
    ]
    if not unheard:
        return
    states = list(ConsentState.objects.filter(entry__in=unheard).order_by("pk"))
    _note_all(states, False, CARRIER_BEING_TOLD, clock.now())
    enqueue_each(tell_carrier, [{"entry_id": state.entry_id} for state in states])


@job(queue="receipts", attempts=3)
def compare_with_carrier(timestamp: int) -> None:
    """Nightly: the ledger learns what only the carrier knew, and each pair
    is marked as agreeing or differing.
    """
    now, carrier = clock.now(), registry.current_carrier()
    _learn_from_refusals(now)
    let_in = _learn_from_log(carrier, now)
    ours = (
        SystemNumber.objects.filter(state__in=HELD_STATES)
        .exclude(phone="")
        .values("phone")
    )
    states = ConsentState.objects.filter(system_phone__in=ours).select_related(
        "entry", "carrier_check"
    )
    for state in states.order_by("pk").iterator(chunk_size=500):
        agrees, detail = _compared(state, carrier, let_in)
        _note(
            state,
            agrees,
            detail,
            now,
        )
        if detail == CARRIER_NOT_TOLD:
            enqueue(tell_carrier, entry_id=state.entry_id)


def _learn_from_refusals(now: datetime) -> None:
    """A refusal is learned when it comes (recording.py); this
    finds one whose lesson was lost.
    """
    refused = MessageEvent.objects.filter(
        at__gte=now - NIGHTLY_LOOK_BACK,
        to_status__in=(Status.FAILED, Status.UNDELIVERED),
    )
    refused = refused.filter(message__reason=Failure.OPTED_OUT.name.lower()).exclude(
        carrier_code=""
    )
    for event in refused.select_related("message__system_number").order_by("at"):
        called_at = last_system_number(event.message) or event.at
        _learn(
            phones_of_message(event.message),
            occurred_at=called_at,
            reference=f"refused {event.message_id}",
            now=now,
        )


def _learn_from_log(carrier: Carrier, now: datetime) -> dict[PhonePair, datetime]:
    """Opt-outs that the carrier took in the last day are learned. Returns the pairs
    that it let in again, and when.
    """
    let_in: dict[PhonePair, datetime] = {}
    for number in (
        SystemNumber.objects.filter(state__in=HELD_STATES)
        .exclude(phone="")
        .order_by("pk")
    ):
        for pair, (text, wish) in _last_wishes(carrier, number, now).items():
            at = text.sent_at or now
            if wish is KeywordWish.STOP:
                _learn(
                    pair,
                    occurred_at=min(at, now),
                    reference=text.carrier_message_id,
                    now=now,
                    text=text,
                )
            else:
                let_in[pair] = at
    return let_in


def _last_wishes(
    carrier: Carrier,
    number: SystemNumber,
    now: datetime,
) -> dict[PhonePair, tuple[InboundText, KeywordWish]]:
    """The last reply to a number, from each phone, that the carrier acted on."""
    try:
        received = carrier.received_texts(
            since=now - NIGHTLY_LOOK_BACK, system_phone=number.phone
        )
    except NumberProblem as problem:
        log.warning(
            "the carrier's log could not be read",
            number_id=number.pk,
            why=problem.words,
        )
        return {}
    # oldest first: the last one stays
    wishes = ((text, carrier.wish_in(text.body)) for text in received)
    return {
        (text.student_phone, number.phone): (text, wish)
        for text, wish in wishes
        if wish
    }


@transaction.atomic
def _learn(
    pair: PhonePair,
    *,
    occurred_at: datetime,
    reference: str,
    now: datetime,
    text: InboundText | None = None,
) -> None:
    """The carrier holds the student as out, since a ``text`` or a refusal. What the
    student has said since counts more.
    """
    said = Word(
        id=0,
        change=Change.OPT_OUT,
        kind=WordSource.TEXT if text else WordSource.REFUSAL,
        occurred_at=occurred_at,
        heard_at=now,
        carrier_at=text.sent_at if text else None,
    )
    if ledger.is_surely_out(pair) or ledger.opted_in_after(pair, said):
        return
    block_sends(pair)
    is_new = ledger.record_consent(
        pair=pair,
        change=Change.OPT_OUT,
        source=Source.CARRIER,
        occurred_at=occurred_at,
        wording=bodies.clean(text.body)[:500] if text else "",
        carrier_reference=reference,
        carrier_message_id=text.carrier_message_id if text else "",
        carrier_at=said.carrier_at,
        has_waited=True,
    )
    if is_new and ledger.is_opted_out(pair):
        log.warning("an opt-out was learned from the carrier", entry_id=is_new.pk)
        if ledger.is_surely_out(pair):
            questions.settle_question(
                pair=pair,
                answer=questions.StopAnswer.STOP,
                by=None,
                now=now,
            )
        holding.close_texts(pair, now=now)


def _compared(
    state: ConsentState,
    carrier: Carrier,
    let_in: dict[PhonePair, datetime],
) -> tuple[bool, str]:
    """Whether the carrier must hold the pair as we do, and what says so."""
    entry = state.entry
    wish = carrier.wish_in(entry.wording)
    if not state.opted_out:
        return _compared_in(state, wish)
    came_back = let_in.get((state.student_phone, state.system_phone))
    if came_back and came_back > (entry.carrier_at or state.since):
        return False, CARRIER_OPTED_IN
    telling = _telling_of(state)
    if telling == CARRIER_TOLD:
        return True, CARRIER_TOLD
    if wish is KeywordWish.STOP and not telling:
        return True, OWN_WORD
    if entry.source == Source.CARRIER:
        return True, CARRIER_REFUSED_TEXT
    return False, CARRIER_NOT_TOLD


def _telling_of(state: ConsentState) -> str:
    """How telling the carrier of this entry went; "" when there
    was nothing to tell, or not yet.

    It counts before the words on record: those are cleaned of signs for which the
    carrier did not take them for a STOP.
    """
    said = CarrierCheck.objects.filter(
        state=state, detail__in=(CARRIER_TOLD, CARRIER_NOT_TOLD, CARRIER_BEING_TOLD)
    )
    newest = said.filter(checked_at__gte=state.entry.recorded_at).first()
    return newest.detail if newest else ""


def _compared_in(state: ConsentState, wish: KeywordWish | None) -> tuple[bool, str]:
    is_start = wish is KeywordWish.START
    if is_start and not state.entry.was_texted_elsewhere:
        return True, OWN_WORD
    taken = Message.objects.filter(
        student_phone=state.student_phone, system_number__phone=state.system_phone
    )
    taken = taken.filter(direction=Direction.OUTBOUND, sent_at__gt=state.since)
    if taken.exists():
        return True, CARRIER_TAKES_TEXTS
    return False, STARTED_ELSEWHERE if is_start else STILL_OUT


def _note(
    state: ConsentState,
    agrees: bool,
    detail: str,
    now: datetime,
) -> None:
    _note_all([state], agrees, detail, now)


def _note_all(
    states: Collection[ConsentState],
    agrees: bool,
    detail: str,
    now: datetime,
) -> None:
    CarrierCheck.objects.bulk_create(
        [
            CarrierCheck(
                state=state,
                agrees=agrees,
                detail=detail,
                checked_at=now,
            )
            for state in states
        ],
        update_conflicts=True,
        unique_fields=["state"],
        update_fields=["agrees", "detail", "checked_at"],
    )
