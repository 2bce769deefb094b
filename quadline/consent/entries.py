"""Append to the ledger, many entries at once. One is a set of one
(ledger.record_consent).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from quadline.accounts.models import User
from quadline.consent import states
from quadline.consent.models import ConsentEntry
from quadline.consent.rules import Change, Source
from quadline.consent.states import PhonePair, phones_of

INSERT = """
    INSERT INTO consent_consententry (
        student_phone, system_phone, change, source, keyword, wording,
        carrier_reference, carrier_message_id, occurred_at, carrier_at, actor_id
    )
    SELECT student_phone, system_phone, change, source, keyword, wording,
           carrier_reference, carrier_message_id, occurred_at, carrier_at, actor_id
    FROM unnest(
        %(student_phone)s::text[], %(system_phone)s::text[],
        %(change)s::text[], %(source)s::text[],
        %(keyword)s::text[], %(wording)s::text[],
        %(carrier_reference)s::text[], %(carrier_message_id)s::text[],
        %(occurred_at)s::timestamptz[], %(carrier_at)s::timestamptz[],
        %(actor_id)s::bigint[]
    ) WITH ORDINALITY AS said (
        student_phone, system_phone, change, source, keyword, wording,
        carrier_reference, carrier_message_id, occurred_at, carrier_at, actor_id, place
    )
    ORDER BY place
    ON CONFLICT DO NOTHING
    RETURNING *
"""
# A pair of which the ledger had nothing stands where its first word says: nothing has
# to be looked up for it.
APPEND_ENTRIES = f"""
    WITH appended AS ({INSERT}),
    begun AS ({states.INSERT_STATES})
    SELECT appended.*, begun.entry_id IS NOT NULL AS is_first
    FROM appended
    LEFT JOIN begun ON begun.entry_id = appended.id
    ORDER BY appended.id
"""  # noqa: S608  # no value in it


@dataclass(frozen=True)
class NewEntry:
    """An opt-out or opt-in to be appended.

    ``carrier_message_id``: the student's text that says so, of a reply its reference;
    ``carrier_at``: its date by the carrier's own clock, if that is known.
    """

    pair: PhonePair
    change: Change
    source: Source
    occurred_at: datetime
    keyword: str = ""
    wording: str = ""
    carrier_reference: str = ""
    carrier_message_id: str = ""
    carrier_at: datetime | None = None
    actor: User | None = None


@dataclass(frozen=True)
class Appended:
    """The entries that were not there already, and the pairs
    of which they are the first.
    """

    entries: Sequence[ConsentEntry] = ()
    first_of: frozenset[PhonePair] = frozenset()


def append_entries(new: Sequence[NewEntry]) -> Appended:
    """Append entries of different pairs and move their
    states, in the caller's transaction.

    It has waited for the pairs' texts on their way. Only the student's own reply, as we
    or the carrier read it, opts in: nobody does it for them; raises ValueError.
    """
    for entry in new:
        is_opt_in = entry.change is Change.OPT_IN
        if is_opt_in and (entry.source is Source.STAFF or entry.actor):
            raise ValueError("a student opts in by a reply of their own")
    rows = [_row(entry) for entry in new]
    if not rows:
        return Appended()
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    appended: list[Any] = list(ConsentEntry.objects.raw(APPEND_ENTRIES, columns))
    states.move_states([entry for entry in appended if not entry.is_first])
    first_of = frozenset(phones_of(entry) for entry in appended if entry.is_first)
    return Appended(appended, first_of)


def _row(entry: NewEntry) -> dict[str, Any]:
    student_phone, system_phone = entry.pair
    own_reference = (
        f"{entry.change}-{student_phone}-{system_phone}-{entry.occurred_at.timestamp()}"
    )
    replied = entry.carrier_reference if entry.source is Source.REPLY else ""
    return {
        "student_phone": student_phone,
        "system_phone": system_phone,
        "change": entry.change,
        "source": entry.source,
        "keyword": entry.keyword,
        "wording": entry.wording,
        "carrier_reference": entry.carrier_reference or own_reference,
        "carrier_message_id": entry.carrier_message_id or replied,
        "occurred_at": entry.occurred_at,
        "carrier_at": entry.carrier_at,
        "actor_id": entry.actor.pk if entry.actor else None,
    }
