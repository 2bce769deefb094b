"""Write an opt-out or opt-in, and ask where a pair of phones stands.

A send and a STOP meet at a lock: a sender holds it (shared) from the last look at
consent until the carrier has answered, and a STOP takes it before it commits. So no
text is accepted after a STOP committed. It is the pair's or, where a STOP to one number
shuts others too, the student's. A STOP takes both: a sender may know another scope yet
(docs/adr/0026-college-settings.md).
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import OperationalError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from quadline import clock
from quadline.accounts.models import User
from quadline.college.current import college_settings
from quadline.consent import states
from quadline.consent.entries import NewEntry, append_entries
from quadline.consent.models import ConsentEntry, ConsentState, StopQuestion
from quadline.consent.rules import Change, Source
from quadline.consent.states import PhonePair as PhonePair
from quadline.consent.states import as_arrays, is_of, phones_of
from quadline.consent.states import set_doubt as set_doubt
from quadline.consent.stop_start_rules import Word, comes_after, standing_of

# Of two arrays of phones, pair by pair.
OPTED_OUT_PAIRS = """
    SELECT state.student_phone, state.system_phone
    FROM unnest(%(students)s::text[], %(systems)s::text[])
         AS pair (student_phone, system_phone)
    JOIN consent_consentstate AS state USING (student_phone, system_phone)
    WHERE state.opted_out
"""
PAIRS_IN_DOUBT = """
    SELECT state.student_phone, state.system_phone
    FROM unnest(%(students)s::text[], %(systems)s::text[])
         AS pair (student_phone, system_phone)
    JOIN consent_consentstate AS state USING (student_phone, system_phone)
    WHERE state.look_up_at IS NOT NULL
"""
# Of names of locks, those that the transaction has now.
TRY_LOCKS = """
    SELECT lock FROM unnest(%s::text[]) AS lock
    WHERE pg_try_advisory_xact_lock(hashtextextended(lock, 0))
"""
# A carrier that hangs must not keep a STOP out of the ledger for longer than this: two
# seconds from the look at consent to the call (delivery/rules.py), and three for the
# call.
LOCK_TIMEOUT_MS = 5000


class Hold(NamedTuple):
    """A pair that this process keeps STOPs waiting for, and the name of the lock it
    took: by another scope it may have another name when it is released.
    """

    pair: PhonePair
    lock: str


# The database grants a session again what it holds already, past a STOP that waits:
# we have to refuse that.
_locked_here: set[Hold] = set()
MAX_LOOKUP_AHEAD = timedelta(hours=2)


def record_consent(
    *,
    pair: PhonePair,
    change: Change,
    source: Source,
    occurred_at: datetime,
    keyword: str = "",
    wording: str = "",
    carrier_reference: str = "",
    carrier_message_id: str = "",
    carrier_at: datetime | None = None,
    actor: User | None = None,
    has_waited: bool = False,
) -> ConsentEntry | None:
    """Append to the ledger and move the pair's state, in the caller's
    transaction. None when it was there already.

    The fields are those of entries.NewEntry. ``has_waited``: for the pair's texts on
    their way, before the transaction locked anything else. Raises ValueError when it
    opts in somebody who did not write so.
    """
    new = NewEntry(
        pair=pair,
        change=change,
        source=source,
        occurred_at=occurred_at,
        keyword=keyword,
        wording=wording,
        carrier_reference=carrier_reference,
        carrier_message_id=carrier_message_id,
        carrier_at=carrier_at,
        actor=actor,
    )
    with transaction.atomic():
        if not has_waited:
            lock_exclusive(pair)
        return next(iter(append_entries([new]).entries), None)


def is_opted_out(pair: PhonePair) -> bool:
    return opted_out([pair]) != set()


def is_surely_out(pair: PhonePair) -> bool:
    """Out, and not only until the order of the student's words is known: what
    else they say is not beside the point.
    """
    state = consent_state(pair)
    return state is not None and state.is_surely_out


def opted_out(pairs: Iterable[PhonePair]) -> set[PhonePair]:
    """Those of the pairs in which the student has opted out."""
    return pairs_in(pairs, OPTED_OUT_PAIRS)


def pairs_of_unknown_order(pairs: Iterable[PhonePair]) -> set[PhonePair]:
    """Those of the pairs for which only the carrier can tell in
    which order the student's words came.
    """
    return pairs_in(pairs, PAIRS_IN_DOUBT)


def pairs_in(pairs: Iterable[PhonePair], statement: str) -> set[PhonePair]:
    """Those of the pairs that a statement picks, however many there are."""
    wanted = list(pairs)
    with connection.cursor() as cursor:
        cursor.execute(statement, as_arrays(wanted))
        return set(cursor.fetchall())


def opted_in_after(pair: PhonePair, word: Word) -> bool | None:
    """Whether the student has opted in since these words.
    None: only the carrier can tell.
    """
    starts = [
        entry.word
        for entry in states.newest_entries([pair])[pair]
        if entry.change == Change.OPT_IN
    ]
    answers = {comes_after(start, word) for start in starts}
    return True if True in answers else None if None in answers else False


def record_carrier_dates(pair: PhonePair, dates: Mapping[str, datetime]) -> None:
    """Note when the carrier got a pair's texts, by their ids, and
    say again where the pair stands.

    In the caller's transaction, which has waited for the pair's texts on their way.
    """
    state = (
        ConsentState.objects.select_for_update(no_key=True).filter(is_of(pair)).first()
    )
    undated = ConsentEntry.objects.filter(is_of(pair), carrier_at=None)
    asked = StopQuestion.objects.filter(is_of(pair), carrier_at=None)
    for message_id, at in dates.items():
        undated.filter(carrier_message_id=message_id).update(carrier_at=at)
        asked.filter(carrier_reference=message_id, is_text=True).update(carrier_at=at)
    if state:
        standing = standing_of(states.words_of_pairs([pair])[pair])
        states.save_states([(state, standing)])


def pairs_in_doubt(*, limit: int) -> list[PhonePair]:
    """Those whose next look is due, by the clock of the database."""
    # the latter by a clock that was wrong
    due = Q(look_up_at__lte=Now()) | Q(look_up_at__gt=Now() + MAX_LOOKUP_AHEAD)
    doubted = ConsentState.objects.filter(due).order_by("looks", "look_up_at")
    return list(doubted.values_list("student_phone", "system_phone")[:limit])


def opted_out_of(system_phone: str) -> set[str]:
    """Every student phone that wants no texts from this number."""
    shut = ConsentState.objects.filter(opted_out=True, system_phone=system_phone)
    return set(shut.values_list("student_phone", flat=True))


def consent_state(pair: PhonePair) -> ConsentState | None:
    """Where a pair stands, with the entry that says why; None
    while the ledger has nothing on it.
    """
    return consent_states([pair]).get(pair)


def consent_states(pairs: Iterable[PhonePair]) -> dict[PhonePair, ConsentState]:
    """The same for many pairs, in one look; those of which the
    ledger has nothing are not in it.
    """
    wanted = set(pairs)
    found = ConsentState.objects.select_related("entry").filter(
        student_phone__in={student for student, _ in wanted},
        system_phone__in={system for _, system in wanted},
    )
    return {pair: state for state in found if (pair := phones_of(state)) in wanted}


def history(student_phone: str, system_phones: Iterable[str]) -> list[ConsentEntry]:
    """Everything the ledger has on a student's phone and some
    system numbers, newest first.
    """
    entries = ConsentEntry.objects.filter(
        student_phone=student_phone, system_phone__in=list(system_phones)
    )
    entries = entries.select_related("actor")
    return list(entries.order_by("-occurred_at", "-pk"))


def lock_exclusive(*pairs: PhonePair) -> None:
    """Until the caller's transaction ends no text of these pairs is handed over; those
    under way are waited for, not for long.

    Best asked for first: a sender writes down what became of the text before it
    releases the lock, and may need rows for it. Several pairs at once, or two callers
    might wait for each other.
    """
    # Both waits together are no longer than one.
    began = clock.monotonic_seconds()
    for lock in _locks_of_stop(pairs):
        waited_ms = (clock.monotonic_seconds() - began) * 1000
        _wait_for(lock, max(1, round(LOCK_TIMEOUT_MS - waited_ms)))


def _wait_for(lock: str, timeout_ms: int) -> None:
    """Each by itself: one that is not granted in time takes no other with it."""
    with (
        suppress(OperationalError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"SET LOCAL lock_timeout = {timeout_ms}")
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [lock])
        # the patience is for this lock, not for the caller's others
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")


def try_lock_exclusive(pairs: Iterable[PhonePair]) -> set[PhonePair]:
    """As ``lock_exclusive``, for many pairs and without waiting: those
    whose texts are kept back from here on.

    The others are in a sender's hands, or in those of somebody else who opts them out
    or in.
    """
    wanted = set(pairs)
    with connection.cursor() as cursor:
        cursor.execute(TRY_LOCKS, [_locks_of_stop(wanted)])
        ours = {lock for (lock,) in cursor.fetchall()}
    return {pair for pair in wanted if ours.issuperset(_locks_of_stop([pair]))}


def lock_shared(pairs: Iterable[PhonePair]) -> set[PhonePair]:
    """Keep STOPs waiting while texts are handed over; ends with ``unlock`` or the
    connection. Returns the pairs held.

    Never waits: a pair that a STOP is waiting for, or that is in another hand-over's
    hands, is left for later.
    """
    busy = {hold.lock for hold in _locked_here}
    wanted = {lock: pair for pair in pairs if (lock := lock_name(pair)) not in busy}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pair FROM unnest(%s::text[]) AS pair WHERE"
            " pg_try_advisory_lock_shared(hashtextextended(pair, 0))",
            [list(wanted)],
        )
        held = {Hold(wanted[name], name) for (name,) in cursor.fetchall()}
    _locked_here.update(held)
    return {hold.pair for hold in held}


def unlock(pairs: Iterable[PhonePair]) -> None:
    """End a hold. Only what ``lock_shared`` returned may be released."""
    ended = set(pairs)
    released = {hold for hold in _locked_here if hold.pair in ended}
    _locked_here.difference_update(released)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_unlock_shared(hashtextextended(pair, 0)) FROM"
            " unnest(%s::text[]) AS pair",
            [[hold.lock for hold in released]],
        )


def lock_name(pair: PhonePair) -> str:
    """Where a sender holds it. Where a STOP to one number shuts others too, a student's
    texts from all of them wait at one lock.
    """
    is_of_pair = college_settings().opt_out_scope == "number"
    return _name_of_pair(pair) if is_of_pair else pair[0]


def _locks_of_stop(pairs: Iterable[PhonePair]) -> list[str]:
    """Wherever a sender may hold one of the pairs, no matter which scope it knows.

    Always in this order, so that no two wait for each other. The pairs' come first: a
    STOP that waits for one number's text keeps no STOP to another number waiting.
    """
    wanted = set(pairs)
    of_pairs = {_name_of_pair(pair) for pair in wanted}
    of_students = {student for student, _ in wanted}
    return [*sorted(of_pairs), *sorted(of_students)]


def _name_of_pair(pair: PhonePair) -> str:
    return "|".join(pair)
