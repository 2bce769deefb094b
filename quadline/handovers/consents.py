"""Who said STOP to the leaver said it to who follows.

A STOP counts for a number, or for more if the college says so. The one who follows
texts the same students about the same things from another number: what a student has
said to the one, and what somebody is still asked about, is kept for the other.
"""

from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from quadline.consent import ledger
from quadline.consent.ledger import PhonePair
from quadline.consent.models import StopQuestion
from quadline.consent.questions import ask_question
from quadline.consent.rules import Change, Source
from quadline.delivery.opting.carrier_opt_outs import tell_carrier
from quadline.delivery.outbox import holding
from quadline.inboxes.departure_rules import successor_for
from quadline.inboxes.models import Departure
from quadline.jobs import enqueue
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student

CARRIED = "Said to {name}, who has left or is away: {wording}"
MAX_WORDING = 500


class PairMove(NamedTuple):
    """A student's phone with the leaver's number, and with the successor's."""

    before: PhonePair
    after: PhonePair


def carry_consents(departure: Departure, *, now: datetime) -> None:
    """Safe to repeat. Whoever has said anything to the successor's own number is not
    touched: that counts there. A successor without a number yet is come back to.
    """
    moves = _moves(departure)
    if not moves:
        return
    known = ledger.consent_states(move.after for move in moves)
    # Asked of the ledger in one look each: a caseload has hundreds.
    fresh = [move for move in moves if move.after not in known]
    out = ledger.opted_out(move.before for move in fresh)
    for move in fresh:
        if move.before in out:
            _carry_stop(departure, move, now)
    _carry_questions(departure, moves)


def _carry_stop(departure: Departure, move: PairMove, now: datetime) -> None:
    standing = ledger.consent_state(move.before)
    if standing is None:
        return
    # The proof is what the student said, whoever it was said to.
    wording = standing.entry.wording or standing.entry.keyword
    with transaction.atomic():
        # It waits for texts on their way, as a STOP does.
        entry = ledger.record_consent(
            pair=move.after,
            change=Change.OPT_OUT,
            source=Source.STAFF,
            occurred_at=standing.entry.occurred_at,
            wording=CARRIED.format(name=departure.staff.name, wording=wording)[
                :MAX_WORDING
            ],
            actor=departure.planned_by,
        )
        if entry:
            # As after any STOP: what waits from this number must not leave.
            # The carrier blocks by number, so it has not heard of this one.
            holding.close_texts(move.after, now=now)
            enqueue(tell_carrier, entry_id=entry.pk)


def _carry_questions(departure: Departure, moves: list[PairMove]) -> None:
    """Did the student ask to stop? Who follows is asked, and their texts wait."""
    open_ones = StopQuestion.objects.filter(
        answer="",
        system_phone__in={move.before[1] for move in moves},
        student_phone__in={move.before[0] for move in moves},
    )
    by_pair = {(each.student_phone, each.system_phone): each for each in open_ones}
    for move in moves:
        asked = by_pair.get(move.before)
        if asked is None:
            continue
        # One question for each reply and departure, however often this runs.
        reference = f"{asked.carrier_reference}>{departure.pk}"
        if StopQuestion.objects.filter(carrier_reference=reference).exists():
            continue  # answered already, or asked
        ask_question(
            pair=move.after,
            wording=asked.wording,
            phrase=asked.phrase,
            carrier_reference=reference,
            asked_at=asked.asked_at,
            holds_texts=asked.holds_texts,
        )


def _moves(departure: Departure) -> list[PairMove]:
    # Former numbers, too: a STOP to one of them has not ended.
    own = SystemNumber.objects.filter(inbox=departure.staff_id).exclude(phone="")
    shares = departure.shares
    numbers = SystemNumber.objects.live().filter(
        inbox__in={share.inbox_id for share in shares}
    )
    phone_of = {number.inbox_id: number.phone for number in numbers.exclude(phone="")}
    students = _students(departure)
    moves: list[PairMove] = []
    for system in set(own.values_list("phone", flat=True)):
        for mobile, program in students:
            phone = phone_of.get(successor_for(program, shares))
            if phone and phone != system:
                moves.append(PairMove((mobile, system), (mobile, phone)))
    return moves


def _students(departure: Departure) -> list[tuple[str, str]]:
    """Mobile and program of those who were handed over, or are about to be."""
    if departure.is_planned:
        found = Student.objects.on_caseload_of(departure.staff)
    else:
        handed = departure.handed_students.values("student")
        found = Student.objects.filter(pk__in=handed)
    return list(found.exclude(mobile="").values_list("mobile", "program"))
