"""After an outage thousands of outcomes are unknown: a few readings of the carrier's
log settle them all, each once.
"""

import time
import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from quadline.accounts.models import User
from quadline.carriers import registry
from quadline.carriers.protocol import OutboundText
from quadline.conversations.models import Conversation, Message
from quadline.conversations.rules import Channel, Direction, Status
from quadline.delivery.models import Attempt
from quadline.delivery.outcomes import reconciliation
from quadline.delivery.rules import FIRST_LOOK_AFTER
from quadline.delivery.sending.claiming import claim_batch
from quadline.delivery.sending.recording import AcceptedText, record_accepted
from quadline.delivery.tests.acts import (
    due_now,
    look_due,
    lose_an_answer,
    rent,
    run,
    send_due,
    status,
    sweep,
    write,
)
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student
from tests.cast import Cast, staff
from tests.house import PATIENCE, Simulator

NUMBERS, EACH = 10, 40


def a_college(people: Cast) -> list[SystemNumber]:
    """Ten advisors with a number each."""
    return [
        rent(staff(f"advisor{at}@alder.example", f"Advisor {at}"))
        for at in range(NUMBERS)
    ]


def students(count: int) -> list[Student]:
    made = [
        Student(
            institutional_id=f"0077{at:04d}",
            first_name="Student",
            last_name=f"{at:04d}",
            mobile=f"+1313555{at:04d}",
        )
        for at in range(count)
    ]
    return Student.objects.bulk_create(made)


def texts_of(
    author: User, number: SystemNumber, to: Sequence[Student], body: str
) -> list[Message]:
    """Due now, as a broadcast leaves them."""
    now = timezone.now()
    talks = Conversation.objects.bulk_create(
        Conversation(inbox=author.inbox, student=student, last_activity_at=now)
        for student in to
    )
    return Message.objects.bulk_create(
        Message(
            id=uuid.uuid4(),
            conversation=talk,
            direction=Direction.OUTBOUND,
            channel=Channel.TEXT,
            author=author,
            system_number=number,
            is_bulk=True,
            student_phone=student.mobile,
            body=body,
            segments=1,
            status=Status.QUEUED,
            created_at=now,
            due_at=now,
        )
        for talk, student in zip(talks, to, strict=True)
    )


async def hand_over(texts: Sequence[Message]) -> None:
    """The carrier has them, and nobody wrote that down."""
    carrier = registry.current_carrier()
    for text in texts:
        assert text.system_number is not None
        phones = {
            "system_phone": text.system_number.phone,
            "student_phone": text.student_phone,
        }
        await carrier.send(
            OutboundText(reference=str(text.pk), body=text.body, **phones)
        )


def in_doubt(texts: Sequence[Message]) -> None:
    """As lost answers leave them."""
    now = timezone.now()
    Message.objects.filter(pk__in=[text.pk for text in texts]).update(
        status=Status.UNCONFIRMED, due_at=None
    )
    Attempt.objects.bulk_create(
        Attempt(
            message=text,
            started_at=now,
            outcome=Attempt.Outcome.UNKNOWN,
            next_look_at=now,
        )
        for text in texts
    )


def asked(box: Simulator) -> int:
    """How many pages of its log the carrier was asked for."""
    return int(box.ask("GET", "/simulator/healthz")["lists_asked"])


@pytest.mark.slow
def test_two_thousand_unknown_outcomes_are_settled_by_a_few_readings_and_none_is_sent_twice(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    body = "The college is closed today."
    reached = students(NUMBERS * EACH)
    taken, cut = reached[::2], reached[1::2]
    numbers = a_college(people)
    for at, each in enumerate(numbers):
        mine = slice(at * EACH // 2, (at + 1) * EACH // 2)
        at_the_carrier = texts_of(
            User.objects.get(pk=each.its_inbox.pk), each, taken[mine], body
        )
        run(hand_over, texts=at_the_carrier)
        in_doubt(
            [
                *at_the_carrier,
                *texts_of(
                    User.objects.get(pk=each.its_inbox.pk), each, cut[mine], body
                ),
            ]
        )
    assert Message.objects.filter(status=Status.UNCONFIRMED).count() == NUMBERS * EACH
    before = asked(box)
    sweep()
    assert Message.objects.filter(
        status=Status.SENT, student_phone__in=[each.mobile for each in taken]
    ).count() == len(taken)
    sweep()
    assert asked(box) - before <= 2 * NUMBERS
    give_up_at = time.monotonic() + PATIENCE
    while Message.objects.filter(status=Status.SENT).count() < NUMBERS * EACH:
        assert time.monotonic() < give_up_at
        sweep()
        due_now()
        send_due()  # a run ends after 20 seconds; on a slow machine another goes on
    assert Counter(line["to"] for line in box.accepts()) == {
        each.mobile: 1 for each in reached
    }
    known = Message.objects.exclude(carrier_message_id="").values_list(
        "student_phone", "carrier_message_id"
    )
    assert dict(known) == {line["to"]: line["sid"] for line in box.accepts()}


def test_a_log_is_read_once_for_all_of_its_texts_however_few_are_looked_up_at_once(
    people: Cast, box: Simulator, number: SystemNumber, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, omars = students(4), rent(people.omar)
    mine = texts_of(people.maya, number, reached[:2], "Office closed.")
    others = texts_of(people.omar, omars, reached[2:], "Office closed.")
    run(hand_over, texts=[*mine, *others])
    in_doubt([text for pair in zip(mine, others, strict=True) for text in pair])
    monkeypatch.setattr(reconciliation, "ATTEMPTS_PER_LOOK", 2)
    sweep()
    assert {status(text) for text in (*mine, *others)} == {Status.SENT}
    assert asked(box) == 2


def send_one_after_the_other() -> None:
    """Of two texts from one number to one phone the
    second comes back a moment later.
    """
    send_due()
    due_now()
    send_due()


def test_the_same_words_to_one_phone_are_matched_one_to_one(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    """Two students share a phone, and both are written the same: the carrier has two,
    then one more, and each row has its own.
    """
    sibling = Student.objects.create(
        institutional_id="00771",
        first_name="Rio",
        last_name="Diaz",
        mobile=people.rosa.mobile,
    )
    box.fault(kind="accept_then_500", times=2)
    pair = texts_of(people.maya, number, [people.rosa, sibling], "Office closed.")
    send_one_after_the_other()
    assert {status(text) for text in pair} == {Status.UNCONFIRMED}
    sweep()
    assert {status(text) for text in pair} == {Status.SENT}
    sids = Message.objects.filter(pk__in=[text.pk for text in pair]).values_list(
        "carrier_message_id", flat=True
    )
    assert sorted(sids) == sorted(line["sid"] for line in box.accepts())


def test_when_the_log_has_one_of_two_alike_only_the_other_is_sent_again(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    sibling = Student.objects.create(
        institutional_id="00771",
        first_name="Rio",
        last_name="Diaz",
        mobile=people.rosa.mobile,
    )
    box.fault(kind="reset", times=1)
    box.fault(kind="accept_then_500", times=1)
    pair = texts_of(people.maya, number, [people.rosa, sibling], "Office closed.")
    send_one_after_the_other()
    sweep()
    assert sorted(status(text) for text in pair) == [Status.SENT, Status.UNCONFIRMED]
    sweep()
    send_due()
    assert {status(text) for text in pair} == {Status.SENT}
    assert len(box.accepts()) == 2


def test_a_log_of_many_pages_is_read_to_its_end(
    people: Cast, box: Simulator, number: SystemNumber, twilio: object
) -> None:
    text = lose_an_answer(people, box)
    for at in range(12):
        write(people.maya, people.bo, f"later {at}")
    send_due()
    with pytest.MonkeyPatch.context() as small:
        small.setattr("quadline.carriers.twilio.MAX_PAGE", 5)
        sweep()
    assert status(text) == Status.SENT
    assert asked(box) == 3


def test_a_carrier_that_says_slow_down_is_left_alone_for_as_long_as_it_asks(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    text = lose_an_answer(people, box)
    box.fault(kind="list_rate_limit", retry_after=40, times=1)
    look_due()
    begun = timezone.now()
    reconciliation.settle_unknown_attempts(timestamp=0)
    attempt = text.attempts.get()
    assert (attempt.looks, asked(box)) == (0, 1)
    assert attempt.next_look_at is not None
    assert attempt.next_look_at >= begun + timedelta(seconds=40)
    reconciliation.settle_unknown_attempts(timestamp=0)
    assert asked(box) == 1
    sweep()
    assert (status(text), len(box.accepts())) == (Status.SENT, 1)


def test_one_number_whose_log_cannot_be_read_holds_up_no_other(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    omars = rent(people.omar)
    texts = [lose_an_answer(people, box)]
    box.fault(kind="accept_then_500", times=1)
    texts.append(write(people.omar, people.kim))
    send_due()
    box.fault(kind="list_rate_limit", **{"from": number.phone})
    sweep()
    for _ in range(20):
        if status(texts[1]) is Status.SENT:
            break
        time_passes()
    assert [status(text) for text in texts] == [Status.UNCONFIRMED, Status.SENT]
    assert omars.phone in {line["from"] for line in box.accepts()}


def time_passes() -> None:
    """An hour, for all alike: one that was put back to an earlier look has it first."""
    waiting = Attempt.objects.exclude(next_look_at=None)
    waiting.update(next_look_at=F("next_look_at") - timedelta(hours=1))
    reconciliation.settle_unknown_attempts(timestamp=0)


def test_what_a_dead_sweep_had_taken_is_looked_up_by_another(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    text = lose_an_answer(people, box)
    look_due()
    now = timezone.now()
    assert [attempt.message for attempt in reconciliation._take(now)] == [text]
    assert reconciliation._take(now) == [], "nobody else looks it up meanwhile"
    assert [
        attempt.message
        for attempt in reconciliation._take(now + reconciliation.READING_VALID_FOR)
    ] == [text]


def test_between_two_looks_there_is_time_for_the_log_to_catch_up(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    """An attempt of long ago, of a worker that died: its second look
    is not at the moment of its first.
    """
    text = lose_an_answer(people, box, "reset")
    Attempt.objects.update(
        started_at=timezone.now() - timedelta(minutes=3), next_look_at=timezone.now()
    )
    begun = timezone.now()
    reconciliation.settle_unknown_attempts(timestamp=0)
    attempt = text.attempts.get()
    assert (attempt.looks, attempt.outcome) == (1, Attempt.Outcome.UNKNOWN)
    assert attempt.next_look_at is not None
    assert attempt.next_look_at >= begun + FIRST_LOOK_AFTER


def test_an_id_that_a_look_up_gave_to_another_row_keeps_no_other_acceptance_from_being_recorded(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    """Two students share a phone. The text of one is adopted by the other's look-up
    just before its own answer is written.
    """
    sibling = Student.objects.create(
        institutional_id="00771",
        first_name="Rio",
        last_name="Diaz",
        mobile=people.rosa.mobile,
    )
    mine, other = texts_of(
        people.maya, number, [people.rosa, sibling], "Office closed."
    )
    bystander = write(people.maya, people.bo)
    # the single one first
    claims = {
        claim.message: claim for claim in [*claim_batch(limit=9), *claim_batch(limit=9)]
    }
    Message.objects.filter(pk=other.pk).update(
        carrier_message_id="SM1", status=Status.SENT
    )
    taken = [(claims[mine], "SM1"), (claims[bystander], "SM2")]
    record_accepted(
        [AcceptedText(claim.message_id, claim.attempt_id, id) for claim, id in taken],
        now=timezone.now(),
    )
    assert [status(text) for text in (mine, bystander)] == [Status.SENDING, Status.SENT]
    assert mine.attempts.get().outcome == Attempt.Outcome.UNDER_WAY, (
        "looked up like one whose worker died"
    )
