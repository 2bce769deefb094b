"""P3, held against the evidence: each STOP and START that the carrier has is on our
ledger, and a STOP ends the texts.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.faults.harness.evidence import Evidence, Row
from tests.faults.harness.load import Done

# A STOP waits this long for a call that is under way (docs/adr/0003-sending-policy.md);
# a carrier that hangs longer is the one case in which a text may be accepted after it.
STOP_WAITS = 5.0
# the words that students of the load say
ASKS_FOR = {"STOP": "opt_out", "START": "opt_in"}


def each_stop_and_start_is_on_the_ledger(seen: Evidence, done: Done) -> Iterator[str]:
    """P3. By the carrier's own record of what students said; and
    nobody is back who did not say so.
    """
    entries = Counter(
        (each["carrier_reference"], each["change"], *_pair_of(each))
        for each in seen.consent
    )
    asked = {
        (line["sid"], ASKS_FOR[line["body"]], line["from"], line["to"])
        for line in seen.inbound
        if line["body"] in ASKS_FOR
    }
    for sid, change, student, number in sorted(asked):
        if (count := entries[sid, change, student, number]) != 1:
            yield (
                f"{student} asked {number} for an {change} by {sid}, and {count}"
                " entries of the ledger say so"
            )
    for entry in sorted(set(entries) - asked):
        if entry[1] == "opt_in":
            yield (
                f"{entry[2]} counts as back with {entry[3]} by {entry[0]}, and said no"
                " START"
            )


def no_text_after_a_stop(seen: Evidence, done: Done) -> Iterator[str]:
    """P3: in the order in which the carrier got the student's words,
    whenever and however we heard of them.
    """
    for line, out_since in _accepts_while_out(seen):
        if not _was_under_way(seen, line, out_since):
            yield (
                f"{line['body']!r} to {line['to']} was accepted"
                f" {line['at'] - out_since:.3f} s after an opt-out"
            )


def each_pair_stands_by_the_last_word(seen: Evidence, done: Done) -> Iterator[str]:
    """P3, and its mirror: who stopped last is out, and nobody is who came back. Words
    of one second may leave them out.
    """
    for pair, words in _words_at_the_carrier(seen).items():
        last = words[-1]
        is_out = pair in seen.opted_out
        if last["body"] == "STOP" and not is_out:
            yield f"{pair[0]} said STOP last to {pair[1]}, and is in"
        if (
            last["body"] == "START"
            and is_out
            and not _may_be_out_after(last, words, pair, seen)
        ):
            yield f"{pair[0]} said START last to {pair[1]}, and is out"


def texts_the_carrier_held_on_to(seen: Evidence) -> int:
    """Accepted after an opt-out by a call that had been under way for longer than a
    STOP waits: the named exception.
    """
    return sum(
        _was_under_way(seen, line, since) for line, since in _accepts_while_out(seen)
    )


def _words_at_the_carrier(seen: Evidence) -> dict[tuple[str, str], list[Row]]:
    """By pair, in the order in which the carrier got them: its own record,
    which no clock of ours has touched.
    """
    words: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for line in seen.inbound:
        if line["body"] in ASKS_FOR:
            words[line["from"], line["to"]].append(line)
    return words


def _may_be_out_after(
    start: Row, words: list[Row], pair: tuple[str, str], seen: Evidence
) -> bool:
    """A STOP in the same second, by the carrier's dates, or an
    opt-out by another way since.
    """
    same_second = any(
        word["body"] == "STOP" and int(word["at"]) == int(start["at"]) for word in words
    )
    said = {word["sid"] for word in words}
    later = [
        entry
        for entry in seen.consent
        if _pair_of(entry) == pair
        and entry["change"] == "opt_out"
        and entry["carrier_reference"] not in said
        and entry["occurred_at"].timestamp() > start["at"]
    ]
    return same_second or bool(later)


def _accepts_while_out(seen: Evidence) -> Iterator[tuple[Row, float]]:
    """Each text that was taken while an opt-out stood, and
    since when that was on our ledger.
    """
    entries: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for entry in seen.consent:
        entries[_pair_of(entry)].append(entry)
    said_at = {line["sid"]: line["at"] for line in seen.inbound}
    for line in seen.accepts:
        heard = [
            each
            for each in entries[line["to"], line["from"]]
            if _heard_at(each) < line["at"]
        ]
        stops = [each for each in heard if each["change"] == "opt_out"]
        starts = [
            _said_at(each, said_at) for each in heard if each["change"] == "opt_in"
        ]
        standing = [
            each
            for each in stops
            if not any(at > _said_at(each, said_at) for at in starts)
        ]
        if standing:
            yield line, min(_heard_at(each) for each in standing)


def _heard_at(entry: Row) -> float:
    return float(entry["recorded_at"].timestamp())


def _said_at(entry: Row, said_at: dict[str, float]) -> float:
    """By the carrier's record; what it has no text of, by our clock."""
    return said_at.get(
        entry["carrier_reference"], float(entry["occurred_at"].timestamp())
    )


def _was_under_way(seen: Evidence, line: Row, out_since: float) -> bool:
    text = next(
        (text for text in seen.texts if text["carrier_message_id"] == line["sid"]), None
    )
    begun = (
        [each["started_at"].timestamp() for each in seen.attempts.get(text["id"], [])]
        if text
        else []
    )
    before = [at for at in begun if at < line["at"]]
    return bool(before) and max(before) < out_since - STOP_WAITS + 0.25


def _pair_of(entry: Row) -> tuple[str, str]:
    return entry["student_phone"], entry["system_phone"]
