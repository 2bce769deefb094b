"""Write an opt-out or opt-in, and ask where a pair of phones stands.

A send and a STOP meet at a lock per pair: whoever hands a text over holds it (shared) from the last look at consent
until the carrier has answered, and a STOP takes it before it commits. So no text is accepted after a STOP committed.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from django.db import OperationalError, connection, transaction

from quadline.accounts.models import User
from quadline.consent.models import ConsentEntry, ConsentState
from quadline.consent.rules import Change, Source

Pair = tuple[str, str]  # student phone, system phone
# Of two arrays of phones, pair by pair.
OUT = """
    SELECT state.student_phone, state.system_phone
    FROM unnest(%(students)s::text[], %(systems)s::text[]) AS pair (student_phone, system_phone)
    JOIN consent_consentstate AS state USING (student_phone, system_phone)
    WHERE state.opted_out
"""
# A carrier that hangs must not keep a STOP out of the ledger for longer than this: two seconds from the look at consent to
# the call (delivery/rules.py), and three for the call.
LOCK_PATIENCE_MS = 5000
# The database grants a session again what it holds already, past a STOP that waits: that is ours to refuse.
_held_here: set[Pair] = set()


def record(
    *,
    pair: Pair,
    change: Change,
    source: Source,
    occurred_at: datetime,
    keyword: str = "",
    wording: str = "",
    carrier_reference: str = "",
    actor: User | None = None,
    has_waited: bool = False,
) -> ConsentEntry | None:
    """Append to the ledger and move the pair's state, in the caller's transaction. None when it was there already.

    ``has_waited``: for the pair's texts on their way, before the transaction locked anything else. Only the student's own
    reply, as we or the carrier read it, opts in: nobody does it for them.
    """
    if change is Change.OPT_IN and (source is Source.STAFF or actor):
        raise ValueError("a student opts in by a reply of their own")
    with transaction.atomic():
        if not has_waited:
            wait_for_sends(pair)
        entry, is_new = ConsentEntry.objects.get_or_create(
            carrier_reference=carrier_reference or f"{change}-{pair[0]}-{pair[1]}-{occurred_at.timestamp()}",
            change=change,
            defaults={
                "student_phone": pair[0],
                "system_phone": pair[1],
                "source": source,
                "keyword": keyword,
                "wording": wording,
                "occurred_at": occurred_at,
                "actor": actor,
            },
        )
        if not is_new:
            return None
        _move_state(entry)
        return entry


def is_opted_out(pair: Pair) -> bool:
    return opted_out([pair]) != set()


def opted_out(pairs: Iterable[Pair]) -> set[Pair]:
    """Those of the pairs in which the student has opted out."""
    return among(pairs, OUT)


def among(pairs: Iterable[Pair], statement: str) -> set[Pair]:
    """Those of the pairs that a statement picks, however many there are."""
    wanted = list(pairs)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"students": [pair[0] for pair in wanted], "systems": [pair[1] for pair in wanted]})
        return set(cursor.fetchall())


def opted_out_of(system_phone: str) -> set[str]:
    """Every student phone that wants no texts from this number."""
    states = ConsentState.objects.filter(opted_out=True, system_phone=system_phone)
    return set(states.values_list("student_phone", flat=True))


def standing(pair: Pair) -> ConsentState | None:
    """Where a pair stands, with the entry that says why; None while the ledger has nothing on it."""
    states = ConsentState.objects.select_related("entry")
    return states.filter(student_phone=pair[0], system_phone=pair[1]).first()


def history(student_phone: str, system_phones: Iterable[str]) -> list[ConsentEntry]:
    """Everything the ledger has on a student's phone and some system numbers, newest first."""
    entries = ConsentEntry.objects.filter(student_phone=student_phone, system_phone__in=list(system_phones))
    entries = entries.select_related("actor")
    return list(entries.order_by("-occurred_at", "-pk"))


def wait_for_sends(pair: Pair) -> None:
    """Until the caller's transaction ends no text of this pair is handed over; one under way is waited for, not for long.

    Best asked for first: whoever hands over writes down what became of the text before letting go, and may need rows for it.
    """
    with suppress(OperationalError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {LOCK_PATIENCE_MS}")
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", ["|".join(pair)])
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")  # the patience is for this lock, not for the caller's others


def hold(pairs: Iterable[Pair]) -> set[Pair]:
    """Keep STOPs waiting while texts are handed over; ends with ``let_go`` or the connection. Returns the pairs held.

    Never waits: a pair that a STOP is waiting for, or that is in another hand-over's hands, is left for later.
    """
    wanted = {"|".join(pair): pair for pair in pairs if pair not in _held_here}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pair FROM unnest(%s::text[]) AS pair WHERE pg_try_advisory_lock_shared(hashtextextended(pair, 0))",
            [list(wanted)],
        )
        held = {wanted[name] for (name,) in cursor.fetchall()}
    _held_here.update(held)
    return held


def let_go(pairs: Iterable[Pair]) -> None:
    """End a hold. Only what ``hold`` returned may be let go."""
    held = set(pairs)
    _held_here.difference_update(held)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_unlock_shared(hashtextextended(pair, 0)) FROM unnest(%s::text[]) AS pair",
            [["|".join(pair) for pair in held]],
        )


def _move_state(entry: ConsentEntry) -> None:
    """The newest word counts: one that arrives late (fetched after a downtime) does not undo a newer one."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO consent_consentstate (student_phone, system_phone, opted_out, since, entry_id)
            VALUES (%s, %s, %s, %s, %s)
            ON CONFLICT (student_phone, system_phone) DO UPDATE
            SET opted_out = excluded.opted_out, since = excluded.since, entry_id = excluded.entry_id
            WHERE consent_consentstate.since <= excluded.since
            """,
            [entry.student_phone, entry.system_phone, entry.change == Change.OPT_OUT, entry.occurred_at, entry.pk],
        )
