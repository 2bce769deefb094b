"""The sweep: when a broadcast is over, and how often the screens hear of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from quadline.broadcasts import finishing
from quadline.broadcasts.launching import launch_broadcast
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.pausing import pause_sending
from quadline.broadcasts.preflight import review
from quadline.broadcasts.rules import BroadcastState
from quadline.broadcasts.tests.acts import draft, email, send
from quadline.conversations.models import Conversation, Message
from quadline.conversations.rules import Status, WaitingFor
from quadline.delivery.models import Attempt, OutgoingEmail
from quadline.delivery.tests.acts import number_row, send_due
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student
from tests.cast import Cast

Told = list[tuple[list[int], str]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    heard: Told = []
    monkeypatch.setattr(
        finishing,
        "notify_screens",
        lambda users, event: heard.append((list(users), event)),
    )
    return heard


def state(broadcast: Broadcast) -> str:
    return Broadcast.objects.get(pk=broadcast.pk).state


def follow(**later: Any) -> bool:
    return finishing.follow_once(timezone.now() + timedelta(**later))


def test_it_is_over_when_nothing_waits_any_more(
    people: Cast, rented: SystemNumber
) -> None:
    broadcast = send(draft(people.maya))
    follow()
    assert state(broadcast) == BroadcastState.RUNNING
    send_due()
    follow()
    assert state(broadcast) == BroadcastState.RUNNING  # two emails have not left
    OutgoingEmail.objects.update(state=OutgoingEmail.State.SENT)
    assert follow()
    finished = Broadcast.objects.get(pk=broadcast.pk)
    assert (finished.state, finished.finished_at is not None) == (
        BroadcastState.FINISHED,
        True,
    )
    assert not follow()


def test_an_unconfirmed_text_that_is_looked_up_keeps_it_running(
    people: Cast, number: SystemNumber
) -> None:
    broadcast = send(draft(people.maya, f"student:{people.rosa.pk}"))
    Message.objects.update(status=Status.UNCONFIRMED, due_at=None)
    attempt = Attempt.objects.create(
        message=Message.objects.get(),
        started_at=timezone.now(),
        outcome=Attempt.Outcome.UNKNOWN,
    )
    follow()
    assert state(broadcast) == BroadcastState.RUNNING
    Attempt.objects.filter(pk=attempt.pk).update(outcome=Attempt.Outcome.NOTHING_FOUND)
    follow()
    assert state(broadcast) == BroadcastState.FINISHED


def test_a_paused_broadcast_is_not_over(people: Cast, number: SystemNumber) -> None:
    broadcast = send(draft(people.maya))
    pause_sending(broadcast, actor=people.maya, now=timezone.now())
    Message.objects.update(status=Status.SENT)
    follow()
    assert state(broadcast) == BroadcastState.PAUSED


def test_the_author_hears_of_a_change_at_most_once_a_second(
    people: Cast, number: SystemNumber, told: Told
) -> None:
    broadcast = send(draft(people.maya))
    follow()
    assert told == [([people.maya.pk], f"broadcast-{broadcast.pk}")]
    follow(seconds=5)
    assert len(told) == 1  # nothing has changed
    Message.objects.filter(conversation__student=people.rosa).update(status=Status.SENT)
    follow(seconds=0.2)
    assert len(told) == 1  # too soon
    follow(seconds=6)
    assert len(told) == 2


def test_an_email_broadcast_is_over_when_its_emails_left(people: Cast) -> None:
    broadcast = send(email(people.maya))
    follow()
    assert state(broadcast) == BroadcastState.RUNNING
    OutgoingEmail.objects.update(state=OutgoingEmail.State.SENT)
    Message.objects.update(status=Status.SENT)
    follow()
    assert state(broadcast) == BroadcastState.FINISHED


# in Detroit
NIGHT, MORNING = (
    datetime(2026, 11, 24, 3, 0, tzinfo=UTC),
    datetime(2026, 11, 24, 13, 0, tzinfo=UTC),
)


def test_when_night_falls_the_rest_waits_for_the_morning_where_the_student_is(
    people: Cast, number: SystemNumber, settings: Settings
) -> None:
    Student.objects.filter(pk=people.rosa.pk).update(time_zone="America/Los_Angeles")
    broadcast = draft(people.maya)
    review(broadcast, now=NIGHT)
    launch_broadcast(
        broadcast, actor=people.maya, fingerprint=broadcast.fingerprint, now=NIGHT
    )
    settings.ENV = settings.ENV.model_copy(update={"quiet_hours": "21:00-08:00"})
    finishing.follow_once(NIGHT)
    texts = {
        text.conversation.student: text
        for text in Message.objects.filter(status=Status.WAITING)
    }
    assert (texts[people.rosa].reason, texts[people.rosa].due_at) == (
        WaitingFor.TURN,
        NIGHT,
    )
    late = texts[people.bo]
    assert (late.reason, late.due_at) == (WaitingFor.QUIET_HOURS, MORNING)
    assert late.deadline_at is not None
    assert late.deadline_at > MORNING
    assert pause_sending(broadcast, actor=people.maya, now=NIGHT)


def test_at_night_a_broadcast_waits_for_who_wrote_lately_too(
    people: Cast, number: SystemNumber, settings: Settings
) -> None:
    broadcast = draft(people.maya, f"student:{people.bo.pk}")
    review(broadcast, now=NIGHT)
    launch_broadcast(
        broadcast, actor=people.maya, fingerprint=broadcast.fingerprint, now=NIGHT
    )
    Conversation.objects.update(last_inbound_at=NIGHT - timedelta(hours=1))
    settings.ENV = settings.ENV.model_copy(update={"quiet_hours": "21:00-08:00"})
    finishing.follow_once(NIGHT)
    late = Message.objects.get()
    assert (late.reason, late.due_at) == (WaitingFor.QUIET_HOURS, MORNING)


def test_the_job_looks_as_long_as_one_runs(people: Cast, number: SystemNumber) -> None:
    broadcast = send(draft(people.maya, f"student:{people.rosa.pk}"))
    Message.objects.update(status=Status.SENT, due_at=None)
    async_to_sync(finishing.follow_broadcasts.func)(timestamp=0)
    assert state(broadcast) == BroadcastState.FINISHED


def test_twenty_that_run_are_looked_at_with_as_many_statements_as_two(
    people: Cast, number: SystemNumber
) -> None:
    def needed() -> int:
        follow()
        with CaptureQueriesContext(connection) as statements:
            follow(seconds=5)
        return len(statements)

    for _ in range(2):
        send(draft(people.maya, f"student:{people.rosa.pk}"))
    for_two = needed()
    for _ in range(18):
        send(draft(people.maya, f"student:{people.rosa.pk}"))
    assert Broadcast.objects.filter(state=BroadcastState.RUNNING).count() == 20
    assert needed() == for_two


def test_one_that_somebody_is_at_keeps_no_other_waiting(committed_people: Cast) -> None:
    number_row(committed_people.maya)
    busy, free = (
        send(draft(committed_people.maya, f"student:{committed_people.rosa.pk}"))
        for _ in range(2)
    )
    Message.objects.update(status=Status.SENT, due_at=None)
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute(
            "SELECT 1 FROM broadcasts_broadcast WHERE id = %s FOR UPDATE", [busy.pk]
        )
        assert follow()
        other.rollback()
    assert (state(busy), state(free)) == (
        BroadcastState.RUNNING,
        BroadcastState.FINISHED,
    )


@contextmanager
def in_a_senders_hands(text: Message) -> Iterator[None]:
    """Another session has the row; then it has taken it."""
    with psycopg.connect(**connection.get_connection_params()) as other:
        lock = "SELECT 1 FROM conversations_message WHERE id = %s FOR NO KEY UPDATE"
        other.execute(lock, [text.pk])
        yield
        take = (
            "UPDATE conversations_message SET status = 'sending', due_at = NULL WHERE"
            " id = %s"
        )
        other.execute(take, [text.pk])


@pytest.mark.parametrize("reason", [WaitingFor.TURN, WaitingFor.NUMBER])
def test_what_a_sender_takes_meanwhile_is_not_made_due_again(
    committed_people: Cast, settings: Settings, reason: WaitingFor
) -> None:
    people = committed_people
    number_row(people.maya)
    broadcast = draft(people.maya, f"student:{people.bo.pk}")
    review(broadcast, now=NIGHT)
    launch_broadcast(
        broadcast, actor=people.maya, fingerprint=broadcast.fingerprint, now=NIGHT
    )
    Message.objects.update(reason=reason)
    settings.ENV = settings.ENV.model_copy(update={"quiet_hours": "21:00-08:00"})
    with in_a_senders_hands(Message.objects.get()):
        finishing.follow_once(NIGHT)  # waits for nobody
    taken = Message.objects.get()
    assert (taken.status, taken.reason, taken.due_at) == (Status.SENDING, reason, None)
