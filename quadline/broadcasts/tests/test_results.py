"""How a broadcast goes and what came of it: every count is
the number of the rows behind it.
"""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from quadline.broadcasts import finishing, results
from quadline.broadcasts.launching import launch_broadcast
from quadline.broadcasts.models import Broadcast, Recipient
from quadline.broadcasts.pausing import pause_sending, stop_rest
from quadline.broadcasts.preflight import review
from quadline.broadcasts.results import not_replied, progress_of, recipient_results
from quadline.broadcasts.rules import BroadcastRefused, BroadcastState
from quadline.broadcasts.tests.acts import draft, email, opt_out, send
from quadline.consent.rules import Reason
from quadline.conversations.models import Message
from quadline.conversations.rules import Status, WaitingFor
from quadline.delivery.models import OutgoingEmail
from quadline.delivery.tests.acts import number_row, reply, send_due, write
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState as NumberState
from quadline.roster.models import Student
from tests.cast import Cast
from tests.house import Simulator


def counts(broadcast: Broadcast) -> dict[str, int]:
    return {
        count.status: count.count
        for count in progress_of(broadcast, timezone.now()).counts
    }


def listed(broadcast: Broadcast, status: str) -> list[str]:
    return [
        row.recipient.student.first_name for row in recipient_results(broadcast, status)
    ]


def fail(
    who: Student, *, status: Status = Status.UNDELIVERED, reason: str = "unreachable"
) -> Message:
    text = Message.objects.get(
        conversation__student=who,
        is_bulk=True,
        status__in=[Status.WAITING, Status.SENT],
    )
    Message.objects.filter(pk=text.pk).update(
        status=status, reason=reason, due_at=None, detail="Phone switched off."
    )
    return text


def all_sent() -> None:
    now = timezone.now()
    Message.objects.filter(status=Status.WAITING).update(
        status=Status.SENT, sent_at=now, due_at=None, reason=""
    )
    OutgoingEmail.objects.update(
        state=OutgoingEmail.State.SENT, due_at=None, sent_at=now
    )
    Message.objects.filter(status=Status.BLOCKED).update(status=Status.EMAILED)


def test_counts_equal_the_rows_behind_them(
    people: Cast, rented: SystemNumber, box: Simulator
) -> None:
    Student.objects.filter(pk=people.nell.pk).update(email="")
    broadcast = send(draft(people.maya))
    for _ in range(2):
        for status, count in counts(broadcast).items():
            assert len(listed(broadcast, status)) == count
        assert sum(counts(broadcast).values()) == len(listed(broadcast, "")) == 4
        send_due()
    assert counts(broadcast) == {"sent": 2, "blocked": 1, "nothing": 1}
    assert listed(broadcast, "nothing") == ["Nell"]
    (nothing,) = recipient_results(broadcast, "nothing")
    assert (nothing.words, nothing.detail) == (
        "Not sent",
        "A text cannot reach them, and there is no email address",
    )


def test_progress_counts_what_has_left(
    people: Cast, rented: SystemNumber, settings: Settings
) -> None:
    broadcast = send(draft(people.maya))
    before = progress_of(broadcast, timezone.now())
    assert (before.done, before.total, before.waiting, before.percent) == (0, 4, 4, 0)
    send_due()
    after = progress_of(broadcast, timezone.now())
    assert (after.done, after.waiting, after.percent) == (2, 2, 50)
    all_sent()
    over = progress_of(broadcast, timezone.now())
    assert (over.done, over.waiting, over.percent, over.seconds_left) == (
        4,
        0,
        100,
        None,
    )


def test_what_was_stopped_was_not_handed_over(
    people: Cast, rented: SystemNumber
) -> None:
    broadcast = send(draft(people.maya))
    stop_rest(broadcast, actor=people.maya, now=timezone.now())
    stopped = progress_of(broadcast, timezone.now())
    assert (stopped.done, stopped.total, stopped.waiting, stopped.percent) == (
        0,
        4,
        0,
        0,
    )


@pytest.mark.parametrize(
    "reason", [WaitingFor.QUESTION, WaitingFor.AUTHOR, WaitingFor.TOMORROW]
)
def test_what_waits_for_a_person_or_for_tomorrow_has_no_time_left(
    people: Cast, rented: SystemNumber, reason: WaitingFor
) -> None:
    broadcast = send(
        draft(people.maya, f"student:{people.rosa.pk}", f"student:{people.bo.pk}")
    )
    texts = Message.objects.filter(is_bulk=True, status=Status.WAITING)
    texts.filter(conversation__student=people.rosa).update(reason=reason, due_at=None)
    moving = progress_of(broadcast, timezone.now())
    assert (moving.held_by, moving.waiting) == (frozenset(), 2)
    assert moving.seconds_left is not None

    texts.filter(conversation__student=people.bo).update(
        status=Status.SENT, due_at=None, reason=""
    )
    held = progress_of(broadcast, timezone.now())
    assert (held.held_by, held.seconds_left, held.done, held.waiting) == (
        frozenset({reason}),
        None,
        1,
        1,
    )


def test_a_text_that_fails_after_it_left_has_left(
    people: Cast, rented: SystemNumber
) -> None:
    broadcast = send(draft(people.maya, f"student:{people.rosa.pk}"))
    send_due()
    text = fail(people.rosa)
    OutgoingEmail.objects.create(
        message=text,
        is_failsafe=True,
        to="x@alder.example",
        header_id="<x@y>",
        due_at=timezone.now(),
        created_at=timezone.now(),
    )
    assert progress_of(broadcast, timezone.now()).done == 1


def test_the_time_left_is_by_the_numbers_rate(
    people: Cast, number: SystemNumber, settings: Settings
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"texts_per_second": 0.1})
    broadcast = send(
        draft(people.maya, f"student:{people.rosa.pk}", f"student:{people.bo.pk}")
    )
    assert progress_of(broadcast, timezone.now()).seconds_left == 20
    pause_sending(broadcast, actor=people.maya, now=timezone.now())
    assert progress_of(broadcast, timezone.now()).seconds_left is None


def test_in_quiet_hours_all_that_is_left_is_held(
    people: Cast, number: SystemNumber, settings: Settings
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"quiet_hours": "21:00-08:00"})
    night, morning = (
        datetime(2026, 11, 24, 3, 0, tzinfo=UTC),
        datetime(2026, 11, 24, 13, 0, tzinfo=UTC),
    )
    broadcast = draft(people.maya, f"student:{people.rosa.pk}")
    review(broadcast, now=night)
    launch_broadcast(
        broadcast, actor=people.maya, fingerprint=broadcast.fingerprint, now=night
    )
    shown = progress_of(broadcast, night)
    assert (shown.held_until, shown.seconds_left) == (morning, 10 * 3600)


def test_without_an_active_number_it_waits_for_that(people: Cast) -> None:
    shown = progress_of(send(draft(people.maya)), timezone.now())
    assert (shown.waits_for_number, shown.seconds_left) == (True, None)


def test_a_reply_is_the_first_thing_written_after_the_text(
    people: Cast, number: SystemNumber
) -> None:
    write(people.maya, people.rosa, "before")
    reply(people.rosa.mobile, number.phone, "to the text before")
    broadcast = send(draft(people.maya))
    all_sent()
    assert listed(broadcast, "replied") == []
    first = reply(people.rosa.mobile, number.phone, "Thanks!")
    reply(people.rosa.mobile, number.phone, "And one more")
    assert first is not None
    (row,) = recipient_results(broadcast, "replied")
    assert (row.recipient.student, row.replied_at) == (people.rosa, first.created_at)
    assert progress_of(broadcast, timezone.now()).replied == 1
    assert people.rosa not in not_replied(broadcast)
    assert set(not_replied(broadcast)) == {people.bo, people.gus, people.nell}


def test_a_reply_before_a_text_left_is_none_to_it(
    people: Cast, number: SystemNumber
) -> None:
    broadcast = send(draft(people.maya))
    reply(people.rosa.mobile, number.phone, "about something else")
    assert listed(broadcast, "replied") == []


def test_stop_after_the_text_is_because_of_it_and_no_reply(
    people: Cast, number: SystemNumber
) -> None:
    broadcast = send(draft(people.maya))
    all_sent()
    reply(people.rosa.mobile, number.phone, "STOP")
    assert (listed(broadcast, "opted_out"), listed(broadcast, "replied")) == (
        ["Rosa"],
        [],
    )
    assert progress_of(broadcast, timezone.now()).opted_out == 1
    assert people.rosa not in not_replied(broadcast)


@pytest.mark.parametrize("word", ["UNSTOP", "START", "unstop!"])
def test_start_after_the_text_is_no_reply(
    people: Cast, number: SystemNumber, word: str
) -> None:
    broadcast = send(draft(people.maya))
    all_sent()
    reply(people.rosa.mobile, number.phone, "STOP")
    reply(people.rosa.mobile, number.phone, word)
    reply(people.rosa.mobile, number.phone, word)
    assert listed(broadcast, "replied") == []
    reply(people.rosa.mobile, number.phone, "Hello again")
    assert listed(broadcast, "replied") == ["Rosa"]


def test_stop_a_day_later_is_not_because_of_it(
    people: Cast, number: SystemNumber
) -> None:
    broadcast = send(draft(people.maya))
    all_sent()
    Message.objects.update(sent_at=timezone.now() - timedelta(hours=25))
    reply(people.rosa.mobile, number.phone, "STOP")
    assert listed(broadcast, "opted_out") == []


def test_stop_after_a_later_text_is_because_of_that(
    people: Cast, number: SystemNumber
) -> None:
    broadcast = send(draft(people.maya))
    all_sent()
    write(people.maya, people.rosa, "a single text")
    Message.objects.filter(is_bulk=False).update(
        status=Status.SENT, sent_at=timezone.now(), due_at=None
    )
    reply(people.rosa.mobile, number.phone, "STOP")
    assert listed(broadcast, "opted_out") == []


def test_a_stop_during_a_broadcast_is_not_texted_after_it(
    people: Cast, rented: SystemNumber, box: Simulator
) -> None:
    broadcast = send(draft(people.maya))
    reply(people.bo.mobile, rented.phone, "STOP")
    send_due()
    assert [each["to"] for each in box.accepts()] == [people.rosa.mobile]
    (row,) = (
        row
        for row in recipient_results(broadcast)
        if row.recipient.student == people.bo
    )
    assert (row.status, row.recipient.message and row.recipient.message.reason) == (
        "blocked",
        Reason.OPTED_OUT,
    )
    assert (
        OutgoingEmail.objects.filter(message__conversation__student=people.bo).count()
        == 1
    )


def test_rows_come_by_name_and_in_pages(people: Cast, number: SystemNumber) -> None:
    broadcast = send(draft(people.maya))
    assert listed(broadcast, "") == ["Rosa", "Gus", "Nell", "Bo"]
    page = [
        row.recipient.student.first_name
        for row in recipient_results(broadcast, offset=1, limit=2)
    ]
    assert page == ["Gus", "Nell"]


def test_what_failed_for_a_passing_reason_is_sent_once_more(
    people: Cast, rented: SystemNumber, box: Simulator
) -> None:
    broadcast = send(
        draft(people.maya, f"student:{people.rosa.pk}", f"student:{people.bo.pk}")
    )
    first = fail(people.rosa)
    fail(people.bo, reason="disconnected")
    finishing.follow_once(timezone.now())
    assert results.may_be_retried(broadcast) == 1
    broadcast.refresh_from_db()
    assert broadcast.state == BroadcastState.FINISHED
    assert results.retry_failed(broadcast, actor=people.maya, now=timezone.now()) == 1
    row = Recipient.objects.get(broadcast=broadcast, student=people.rosa)
    assert row.message is not None
    assert (row.first_message, row.message.status, row.message.reason) == (
        first,
        Status.WAITING,
        WaitingFor.TURN,
    )
    assert (row.message.body, broadcast.state) == (first.body, BroadcastState.RUNNING)
    send_due()
    assert [each["to"] for each in box.accepts()] == [people.rosa.mobile]
    assert counts(broadcast) == {"sent": 1, "undelivered": 1}
    fail(people.rosa)
    assert results.may_be_retried(broadcast) == 0
    assert results.retry_failed(broadcast, actor=people.maya, now=timezone.now()) == 0


def test_it_is_sent_again_to_the_phone_the_student_has_now(
    people: Cast, number: SystemNumber
) -> None:
    broadcast = send(draft(people.maya, f"student:{people.rosa.pk}"))
    fail(people.rosa)
    Student.objects.filter(pk=people.rosa.pk).update(mobile="+17345550199")
    results.retry_failed(broadcast, actor=people.maya, now=timezone.now())
    assert Message.objects.get(status=Status.WAITING).student_phone == "+17345550199"


@pytest.mark.parametrize(
    "state",
    [OutgoingEmail.State.QUEUED, OutgoingEmail.State.SENDING, OutgoingEmail.State.SENT],
)
def test_what_an_email_may_reach_is_not_sent_again(
    people: Cast, number: SystemNumber, state: OutgoingEmail.State
) -> None:
    broadcast = send(draft(people.maya, f"student:{people.rosa.pk}"))
    OutgoingEmail.objects.create(
        message=fail(people.rosa),
        is_failsafe=True,
        to="x@alder.example",
        header_id="<x@y>",
        state=state,
        created_at=timezone.now(),
    )
    assert results.may_be_retried(broadcast) == 0


def test_who_has_opted_out_since_is_not_sent_it_again(
    people: Cast, number: SystemNumber
) -> None:
    broadcast = send(draft(people.maya, f"student:{people.rosa.pk}"))
    fail(people.rosa)
    opt_out(people.rosa, number)
    assert results.retry_failed(broadcast, actor=people.maya, now=timezone.now()) == 0
    assert Message.objects.count() == 1


def test_a_stopped_broadcast_is_not_retried_and_only_by_who_may(
    people: Cast, number: SystemNumber
) -> None:
    broadcast = send(draft(people.maya))
    fail(people.rosa)
    with pytest.raises(BroadcastRefused, match="Only Maya"):
        results.retry_failed(broadcast, actor=people.omar, now=timezone.now())
    stop_rest(broadcast, actor=people.maya, now=timezone.now())
    with pytest.raises(BroadcastRefused, match="paused or stopped"):
        results.retry_failed(broadcast, actor=people.maya, now=timezone.now())


def test_an_email_broadcast_has_replies_too(people: Cast) -> None:
    number_row(people.maya)
    broadcast = send(email(people.maya))
    all_sent()
    Message.objects.filter(channel="email").update(
        status=Status.SENT, sent_at=timezone.now()
    )
    assert counts(broadcast) == {"sent": 4}
    assert len(set(not_replied(broadcast))) == 4


def test_before_the_number_is_active_nothing_is_overdue_for_its_length(
    people: Cast,
) -> None:
    number = number_row(people.maya, state=NumberState.REGISTERING)
    send(draft(people.maya))
    SystemNumber.objects.filter(pk=number.pk).update(state=NumberState.ACTIVE)
    finishing.follow_once(timezone.now())
    assert {text.reason for text in Message.objects.filter(status=Status.WAITING)} == {
        WaitingFor.TURN
    }
