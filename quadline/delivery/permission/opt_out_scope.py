"""How far a STOP reaches: the number it was sent to, its office, or
the whole college (opt_out_scope, a setting of the college).

The ledger keeps what was said, pair by pair. Here is the question that every send,
review, screen and report asks of it, and what START opens again. A refusal by the
carrier is nobody's word: it holds for its own pair in every scope. Why:
docs/adr/0005-consent-scope.md.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from quadline.college.current import college_settings
from quadline.consent import ledger
from quadline.consent.ledger import PhonePair
from quadline.consent.models import ConsentEntry, ConsentState
from quadline.consent.rules import REASON_WORDS, Change, Reason, Source
from quadline.consent.stop_start_rules import NEAR
from quadline.numbers.models import SystemNumber


class OptOutScope(StrEnum):
    NUMBER = "number"  # only the number that the student texted
    OFFICE = "office"  # every number of its inbox's office
    COLLEGE = "college"  # every number, those rented later too


OFFICE_OF = Coalesce("inbox__office", "inbox__owner__office")
# Whether a state of another pair is the student's own word on the pair that is asked
# about.
SAID_TO_ITS_OFFICE = """
    entry.source <> 'carrier' AND EXISTS (
        SELECT 1
        FROM numbers_systemnumber AS theirs
        JOIN inboxes_inbox AS their_inbox ON their_inbox.id = theirs.user_id
        LEFT JOIN accounts_user AS owner ON owner.id = their_inbox.owner_id
        CROSS JOIN numbers_systemnumber AS ours
        JOIN inboxes_inbox AS our_inbox ON our_inbox.id = ours.user_id
        LEFT JOIN accounts_user AS colleague ON colleague.id = our_inbox.owner_id
        WHERE theirs.phone = state.system_phone AND ours.phone = pair.system_phone
          AND COALESCE(their_inbox.office_id, owner.office_id)
              = COALESCE(our_inbox.office_id, colleague.office_id)
    )
"""
REACHES = {
    OptOutScope.OFFICE: SAID_TO_ITS_OFFICE,
    OptOutScope.COLLEGE: "entry.source <> 'carrier'",
}
# Of two arrays of phones, pair by pair.
OPTED_OUT_WIDELY = """
    SELECT pair.student_phone, pair.system_phone
    FROM unnest(%(students)s::text[], %(systems)s::text[]) AS pair (student_phone,
                system_phone)
    WHERE EXISTS (
        SELECT 1
        FROM consent_consentstate AS state
        JOIN consent_consententry AS entry ON entry.id = state.entry_id
        WHERE state.student_phone = pair.student_phone AND state.opted_out
          AND (state.system_phone = pair.system_phone OR {reaches})
    )
"""
# Every student phone that is out of one number.
OUT_OF_NUMBER = """
    SELECT DISTINCT state.student_phone
    FROM consent_consentstate AS state
    JOIN consent_consententry AS entry ON entry.id = state.entry_id
    CROSS JOIN (VALUES (%(system)s)) AS pair (system_phone)
    WHERE state.opted_out AND (state.system_phone = pair.system_phone OR {reaches})
"""
OPTED_OUT_IN_SCOPE = {OptOutScope.NUMBER: ledger.OPTED_OUT_PAIRS} | {
    scope: OPTED_OUT_WIDELY.format(reaches=reaches)
    for scope, reaches in REACHES.items()
}


# For anyone who reads the opt-outs.
REACH_WORDS = {
    OptOutScope.NUMBER: (
        "A STOP counts for the number the student texted. Only the student can opt in"
        " again, by texting START or UNSTOP to that same number."
    ),
    OptOutScope.OFFICE: (
        "A STOP counts for every number of the office it was sent to. Only the student"
        " can opt in again: START or UNSTOP to one of them opens them all."
    ),
    OptOutScope.COLLEGE: (
        "A STOP counts for every number of the college. Only the student can opt in"
        " again: START or UNSTOP to one of them opens them all."
    ),
}
OUT_WORDS = {
    OptOutScope.OFFICE: "The student has opted out of texts from this office.",
    OptOutScope.COLLEGE: "The student has opted out of texts from the college.",
}


def reason_words(reason: Reason) -> str:
    """Why a student may not be texted, in the words of the scope."""
    wider = OUT_WORDS.get(current_scope()) if reason is Reason.OPTED_OUT else None
    return wider or REASON_WORDS[reason]


def current_scope() -> OptOutScope:
    """As the college has it now. Asked once by whoever goes by it: it may change."""
    return OptOutScope(college_settings().opt_out_scope)


def out_statement() -> str:
    """The pairs that are out, of two arrays of phones: SQL for
    ``ledger.pairs_in`` and for looks that ask more at once.
    """
    return OPTED_OUT_IN_SCOPE[current_scope()]


def opted_out_in_scope(pairs: Iterable[PhonePair]) -> set[PhonePair]:
    """Those of the pairs in which nothing may be texted, for the student's word to
    any number that reaches that far.
    """
    return ledger.pairs_in(pairs, out_statement())


def is_out_in_scope(pair: PhonePair) -> bool:
    return opted_out_in_scope([pair]) != set()


def phones_out_in_scope(system_phone: str) -> set[str]:
    """Every student phone that may not be texted from this number."""
    scope = current_scope()
    if scope is OptOutScope.NUMBER:
        return ledger.opted_out_of(system_phone)
    with connection.cursor() as cursor:
        cursor.execute(
            OUT_OF_NUMBER.format(reaches=REACHES[scope]), {"system": system_phone}
        )
        return {phone for (phone,) in cursor.fetchall()}


def standing_in_scope(pair: PhonePair) -> ConsentState | None:
    """What decides on a pair: its own state, unless a word of the
    student to another number shuts it.
    """
    own = ledger.consent_state(pair)
    if current_scope() is OptOutScope.NUMBER or (own and own.opted_out):
        return own
    return _others_out(pair).order_by("-since").first() or own


def system_phones_reached(system_phone: str) -> list[str]:
    """The numbers that a STOP to this one shuts, itself included, as they are now."""
    return sorted(system_phones_by_stop([system_phone])[system_phone])


def system_phones_by_stop(
    system_phones: Iterable[str],
) -> Mapping[str, Collection[str]]:
    """The same for many, in one look: by the number that a STOP is sent to."""
    asked, scope = set(system_phones), current_scope()
    if scope is OptOutScope.NUMBER:
        return {phone: {phone} for phone in asked}
    rows = (
        SystemNumber.objects.exclude(phone="")
        .annotate(office=OFFICE_OF)
        .values_list("phone", "office")
    )
    if scope is OptOutScope.COLLEGE:
        everywhere = {phone for phone, _ in rows}
        return {phone: everywhere | {phone} for phone in asked}
    theirs = SystemNumber.objects.filter(phone__in=asked).annotate(office=OFFICE_OF)
    offices_of, phones_of = defaultdict(set), defaultdict(set)
    for phone, office in rows.filter(office__in=theirs.values("office")):
        phones_of[office].add(phone)
        offices_of[phone].add(office)
    return {
        phone: {phone}.union(*(phones_of[office] for office in offices_of[phone]))
        for phone in asked
    }


def reopen_pairs(starts: Collection[ConsentEntry]) -> None:
    """A START opens what the student's STOPs have shut, as far as one
    reaches. In the transaction that files it.

    It is written to each pair that is out, and there its order against the STOP
    decides, as always.
    """
    if current_scope() is OptOutScope.NUMBER:
        return
    for start in starts:
        for state in _others_out((start.student_phone, start.system_phone)):
            _repeat(start, state.system_phone)


def date_starts_before(stops: Collection[ConsentEntry]) -> None:
    """STOPs that came late find what their students have since said to other numbers,
    for one of those may be newer.
    """
    if current_scope() is OptOutScope.NUMBER or not stops:
        return
    reach = system_phones_by_stop({stop.system_phone for stop in stops})
    starts_of = _starts_of(
        {stop.student_phone for stop in stops},
        since=min(stop.occurred_at for stop in stops) - NEAR,
    )
    for stop in stops:
        for start in starts_of[stop.student_phone]:
            is_elsewhere = start.system_phone != stop.system_phone
            is_near = start.occurred_at >= stop.occurred_at - NEAR
            if (
                is_elsewhere
                and is_near
                and start.system_phone in reach[stop.system_phone]
            ):
                _repeat(start, stop.system_phone)


def _starts_of(
    student_phones: Collection[str], *, since: datetime
) -> Mapping[str, list[ConsentEntry]]:
    """What students have said themselves, by their phones, in
    the order it was written down.
    """
    starts = ConsentEntry.objects.filter(
        student_phone__in=student_phones,
        change=Change.OPT_IN,
        source=Source.REPLY,
        occurred_at__gte=since,
    )
    found: defaultdict[str, list[ConsentEntry]] = defaultdict(list)
    for start in starts.order_by("pk"):
        found[start.student_phone].append(start)
    return found


def _repeat(start: ConsentEntry, system_phone: str) -> None:
    """The same word of the student's, for another number."""
    ledger.record_consent(
        pair=(start.student_phone, system_phone),
        change=Change.OPT_IN,
        source=Source.REPLY,
        occurred_at=start.occurred_at,
        keyword=start.keyword,
        wording=start.wording,
        carrier_reference=f"{start.carrier_message_id} {system_phone}",
        carrier_message_id=start.carrier_message_id,
        carrier_at=start.carrier_at,
    )


def _others_out(pair: PhonePair) -> QuerySet[ConsentState]:
    """States of the student's own words to other numbers that reach this pair."""
    scope = current_scope()
    states = ConsentState.objects.select_related("entry").filter(
        student_phone=pair[0], opted_out=True
    )
    states = states.exclude(system_phone=pair[1]).exclude(entry__source=Source.CARRIER)
    if scope is OptOutScope.COLLEGE:
        return states
    if scope is OptOutScope.OFFICE:
        return states.filter(system_phone__in=system_phones_reached(pair[1]))
    return states.none()
