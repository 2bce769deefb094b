"""P3, held against the evidence: each STOP and START that the carrier has is on our ledger, and a STOP ends the texts."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.faults.harness.evidence import Evidence, Row
from tests.faults.harness.load import Done

# A STOP waits this long for a call that is under way (docs/adr/0003-sending-policy.md); a carrier that hangs longer is
# the one case in which a text may be accepted after it.
STOP_WAITS = 5.0
ASKS_FOR = {"STOP": "opt_out", "START": "opt_in"}  # the words that students of the load say


def each_stop_and_start_is_on_the_ledger(seen: Evidence, done: Done) -> Iterator[str]:
    """P3. By the carrier's own record of what students said; and nobody is back who did not say so."""
    entries = Counter((each["carrier_reference"], each["change"], *_pair_of(each)) for each in seen.consent)
    asked = {(line["sid"], ASKS_FOR[line["body"]], line["from"], line["to"]) for line in seen.inbound if line["body"] in ASKS_FOR}
    for sid, change, student, number in sorted(asked):
        if (count := entries[sid, change, student, number]) != 1:
            yield f"{student} asked {number} for an {change} by {sid}, and {count} entries of the ledger say so"
    for entry in sorted(set(entries) - asked):
        if entry[1] == "opt_in":
            yield f"{entry[2]} counts as back with {entry[3]} by {entry[0]}, and said no START"


def no_text_after_a_stop(seen: Evidence, done: Done) -> Iterator[str]:
    """P3, by the clock that carrier and database share here."""
    for line, out_since in _accepts_while_out(seen):
        if not _was_under_way(seen, line, out_since):
            yield f"{line['body']!r} to {line['to']} was accepted {line['at'] - out_since:.3f} s after an opt-out"


def texts_the_carrier_held_on_to(seen: Evidence) -> int:
    """Accepted after an opt-out by a call that had been under way for longer than a STOP waits: the named exception."""
    return sum(_was_under_way(seen, line, since) for line, since in _accepts_while_out(seen))


def _accepts_while_out(seen: Evidence) -> Iterator[tuple[Row, float]]:
    spans = _opted_out_spans(seen.consent)
    for line in seen.accepts:
        for begin, end in spans.get((line["to"], line["from"]), []):
            if begin < line["at"] < end:
                yield line, begin


def _opted_out_spans(entries: list[Row]) -> dict[tuple[str, str], list[tuple[float, float]]]:
    """From when to when each pair was out, as it was recorded. A word that came late does not undo a newer one."""
    spans: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    stands: dict[tuple[str, str], tuple[bool, object]] = {}
    for entry in entries:
        pair = _pair_of(entry)
        was_out, since = stands.get(pair, (False, entry["occurred_at"]))
        if entry["occurred_at"] < since:
            continue
        is_out, at = entry["change"] == "opt_out", entry["recorded_at"].timestamp()
        stands[pair] = (is_out, entry["occurred_at"])
        if is_out and not was_out:
            spans[pair].append((at, float("inf")))
        elif was_out and not is_out:
            spans[pair][-1] = (spans[pair][-1][0], at)
    return spans


def _was_under_way(seen: Evidence, line: Row, out_since: float) -> bool:
    text = next((text for text in seen.texts if text["carrier_message_id"] == line["sid"]), None)
    begun = [each["started_at"].timestamp() for each in seen.attempts.get(text["id"], [])] if text else []
    before = [at for at in begun if at < line["at"]]
    return bool(before) and max(before) < out_since - STOP_WAITS + 0.25


def _pair_of(entry: Row) -> tuple[str, str]:
    return entry["student_phone"], entry["system_phone"]
