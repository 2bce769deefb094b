"""Where pairs of phones stand: moved by new entries of the ledger, many
pairs at once, in the caller's transaction.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Now

from quadline.consent.models import ConsentEntry, ConsentState
from quadline.consent.rules import Change
from quadline.consent.stop_start_rules import Word, WordStanding, standing_of

PhonePair = tuple[str, str]  # student phone, system phone
# Of a pair, the newest. Who changes their mind more often than this costs us no more
# than this.
MAX_STATE_WORDS = 100
NO_WAIT = timedelta(0)
# The states of pairs whose first word stands among those just appended (entries.py).
INSERT_STATES = """
    INSERT INTO consent_consentstate
        (student_phone, system_phone, opted_out, since, entry_id)
    SELECT student_phone, system_phone, change = 'opt_out', occurred_at, id
    FROM appended ORDER BY student_phone, system_phone
    ON CONFLICT (student_phone, system_phone) DO NOTHING
    RETURNING entry_id
"""
LOCK_STATES = """
    SELECT state.*
    FROM unnest(%(students)s::text[], %(systems)s::text[])
         AS pair (student_phone, system_phone)
    JOIN consent_consentstate AS state USING (student_phone, system_phone)
    ORDER BY state.id FOR NO KEY UPDATE OF state
"""
NEWEST_ENTRIES = """
    SELECT entry.*
    FROM unnest(%(students)s::text[], %(systems)s::text[])
         AS pair (student_phone, system_phone)
    CROSS JOIN LATERAL (
        SELECT *
        FROM consent_consententry AS own
        WHERE own.student_phone = pair.student_phone
          AND own.system_phone = pair.system_phone
        ORDER BY own.id DESC
        LIMIT %(most)s
    ) AS entry
    ORDER BY entry.id DESC
"""


def move_states(entries: Collection[ConsentEntry]) -> None:
    """Move the states of new entries, each of another pair that
    has one, however many there are.

    What was said last counts; one that arrives late does not undo a newer one
    (stop_start_rules.py).
    """
    news = {phones_of(entry): entry for entry in entries}
    if not news:
        return
    states = list(ConsentState.objects.raw(LOCK_STATES, as_arrays(news)))
    # Read when the rows are locked: a transaction that wrote another word meanwhile has
    # committed it.
    words = words_of_pairs(news)
    moved = []
    for state in states:
        pair = phones_of(state)
        moved.append((state, _standing_after(news[pair], words[pair], state)))
    save_states(moved)


def save_states(moved: Sequence[tuple[ConsentState, WordStanding]]) -> None:
    """Write where pairs stand. Their rows are locked by the caller."""
    for state, standing in moved:
        state.opted_out = standing.last.change is Change.OPT_OUT
        state.since = standing.last.occurred_at
        state.entry_id = standing.last.id
        if not standing.is_in_doubt:
            state.look_up_at = None
            state.looks = 0
    fields = ["opted_out", "since", "entry", "look_up_at", "looks"]
    ConsentState.objects.bulk_update([state for state, _ in moved], fields)
    in_doubt = [state for state, standing in moved if standing.is_in_doubt]
    new = [state.pk for state in in_doubt if state.look_up_at is None]
    if new:
        # by the clock of the database, as what is due is asked for (docs/adr/0013)
        ConsentState.objects.filter(pk__in=new).update(look_up_at=Now(), looks=0)


def set_doubt(
    pair: PhonePair,
    *,
    looks: int = 0,
    wait: timedelta = NO_WAIT,
) -> None:
    """The carrier is to be asked for the order of the pair's words, after a wait when
    it was asked without an answer.
    """
    ConsentState.objects.filter(is_of(pair)).update(
        look_up_at=Now() + wait, looks=looks
    )


def newest_entries(pairs: Iterable[PhonePair]) -> dict[PhonePair, list[ConsentEntry]]:
    """Of each pair, newest first; a pair of which the ledger has nothing has none."""
    wanted = list(pairs)
    found: dict[PhonePair, list[ConsentEntry]] = {pair: [] for pair in wanted}
    values = {**as_arrays(wanted), "most": MAX_STATE_WORDS}
    for entry in ConsentEntry.objects.raw(NEWEST_ENTRIES, values):
        found[phones_of(entry)].append(entry)
    return found


def words_of_pairs(pairs: Iterable[PhonePair]) -> Mapping[PhonePair, list[Word]]:
    """Of each pair, in the order they were written down."""
    entries = newest_entries(pairs)
    return {
        pair: [entry.word for entry in reversed(newest)]
        for pair, newest in entries.items()
    }


def phones_of(row: ConsentEntry | ConsentState) -> PhonePair:
    return row.student_phone, row.system_phone


def is_of(pair: PhonePair) -> Q:
    """A condition on entries, states and questions alike."""
    student_phone, system_phone = pair
    return Q(student_phone=student_phone, system_phone=system_phone)


def as_arrays(pairs: Iterable[PhonePair]) -> dict[str, list[str]]:
    """For statements that take pairs as two arrays of phones."""
    wanted = list(pairs)
    return {
        "students": [student for student, _ in wanted],
        "systems": [system for _, system in wanted],
    }


def _standing_after(
    entry: ConsentEntry,
    words: Sequence[Word],
    before: ConsentState,
) -> WordStanding:
    standing = standing_of(words)
    is_shut_by_it = (
        standing.last.change is Change.OPT_OUT and entry.change == Change.OPT_OUT
    )
    if is_shut_by_it and not before.opted_out:
        # What shuts a pair is a new entry, so that a reader who goes on from an entry
        # misses no opt-out.
        return WordStanding(entry.word, standing.is_in_doubt)
    return standing
