"""The promises, held against the evidence. Each returns what breaks it, in words;
nothing returned is a promise kept.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from tests.faults.harness.evidence import Evidence, Row, token_in
from tests.faults.harness.ladder import (
    ENDS,
    OPEN,
    each_event_says_when_why_and_by_whom,
    no_status_falls_and_each_has_its_event,
)
from tests.faults.harness.load import Done
from tests.faults.harness.mailboxes import (
    every_email_is_in_its_mailbox,
    one_email_per_undelivered_text,
    one_mail_per_email,
)
from tests.faults.harness.opting import (
    each_pair_stands_by_the_last_word,
    each_stop_and_start_is_on_the_ledger,
    no_text_after_a_stop,
)
from tests.faults.harness.pacing import no_number_above_its_rate

GIVEN_UP = ("releasing", "released", "moved")


def every_text_ends_or_waits_visibly(seen: Evidence, done: Done) -> Iterator[str]:
    """P1. The carrier may have nothing more to say of a text
    that it took: then it stays "sent".
    """
    for text in seen.outbound:
        is_left_to_a_person = text["status"] == "unconfirmed" and text["detail"]
        if text["status"] not in ENDS and not is_left_to_a_person:
            yield (
                f"{text['body']!r} is {text['status']} ({text['reason']}"
                f" {text['detail']})"
            )


def nothing_acknowledged_is_lost(seen: Evidence, done: Done) -> Iterator[str]:
    """P1. What was acknowledged as accepted is on record."""
    kept = {token_in(f"{message['body']}") for message in seen.outbound}
    written = {message["id"] for message in seen.outbound}
    for token, act in done.acknowledged.items():
        is_kept = token in kept if act.kind == "broadcast" else str(act.id) in written
        if not is_kept:
            yield f"{act.kind} {token} was acknowledged and is not on record"


def accepted_at_most_once(seen: Evidence, done: Done) -> Iterator[str]:
    """P2, by the words alone: each text's words and phone are its own."""
    for (to, token), count in Counter(
        (line["to"], token_in(line["body"])) for line in seen.accepts
    ).items():
        if token and count > 1:
            yield f"{token} to {to} was accepted {count} times"


def what_the_carrier_has_is_on_record(seen: Evidence, done: Done) -> Iterator[str]:
    """P1, P2: an accepted text is known by the carrier's
    id, and counts as handed over.
    """
    known = {
        text["carrier_message_id"]: text
        for text in seen.texts
        if text["carrier_message_id"]
    }
    for line in seen.accepts:
        if token_in(line["body"]) and line["sid"] not in known:
            yield (
                f"{token_in(line['body'])} to {line['to']} is at the carrier as"
                f" {line['sid']}, which no row knows"
            )
    taken = {line["sid"] for line in seen.accepts}
    for text in seen.texts:
        if (
            text["status"] in ("sent", "delivered")
            and text["carrier_message_id"] not in taken
        ):
            yield (
                f"{text['body']!r} counts as {text['status']}, and the carrier never"
                " took it"
            )


def one_number_each(seen: Evidence, done: Done) -> Iterator[str]:
    """P4. One that ended, or is being given back, is nobody's any more; a spare one is
    nobody's yet.
    """
    owners = Counter(
        number["user_id"]
        for number in seen.numbers
        if number["state"] not in GIVEN_UP and number["user_id"] is not None
    )
    for user, count in owners.items():
        if count > 1:
            yield f"user {user} has {count} numbers"
    bought, recorded = (
        Counter(line["phone_number"] for line in seen.purchases),
        Counter(row["phone"] for row in seen.numbers if row["state"] != "moved"),
    )
    if bought != recorded or any(count > 1 for count in recorded.values()):
        yield (
            f"bought {sorted(bought.elements())}; recorded"
            f" {sorted(recorded.elements())}"
        )


def given_back_as_recorded(seen: Evidence, done: Done) -> Iterator[str]:
    """P4. Each once, and none that is in use."""
    given = Counter(line["phone_number"] for line in seen.releases)
    over = {row["phone"] for row in seen.numbers if row["state"] == "released"}
    for phone, count in given.items():
        if count > 1 or phone not in over:
            yield f"{phone} was given back {count} times; recorded: {phone in over}"
    for phone in sorted(over - given.keys()):
        yield f"{phone} counts as given back, and the carrier has it"


def news_read_from_the_log(seen: Evidence) -> int:
    """Texts whose end we know, though no callback that said so reached us."""
    ends = [
        (text["carrier_message_id"], seen.ends.get(text["carrier_message_id"], ""))
        for text in seen.texts
    ]
    return sum(
        end in ("delivered", "undelivered", "failed") and (sid, end) not in seen.news
        for sid, end in ends
    )


def each_reply_once(seen: Evidence, done: Done) -> Iterator[str]:
    """P7, and nobody's reply in another's conversation (P11)."""
    filed: dict[str, list[Row]] = defaultdict(list)
    for message in seen.messages:
        if message["direction"] == "inbound" and message["channel"] == "text":
            filed[message["carrier_message_id"]].append(message)
    number_of = {number["phone"]: number["user_id"] for number in seen.numbers}
    for line in seen.inbound:
        rows = filed.pop(line["sid"], [])
        if len(rows) != 1:
            yield f"{line['body']!r} from {line['from']} is filed {len(rows)} times"
        for row in rows:
            if (row["mobile"] or row["stranger"], row["staff_id"]) != (
                line["from"],
                number_of.get(line["to"]),
            ):
                yield (
                    f"{line['body']!r} from {line['from']} to {line['to']} lies in"
                    " another conversation"
                )
    for sid in filed:
        yield f"an inbound text {sid} is filed that the carrier does not know"


def nobody_texts_by_another(seen: Evidence, done: Done) -> Iterator[str]:
    """P11: each text left from its own author's number, to its own student's phone;
    nobody's phone changes meanwhile.
    """
    by_sid = {line["sid"]: line for line in seen.accepts}
    for text in seen.texts:
        line = by_sid.get(text["carrier_message_id"])
        if line and (line["from"], line["to"]) != (
            text["system_phone"],
            text["student_phone"],
        ):
            yield f"{text['body']!r} went from {line['from']} to {line['to']}"
        if line and line["to"] != (text["mobile"] or text["stranger"]):
            yield (
                f"{text['body']!r} went to {line['to']}, which is not the phone of its"
                " student"
            )
        if line and text["number_of"] != text["staff_id"]:
            yield f"{text['body']!r} left from a number of somebody else"


def each_act_is_of_its_own_people(seen: Evidence, done: Done) -> Iterator[str]:
    """P11: what was acknowledged lies between the two it was written between; of a
    broadcast, with the one who sent it.
    """
    known_as: dict[str, list[Row]] = defaultdict(list)
    for message in seen.outbound:
        # a broadcast's texts share the one; each has the other alone
        for name in (token_in(message["body"]), message["id"]):
            known_as[name].append(message)
    for act in done.acknowledged.values():
        author = seen.staff[act.staff]
        for message in known_as[act.token if act.kind == "broadcast" else str(act.id)]:
            student = (
                message["student_id"]
                if act.kind == "broadcast"
                else seen.students[act.student]
            )
            between = message["author_id"], message["staff_id"], message["student_id"]
            if between != (author, author, student):
                yield (
                    f"{act.kind} {act.token} of {author} to {student} lies between"
                    f" {between}"
                )


def every_recipient_has_their_message(seen: Evidence, done: Done) -> Iterator[str]:
    """P1: who was to get something of a broadcast has it written."""
    for row in seen.unwritten:
        yield f"recipient {row['id']} of broadcast {row['broadcast_id']} has no message"


def what_is_over_is_not_due(seen: Evidence, done: Done) -> Iterator[str]:
    """P1 and P2: else it would leave once more, at the student's
    next START or at the next mistake.
    """
    for text in seen.texts:
        if text["due_at"] and text["status"] not in OPEN:
            yield (
                f"{text['id']} is {text['status']} and due at {text['due_at']:%H:%M:%S}"
            )


Promise = Callable[[Evidence, Done], Iterator[str]]
PROMISES: list[Promise] = [
    every_text_ends_or_waits_visibly,
    nothing_acknowledged_is_lost,
    accepted_at_most_once,
    what_the_carrier_has_is_on_record,
    each_stop_and_start_is_on_the_ledger,
    no_text_after_a_stop,
    each_pair_stands_by_the_last_word,
    one_number_each,
    given_back_as_recorded,
    no_status_falls_and_each_has_its_event,
    each_event_says_when_why_and_by_whom,
    one_email_per_undelivered_text,
    every_email_is_in_its_mailbox,
    one_mail_per_email,
    each_reply_once,
    nobody_texts_by_another,
    each_act_is_of_its_own_people,
    every_recipient_has_their_message,
    what_is_over_is_not_due,
    no_number_above_its_rate,
]


def broken(seen: Evidence, done: Done) -> dict[str, list[str]]:
    found = {
        promise.__name__.replace("_", " "): list(promise(seen, done))
        for promise in PROMISES
    }
    return {name: faults for name, faults in found.items() if faults}
