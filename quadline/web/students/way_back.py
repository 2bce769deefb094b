"""How a student who has opted out gets texts again: what the screen
says, and what can be sent to them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from quadline.accounts.models import User
from quadline.accounts.rules import May
from quadline.college.current import college_settings
from quadline.consent.models import CarrierCheck, ConsentEntry, ConsentState
from quadline.consent.rules import Source
from quadline.delivery.permission import opt_out_scope
from quadline.inboxes.models import inbox_of, may_write_in
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import HELD_STATES
from quadline.roster.models import Student
from quadline.sms import phones


@dataclass(frozen=True)
class WayBack:
    """The only one there is: the student texts START to that same
    number. ``copied`` says so to the student.
    """

    words: str
    copied: str


# Staff cannot opt a student back in: only the student's own START to that number does
# (docs/adr/0005).
def way_back(student: Student, number: SystemNumber) -> WayBack:
    written = phones.written(number.phone)
    return WayBack(
        words=f"{student.first} must text START to {written}",
        copied=(f"To get texts from {number.whose} again, text START to {written}."),
    )


def looked_up(student: Student) -> str:
    return (
        f"{student.first} has also texted to get texts again. Quadline is asking the"
        " carrier which came last, and opens this automatically if it was that."
    )


@dataclass(frozen=True)
class OptOut:
    """One number from which a student gets no texts: why, since when, the
    way back, and what the carrier holds.

    ``check`` is of this number's own pair; a word to another number that reaches this
    one has none here.
    """

    why: str
    since: datetime
    way_back: WayBack
    check: CarrierCheck | None


def opt_outs_of(
    student: Student,
    reader: User,
    *,
    seen_by: QuerySet[Any, Any],
) -> list[OptOut]:
    """The numbers of some staff users that the student has opted
    out of, the reader's own first.
    """
    # A student without a mobile has "" here, which is nobody's phone.
    states = ConsentState.objects.filter(
        student_phone=student.mobile, opted_out=True
    ).exclude(student_phone="")
    found = {
        state.system_phone: state
        for state in states.select_related("entry", "carrier_check")
    }
    # By the college's setting a STOP to another number may reach the reader's own, and
    # then there is no row of this very pair.
    own = SystemNumber.objects.of(reader)
    if (
        own
        and own.phone
        and own.phone not in found
        and (wider := opt_out_scope.standing_in_scope((student.mobile, own.phone)))
    ):
        found |= {own.phone: wider} if wider.opted_out else {}
    whose = Q(inbox=inbox_of(reader)) | Q(inbox__in=seen_by)
    # Only numbers that are still held: a START to one that was given back reaches
    # nobody here.
    numbers = SystemNumber.objects.filter(
        whose, phone__in=found, state__in=HELD_STATES
    ).select_related("inbox__owner__office", "inbox__office")
    ordered = sorted(
        numbers,
        key=lambda number: (
            not may_write_in(reader, number.its_inbox.pk),
            number.whose,
        ),
    )
    return [
        _opt_out(
            student,
            number,
            found[number.phone],
            reader,
        )
        for number in ordered
    ]


def may_record_stop(reader: User, student: Student) -> bool:
    """Whether there is anything for this person to record: a number of
    theirs that may text, or of anybody's.
    """
    if not reader.may[May.TEXT] or not student.mobile:
        return False
    number = SystemNumber.objects.of(reader)
    # A student who is out already has nothing left to record for this number.
    has_own = (
        number is not None
        and number.phone != ""
        and not opt_out_scope.is_out_in_scope((student.mobile, number.phone))
    )
    return has_own or reader.may[May.MANAGE]


def _opt_out(
    student: Student,
    number: SystemNumber,
    state: ConsentState,
    reader: User,
) -> OptOut:
    # What the carrier holds was asked for another pair where the word was to another
    # number.
    is_of_this_number = state.system_phone == number.phone
    return OptOut(
        why=(
            f"{why_out(student, state.entry)} from"
            f" {whose_texts(state, number, reader=reader)}"
        ),
        since=state.since,
        way_back=way_back(student, number),
        check=getattr(state, "carrier_check", None) if is_of_this_number else None,
    )


def whose_texts(
    state: ConsentState,
    number: SystemNumber,
    *,
    reader: User,
) -> str:
    """Whose texts a state keeps from the student: those of this number, or
    of all that a word to another reaches.
    """
    if state.system_phone == number.phone:
        return "you" if may_write_in(reader, number.its_inbox.pk) else number.whose
    if opt_out_scope.current_scope() is opt_out_scope.OptOutScope.OFFICE:
        return f"anyone in {number.its_inbox.its_office}"
    return f"anyone at {college_settings().college_name}"


def why_out(student: Student, entry: ConsentEntry) -> str:
    """How the student opted out; the page goes on with whose texts."""
    if entry.source == Source.REPLY:
        return f"{student.first} replied {entry.keyword} and gets no more texts"
    if entry.source == Source.CARRIER:
        return f"{student.first} has opted out with the carrier and gets no more texts"
    return f"{student.first} asked for no more texts"
