"""Write an opt-out or opt-in, and ask where a pair of phones stands.

A send and a STOP meet at a lock per pair: whoever hands a text over holds it (shared) from the last look at consent
until the carrier has answered, and a STOP takes it before it commits. So no text is accepted after a STOP committed.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from quadline.accounts.models import User
from quadline.consent.models import ConsentEntry, ConsentState, StopQuestion
from quadline.consent.order import Standing, Word, comes_after, standing_of
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
# Of a pair, the newest. Who changes their mind more often than this costs us no more than this.
MOST_WORDS = 100
FARTHEST_LOOK = timedelta(hours=2)


def record(
    *,
    pair: Pair,
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
    """Append to the ledger and move the pair's state, in the caller's transaction. None when it was there already.

    ``carrier_message_id``: the student's text that says so, of a reply its reference; ``carrier_at``: its date by the
    carrier's own clock, if that is known. ``has_waited``: for the pair's texts on their way, before the transaction
    locked anything else. Only the student's own reply, as we or the carrier read it, opts in: nobody does it for them.
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
                "carrier_message_id": carrier_message_id or (carrier_reference if source is Source.REPLY else ""),
                "occurred_at": occurred_at,
                "carrier_at": carrier_at,
                "actor": actor,
            },
        )
        if not is_new:
            return None
        _move_state(entry)
        return entry


def is_opted_out(pair: Pair) -> bool:
    return opted_out([pair]) != set()


def is_surely_out(pair: Pair) -> bool:
    """Out, and not only until the order of the student's words is known: what else they say is not beside the point."""
    state = standing(pair)
    return state is not None and state.is_surely_out


def opted_out(pairs: Iterable[Pair]) -> set[Pair]:
    """Those of the pairs in which the student has opted out."""
    return among(pairs, OUT)


def among(pairs: Iterable[Pair], statement: str) -> set[Pair]:
    """Those of the pairs that a statement picks, however many there are."""
    wanted = list(pairs)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"students": [pair[0] for pair in wanted], "systems": [pair[1] for pair in wanted]})
        return set(cursor.fetchall())


def came_back_after(pair: Pair, word: Word) -> bool | None:
    """Whether the student has opted in since these words. None: only the carrier can tell."""
    starts = [entry.word for entry in _entries(pair) if entry.change == Change.OPT_IN]
    answers = {comes_after(start, word) for start in starts}
    return True if True in answers else None if None in answers else False


def learn_dates(pair: Pair, dates: Mapping[str, datetime]) -> None:
    """Note when the carrier got a pair's texts, by their ids, and say again where the pair stands.

    In the caller's transaction, which has waited for the pair's texts on their way.
    """
    state = ConsentState.objects.select_for_update(no_key=True).filter(_is_of(pair)).first()
    undated = ConsentEntry.objects.filter(_is_of(pair), carrier_at=None)
    asked = StopQuestion.objects.filter(_is_of(pair), carrier_at=None)
    for message_id, at in dates.items():
        undated.filter(carrier_message_id=message_id).update(carrier_at=at)
        asked.filter(carrier_reference=message_id, is_text=True).update(carrier_at=at)
    if state:
        _save_state(state, standing_of(_words(pair)))


def doubt(pair: Pair, *, looks: int = 0, wait: timedelta = timedelta(0)) -> None:
    """The carrier is to be asked for the order of the pair's words, after a wait when it was asked without an answer."""
    ConsentState.objects.filter(_is_of(pair)).update(look_up_at=Now() + wait, looks=looks)


def pairs_in_doubt(*, limit: int) -> list[Pair]:
    """Those whose next look is due, by the clock of the database."""
    due = Q(look_up_at__lte=Now()) | Q(look_up_at__gt=Now() + FARTHEST_LOOK)  # the latter by a clock that was wrong
    states = ConsentState.objects.filter(due).order_by("looks", "look_up_at")
    return list(states.values_list("student_phone", "system_phone")[:limit])


def opted_out_of(system_phone: str) -> set[str]:
    """Every student phone that wants no texts from this number."""
    states = ConsentState.objects.filter(opted_out=True, system_phone=system_phone)
    return set(states.values_list("student_phone", flat=True))


def standing(pair: Pair) -> ConsentState | None:
    """Where a pair stands, with the entry that says why; None while the ledger has nothing on it."""
    return ConsentState.objects.select_related("entry").filter(_is_of(pair)).first()


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
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [_lock_of(pair)])
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")  # the patience is for this lock, not for the caller's others


def hold(pairs: Iterable[Pair]) -> set[Pair]:
    """Keep STOPs waiting while texts are handed over; ends with ``let_go`` or the connection. Returns the pairs held.

    Never waits: a pair that a STOP is waiting for, or that is in another hand-over's hands, is left for later.
    """
    busy = {_lock_of(pair) for pair in _held_here}
    wanted = {lock: pair for pair in pairs if (lock := _lock_of(pair)) not in busy}
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
            [[_lock_of(pair) for pair in held]],
        )


def _lock_of(pair: Pair) -> str:
    """Where a STOP to one number shuts others too, a student's texts from all of them wait at one lock."""
    return "|".join(pair) if settings.ENV.opt_out_scope == "number" else pair[0]


def _move_state(entry: ConsentEntry) -> None:
    """What was said last counts; one that arrives late does not undo a newer one (order.py)."""
    pair = (entry.student_phone, entry.system_phone)
    first = {
        "opted_out": entry.change == Change.OPT_OUT,
        "since": entry.occurred_at,
        "entry": entry,
    }
    rows = ConsentState.objects.select_for_update(no_key=True)
    state, is_new = rows.get_or_create(student_phone=pair[0], system_phone=pair[1], defaults=first)
    if is_new:
        return
    was_out = state.opted_out
    # Read when the row is locked: whoever wrote another word meanwhile has committed it.
    standing = standing_of(_words(pair))
    if not was_out and standing.last.change is Change.OPT_OUT and entry.change == Change.OPT_OUT:
        # What shuts a pair is a new entry, so that whoever reads the opt-outs on from an entry misses none.
        standing = Standing(entry.word, standing.is_in_doubt)
    _save_state(state, standing)


def _save_state(state: ConsentState, standing: Standing) -> None:
    last = standing.last
    state.opted_out = last.change is Change.OPT_OUT
    state.since = last.occurred_at
    state.entry_id = last.id
    if not standing.is_in_doubt:
        state.look_up_at, state.looks = None, 0
    state.save(update_fields=["opted_out", "since", "entry", "look_up_at", "looks"])
    if standing.is_in_doubt and state.look_up_at is None:
        doubt((state.student_phone, state.system_phone))
        state.refresh_from_db(fields=["look_up_at", "looks"])


def _words(pair: Pair) -> list[Word]:
    return [entry.word for entry in reversed(_entries(pair))]


def _entries(pair: Pair) -> list[ConsentEntry]:
    """Newest first."""
    return list(ConsentEntry.objects.filter(_is_of(pair)).order_by("-pk")[:MOST_WORDS])


def _is_of(pair: Pair) -> Q:
    return Q(student_phone=pair[0], system_phone=pair[1])
