"""Handing texts over. What happened is read from the carrier's own ledger."""

from dataclasses import replace
from datetime import timedelta
from unittest.mock import Mock

import pytest
from django.db import connection
from django.utils import timezone

from quadline import clock
from quadline.carriers.protocol import Failure, Unsent
from quadline.carriers.tests import NOBODY
from quadline.carriers.twilio import Twilio
from quadline.consent import ledger
from quadline.consent.rules import Source
from quadline.conversations.models import Message
from quadline.conversations.rules import Status
from quadline.delivery.models import Attempt
from quadline.delivery.outcomes import reconciliation
from quadline.delivery.rules import CLAIM_VALID_FOR
from quadline.delivery.sending import sender
from quadline.delivery.sending.claiming import claim_batch
from quadline.delivery.tests.acts import (
    at_once,
    due_now,
    fresh,
    jobs,
    look_due,
    never_fell,
    number_row,
    outcomes,
    rent,
    reply,
    run,
    send_due,
    status,
    sweep,
    write,
)
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState
from quadline.roster.trouble import note_failure
from tests.cast import Cast
from tests.house import Simulator, eventually

O = Attempt.Outcome  # noqa: E741


def test_a_due_text_is_handed_over_with_our_reference(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    text = write(people.maya, people.rosa, "Ça va? \U0001f44b")
    send_due()
    accepted = box.accepts()[0]
    assert (accepted["from"], accepted["to"], accepted["body"]) == (
        number.phone,
        people.rosa.mobile,
        text.text,
    )
    assert (
        accepted["status_callback"] == f"{NOBODY}/webhooks/twilio/status?ref={text.pk}"
    )
    assert (status(text), fresh(text).carrier_message_id, outcomes(text)) == (
        Status.SENT,
        accepted["sid"],
        [O.ACCEPTED],
    )
    assert fresh(text).due_at is None
    send_due()
    assert len(box.accepts()) == 1


def test_texts_of_a_conversation_leave_in_the_order_written(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    for word in ("one", "two", "three"):
        write(people.maya, people.rosa, word)
        write(people.maya, people.bo, word)
    send_due()
    for student in (people.rosa, people.bo):
        assert [each["body"].split()[0] for each in box.accepts(to=student.mobile)] == [
            "one",
            "two",
            "three",
        ]


def test_texts_that_waited_together_leave_one_after_the_other(
    people: Cast, number: SystemNumber
) -> None:
    SystemNumber.objects.update(state=NumberState.REGISTERING)
    first, second = (
        write(people.maya, people.rosa, "one"),
        write(people.maya, people.rosa, "two"),
    )
    SystemNumber.objects.update(state=NumberState.ACTIVE)
    assert [claim.message for claim in claim_batch(limit=50)] == [first]
    assert status(second) == Status.WAITING


def test_a_text_that_is_tried_again_later_holds_back_the_next(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    box.fault(kind="rate_limit", times=1, retry_after=60)
    for word in ("one", "two"):
        write(people.maya, people.rosa, word)
    send_due()
    assert box.accepts() == []
    due_now()
    send_due()
    assert [each["body"].split()[0] for each in box.accepts()] == ["one", "two"]


@pytest.mark.parametrize("waited", [timedelta(0), timedelta(hours=5)])
def test_an_unconfirmed_text_holds_back_the_next_while_it_is_looked_up(
    people: Cast, box: Simulator, number: SystemNumber, waited: timedelta
) -> None:
    box.fault(kind="accept_then_500", times=1)
    write(people.maya, people.rosa, "one")
    write(people.maya, people.rosa, "two")
    # as when both waited for the number
    Message.objects.update(created_at=timezone.now() - waited)
    send_due()
    assert [each["body"].split()[0] for each in box.accepts()] == ["one"]
    Attempt.objects.update(started_at=timezone.now() - timedelta(minutes=11))
    send_due()
    assert [each["body"].split()[0] for each in box.accepts()] == ["one", "two"]


@pytest.mark.parametrize(
    "state", [state for state in NumberState if state is not NumberState.ACTIVE]
)
def test_only_an_active_number_sends(people: Cast, state: NumberState) -> None:
    number_row(people.maya)
    text = write(people.maya, people.rosa)
    SystemNumber.objects.update(state=state)
    assert claim_batch(limit=50) == []
    assert status(text) == Status.QUEUED


def test_a_text_is_not_sent_before_it_is_due(people: Cast) -> None:
    number_row(people.maya)
    write(people.maya, people.rosa)
    Message.objects.update(due_at=timezone.now() + timedelta(minutes=5))
    assert claim_batch(limit=50) == []


def test_who_opts_out_after_a_text_was_accepted_never_gets_it(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    box.settings(carrier_blocks_opt_outs=False)  # so that nobody but us stops it
    queued = write(people.maya, people.rosa)
    box.fault(kind="rate_limit", times=1)
    # committed, refused for now, to be tried again: no longer among those a STOP blocks
    # automatically
    send_due()
    waiting = write(people.maya, people.rosa)
    reply(people.rosa.mobile, number.phone, "Stop.")
    due_now()
    send_due()
    assert box.accepts() == []
    assert [(status(text), fresh(text).reason) for text in (queued, waiting)] == [
        (Status.BLOCKED, "opted_out")
    ] * 2
    assert outcomes(queued) == [O.UNSENT, O.UNSENT]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("twilio")
def test_a_worker_that_dies_while_it_withdraws_a_text_leaves_it_to_be_looked_up(
    committed_people: Cast, box: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = rent(committed_people.maya)
    text = write(committed_people.maya, committed_people.rosa)
    note_failure(
        committed_people.rosa.mobile, words="gone", bad_after=1, now=timezone.now()
    )
    with monkeypatch.context() as dying:
        dying.setattr(sender, "block", Mock(side_effect=SystemExit))
        with pytest.raises(SystemExit):
            send_due()
    assert (status(text), outcomes(text)) == (Status.SENDING, [O.UNDER_WAY])
    Attempt.objects.update(started_at=timezone.now() - timedelta(minutes=11))
    for _ in range(4):
        sweep()
    due_now()
    send_due()
    assert (status(text), outcomes(text)[-1], box.accepts(sender=number.phone)) == (
        Status.BLOCKED,
        O.UNSENT,
        [],
    )


def test_a_refusal_for_an_opt_out_teaches_the_ledger(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    box.fault(kind="refuse", code=21610, times=1)
    text = write(people.maya, people.rosa)
    send_due()
    pair = (people.rosa.mobile, number.phone)
    assert (status(text), fresh(text).detail) == (
        Status.FAILED,
        Failure.OPTED_OUT.words,
    )
    standing = ledger.consent_state(pair)
    assert standing is not None
    assert standing.opted_out
    assert standing.entry.source == Source.CARRIER
    assert write(people.maya, people.rosa).status == Status.BLOCKED


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (21211, Failure.INVALID_NUMBER),
        (21612, Failure.NO_ROUTE),
        (21614, Failure.LANDLINE),
    ],
)
def test_a_refused_text_fails_in_plain_words(
    people: Cast, box: Simulator, number: SystemNumber, code: int, failure: Failure
) -> None:
    box.fault(kind="refuse", code=code, times=1)
    text = write(people.maya, people.rosa)
    send_due()
    text = fresh(text)
    assert (text.status, text.reason) == (Status.FAILED, failure.name.lower())
    assert (text.detail, text.carrier_code) == (failure.words, str(code))
    assert text.due_at is None
    assert outcomes(text) == [O.REFUSED]


def test_an_unknown_code_is_shown_as_it_came(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    box.fault(kind="refuse", code=21999, times=1)
    text = write(people.maya, people.rosa)
    send_due()
    assert (
        fresh(text).detail == "The carrier gave a reason we do not know. (code 21999)"
    )


@pytest.mark.parametrize(
    ("fault", "after_seconds"),
    [
        ({"kind": "rate_limit", "retry_after": 7}, 7),
        ({"kind": "rate_limit"}, 1),
        # a person fixes the account; the texts are kept
        ({"kind": "refuse", "code": 20003}, 300),
        ({"kind": "refuse", "code": 21611}, 300),
        ({"kind": "refuse", "code": 21408}, 300),
        ({"kind": "refuse", "code": 30035}, 300),
    ],
)
def test_a_text_the_carrier_would_not_take_now_is_sent_once_later(
    people: Cast,
    box: Simulator,
    number: SystemNumber,
    fault: dict[str, object],
    after_seconds: int,
) -> None:
    box.fault(times=2, **fault)
    text = write(people.maya, people.rosa)
    begun, enqueued = timezone.now(), len(jobs(sender.send_due_texts))
    for _ in range(2):
        due_now()
        send_due()
        due_at = fresh(text).due_at
        assert due_at is not None
        assert due_at - begun >= timedelta(seconds=after_seconds)
        assert status(text) == Status.SENDING
    assert len(jobs(sender.send_due_texts)) == enqueued + 2
    due_now()
    send_due()
    assert len(box.accepts()) == 1
    assert (status(text), outcomes(text)) == (
        Status.SENT,
        [O.UNSENT, O.UNSENT, O.ACCEPTED],
    )
    assert (fresh(text).detail, never_fell(text)) == ("", True)


def test_a_refused_connection_is_tried_again(
    people: Cast, box: Simulator, twilio: Twilio, number: SystemNumber
) -> None:
    text = write(people.maya, people.rosa)
    twilio.api_url = NOBODY
    send_due()
    assert (status(text), outcomes(text)) == (Status.SENDING, [O.UNSENT])
    twilio.api_url = box.url
    due_now()
    send_due()
    assert len(box.accepts()) == 1
    assert status(text) == Status.SENT


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "accept_then_500"},
        {"kind": "accept_then_hang", "seconds": 60},
        {"kind": "accept_then_hang", "seconds": 0},
    ],
)
@pytest.mark.usefixtures("impatient")
def test_an_accepted_text_whose_answer_was_lost_is_found_not_sent_again(
    people: Cast, box: Simulator, number: SystemNumber, fault: dict[str, object]
) -> None:
    box.fault(times=1, **fault)
    text = write(people.maya, people.rosa)
    send_due()
    assert (status(text), fresh(text).due_at, outcomes(text)) == (
        Status.UNCONFIRMED,
        None,
        [O.UNKNOWN],
    )
    send_due()
    look_due()
    reconciliation.settle_unknown_attempts(timestamp=0)
    send_due()
    assert (status(text), outcomes(text), never_fell(text)) == (
        Status.SENT,
        [O.ACCEPTED],
        True,
    )
    assert [each["sid"] for each in box.accepts()] == [fresh(text).carrier_message_id]


def test_a_text_that_is_provably_not_at_the_carrier_is_sent_once_more(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    box.fault(kind="reset", times=1)
    text = write(people.maya, people.rosa)
    send_due()
    for _ in range(2):
        assert (status(text), fresh(text).due_at) == (Status.UNCONFIRMED, None)
        look_due()
        reconciliation.settle_unknown_attempts(timestamp=0)
    assert (status(text), outcomes(text)) == (Status.UNCONFIRMED, [O.NOTHING_FOUND])
    send_due()
    assert (status(text), outcomes(text), never_fell(text)) == (
        Status.SENT,
        [O.NOTHING_FOUND, O.ACCEPTED],
        True,
    )
    assert len(box.accepts()) == 1


def test_a_text_that_is_tried_again_keeps_its_status(people: Cast) -> None:
    number_row(people.maya)
    text = write(people.maya, people.rosa)
    # as when the carrier's log did not have it
    Message.objects.update(status=Status.UNCONFIRMED)
    assert [claim.message for claim in claim_batch(limit=1)] == [text]
    assert (status(text), fresh(text).due_at) == (Status.UNCONFIRMED, None)


def test_one_fault_does_not_touch_the_other_texts(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    box.fault(kind="refuse", code=21211, to=people.rosa.mobile)
    box.fault(kind="accept_then_500", to=people.bo.mobile)
    texts = [
        write(people.maya, student)
        for student in (people.rosa, people.bo, people.sally)
    ]
    send_due()
    assert [status(text) for text in texts] == [
        Status.FAILED,
        Status.UNCONFIRMED,
        Status.SENT,
    ]


def test_a_worker_that_was_paused_does_not_call(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    text = write(people.maya, people.rosa)
    fresh_claim = claim_batch(limit=1)[0]
    long_ago = clock.monotonic_seconds() - CLAIM_VALID_FOR.total_seconds() - 1
    claim = replace(fresh_claim, since=long_ago)
    assert isinstance(
        run(sender._hand_over, claim=claim, looked_at=clock.monotonic_seconds()), Unsent
    )
    assert (status(text), box.accepts()) == (Status.SENDING, [])


def test_of_two_students_with_one_phone_one_is_texted_now_and_the_other_a_moment_later(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    """A lock keeps a STOP waiting for one text: it may not be released
    while a second is at the carrier.
    """
    type(people.bo).objects.filter(pk=people.bo.pk).update(mobile=people.rosa.mobile)
    people.bo.refresh_from_db()
    texts = [write(people.maya, people.rosa), write(people.maya, people.bo)]
    send_due()
    assert [status(text) for text in texts] == [Status.SENT, Status.SENDING]
    assert outcomes(texts[1]) == [O.UNSENT]
    due_now()
    send_due()
    assert status(texts[1]) == Status.SENT


@pytest.mark.parametrize("blocked", [False, True])
def test_nothing_is_held_when_all_is_sent(
    people: Cast, box: Simulator, number: SystemNumber, blocked: bool
) -> None:
    write(people.maya, people.rosa)
    if blocked:
        note_failure(people.rosa.mobile, words="gone", bad_after=1, now=timezone.now())
    send_due()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid ="
            " pg_backend_pid() AND mode = 'ShareLock'"
        )
        assert cursor.fetchone() == (0,)
    assert (ledger._locked_here, len(box.accepts())) == (set(), 0 if blocked else 1)


def test_what_lost_its_job_is_taken_up_by_the_sweep(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    text = write(people.maya, people.rosa)
    run(sender.send_overdue_texts, timestamp=0)
    assert (status(text), len(box.accepts())) == (Status.SENT, 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("twilio")
def test_senders_at_once_hand_each_text_over_once_and_in_order(
    committed_people: Cast, box: Simulator
) -> None:
    number, students = (
        rent(committed_people.maya),
        [committed_people.rosa, committed_people.bo, committed_people.sally],
    )
    for word in ("one", "two", "three"):
        for student in students:
            write(committed_people.maya, student, word)
    at_once([send_due] * 4)
    # a sender that came while a text was in other hands left the one behind it for
    # later
    send_due()
    for student in students:
        accepts = box.accepts(to=student.mobile, sender=number.phone)
        assert [each["body"].split()[0] for each in accepts] == ["one", "two", "three"]
    assert set(Message.objects.values_list("status", flat=True)) == {Status.SENT}
    assert set(Attempt.objects.values_list("outcome", flat=True)) == {O.ACCEPTED}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("twilio")
def test_no_text_is_accepted_after_a_stop_has_committed(
    committed_people: Cast, box: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.settings(carrier_blocks_opt_outs=False)
    number, rosa = rent(committed_people.maya), committed_people.rosa
    text = write(committed_people.maya, rosa)
    # on a busy machine the call lasts longer
    monkeypatch.setattr(ledger, "LOCK_TIMEOUT_MS", 600_000)
    # the carrier takes its time before it accepts
    box.fault(kind="slow", seconds=0.4, to=rosa.mobile)
    accepted_by_then: list[int] = []

    def stop_meanwhile() -> None:
        eventually(lambda: status(text) != Status.QUEUED)
        reply(rosa.mobile, number.phone, "STOP")
        accepted_by_then.append(len(box.accepts()))

    at_once([send_due, stop_meanwhile])
    assert [len(box.accepts())] == accepted_by_then
