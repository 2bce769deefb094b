"""The facts of each check, from rows as the acts leave them."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from quadline.conversations.models import Message
from quadline.conversations.opening import open_conversation
from quadline.conversations.rules import Status
from quadline.delivery.models import Attempt, OutgoingEmail
from quadline.health.looking import look_at_everything
from quadline.health.rules import Finding, HealthCheck, HealthLevel
from quadline.inboxes.models import inbox_of
from quadline.jobs import enqueue
from quadline.numbers.alerts import email_number_active
from quadline.numbers.models import SystemNumber
from quadline.roster.models import RosterSource
from tests.cast import Cast

# The doors are above this room: it knows their rows and not their code.
CarrierEvent: Any = apps.get_model("webhooks", "CarrierEvent")
LogReading: Any = apps.get_model("webhooks", "LogReading")


def look(check: HealthCheck) -> Finding:
    return {each.check: each for each in look_at_everything()}[check]


def ago(**span: float) -> datetime:
    return timezone.now() - timedelta(**span)


def beat(at: datetime | None = None) -> None:
    """A worker's sign of life."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%s)",
            [at or timezone.now()],
        )


def text(people: Cast, **columns: Any) -> Message:
    """One of Maya's to Rosa that the carrier took, unless something else is said."""
    maya, now = people.maya, timezone.now()
    number, _ = SystemNumber.objects.get_or_create(
        inbox=inbox_of(maya),
        defaults={"phone": "+17342340001", "state": "active", "requested_at": now},
    )
    conversation = open_conversation(inbox=maya.inbox, student=people.rosa, now=now)
    values = {
        "direction": "outbound",
        "author": maya,
        "system_number": number,
        "student_phone": people.rosa.mobile,
        "body": "Hello",
        "status": Status.SENT,
        "carrier_message_id": uuid.uuid4().hex,
        "created_at": now,
        "sent_at": now,
    }
    values.update(columns)
    return Message.objects.create(id=uuid.uuid4(), conversation=conversation, **values)


def called(kind: str, at: datetime, **content: str) -> None:
    CarrierEvent.objects.create(
        carrier="twilio",
        kind=kind,
        key=uuid.uuid4().hex,
        content=content,
        received_at=at,
        applied_at=at,
    )


def test_an_empty_house_knows_nothing_and_has_no_worker(people: Cast) -> None:
    levels = {each.check: each.level for each in look_at_everything()}

    assert levels == {
        HealthCheck.CARRIER: HealthLevel.UNKNOWN,
        HealthCheck.CALLBACKS: HealthLevel.UNKNOWN,
        HealthCheck.MAIL: HealthLevel.UNKNOWN,
        HealthCheck.WORKERS: HealthLevel.RED,
        HealthCheck.QUEUES: HealthLevel.GREEN,
        HealthCheck.ROSTER: HealthLevel.UNKNOWN,
        HealthCheck.DATABASE: HealthLevel.GREEN,
    }


def test_a_worker_is_alive_as_long_as_it_beats(people: Cast) -> None:
    beat(ago(minutes=3))
    assert look(HealthCheck.WORKERS).level is HealthLevel.RED

    beat()
    assert look(HealthCheck.WORKERS).level is HealthLevel.GREEN


def test_a_worker_that_ended_in_order_left_its_last_tick(people: Cast) -> None:
    at = ago(hours=2)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_periodic_defers (task_name, defer_timestamp)"
            " VALUES ('quadline.delivery.send_overdue_texts', %s)",
            [int(at.timestamp())],
        )
    since = look(HealthCheck.WORKERS).since
    assert since is not None
    assert abs(since - at) < timedelta(seconds=2)


@pytest.mark.parametrize(
    ("outcome", "why", "level"),
    [
        (Attempt.Outcome.UNSENT, "no connection: ConnectError", HealthLevel.RED),
        (Attempt.Outcome.UNKNOWN, "timeout", HealthLevel.RED),
        # it answered: slow down, or no
        (Attempt.Outcome.UNSENT, "429", HealthLevel.GREEN),
        (Attempt.Outcome.REFUSED, "21610", HealthLevel.GREEN),
        (Attempt.Outcome.ACCEPTED, "", HealthLevel.GREEN),
        (Attempt.Outcome.UNDER_WAY, "", HealthLevel.GREEN),
    ],
)
def test_texts_without_an_answer(
    people: Cast, outcome: Attempt.Outcome, why: str, level: HealthLevel
) -> None:
    beat()
    LogReading.objects.create(
        carrier="twilio", read_until=ago(hours=1), read_at=ago(seconds=30)
    )
    for minutes in (5, 4, 3):
        Attempt.objects.create(
            message=text(people),
            started_at=ago(minutes=minutes),
            outcome=outcome,
            why=why,
        )
    assert look(HealthCheck.CARRIER).level is level

    Attempt.objects.create(
        message=text(people), started_at=ago(seconds=5), outcome="accepted"
    )
    assert look(HealthCheck.CARRIER).level is HealthLevel.GREEN


def test_a_log_that_cannot_be_read_says_why(people: Cast) -> None:
    beat()
    LogReading.objects.create(
        carrier="twilio",
        read_until=ago(hours=1),
        read_at=ago(minutes=9),
        failed_at=ago(seconds=30),
        why="The carrier did not accept our account or token.",
    )
    finding = look(HealthCheck.CARRIER)
    assert finding.level is HealthLevel.RED
    assert "did not accept our account" in finding.what


def test_refusals_of_the_college_itself_are_worth_a_look(people: Cast) -> None:
    beat()
    for reason, minutes in (("not_set_up", 5), ("landline", 5), ("not_set_up", 90)):
        text(
            people,
            status=Status.EMAILED,
            reason=reason,
            detail="The account is suspended.",
            created_at=ago(minutes=minutes),
        )
    finding = look(HealthCheck.CARRIER)
    assert finding.level is HealthLevel.YELLOW
    assert "refused 1 text within an hour: The account is suspended." in finding.what


def test_texts_that_left_and_no_callback_came(people: Cast) -> None:
    called("status", ago(hours=3))
    text(people, sent_at=ago(hours=4), created_at=ago(hours=4))
    assert look(HealthCheck.CALLBACKS).level is HealthLevel.GREEN

    for minutes in (50, 40, 30, 20):
        text(
            people,
            # the log has told of it meanwhile
            status=Status.DELIVERED,
            sent_at=ago(minutes=minutes),
            created_at=ago(minutes=minutes),
        )
    text(people)  # just now: its callback may still come
    text(people, channel="email", sent_at=ago(minutes=20), carrier_message_id="")
    finding = look(HealthCheck.CALLBACKS)
    assert (finding.level, "4 texts left" in finding.what) == (HealthLevel.YELLOW, True)

    text(people, sent_at=ago(minutes=15), created_at=ago(hours=20))
    finding = look(HealthCheck.CALLBACKS)
    assert (finding.level, "5 texts left" in finding.what) == (HealthLevel.RED, True)

    called("status", timezone.now())
    assert look(HealthCheck.CALLBACKS).level is not HealthLevel.RED


def test_replies_that_had_to_be_fetched(people: Cast) -> None:
    called("status", ago(minutes=1))
    for _ in range(5):
        called("inbound", ago(minutes=20), read_from="log")
    called("inbound", ago(hours=2), Body="hi")
    assert look(HealthCheck.CALLBACKS).level is HealthLevel.RED

    called("inbound", ago(minutes=1), Body="hi")
    assert look(HealthCheck.CALLBACKS).level is HealthLevel.YELLOW


def email(people: Cast, **columns: Any) -> OutgoingEmail:
    message = text(people, channel="email", status=Status.QUEUED, carrier_message_id="")
    return OutgoingEmail.objects.create(
        message=message,
        is_failsafe=False,
        to=people.rosa.email,
        header_id=uuid.uuid4().hex,
        **columns,
    )


def test_emails_that_the_mail_server_does_not_take(people: Cast) -> None:
    beat()
    email(people, state="sent", created_at=ago(hours=2), sent_at=ago(hours=1))
    assert look(HealthCheck.MAIL).level is HealthLevel.GREEN

    waits = {"tries": 2, "due_at": timezone.now(), "detail": "It is full."}
    old = email(people, created_at=ago(hours=9), **waits)
    # an older one than what was taken waits for a reason of its own
    assert look(HealthCheck.MAIL).level is HealthLevel.YELLOW

    email(people, created_at=ago(minutes=9), **waits)
    finding = look(HealthCheck.MAIL)
    assert finding.level is HealthLevel.RED
    assert "2 emails to students are not sent yet. It is full." in finding.what

    email(people, state="sent", created_at=ago(minutes=9), sent_at=timezone.now())
    assert look(HealthCheck.MAIL).level is HealthLevel.YELLOW
    OutgoingEmail.objects.filter(pk=old.pk).update(due_at=None)


def test_an_email_that_was_not_tried_yet_tells_nothing(people: Cast) -> None:
    beat()
    email(people, created_at=ago(minutes=9), due_at=ago(minutes=9))
    assert look(HealthCheck.MAIL).level is HealthLevel.UNKNOWN


def test_a_letter_to_staff_that_fails_tells_of_the_mail_server(people: Cast) -> None:
    beat()
    enqueue(email_number_active, number_id=1)
    job = ProcrastinateJob.objects.get(queue_name="letters")
    assert look(HealthCheck.MAIL).level is HealthLevel.UNKNOWN
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET attempts = 1 WHERE id = %s", [job.pk]
        )
        cursor.execute(
            "UPDATE procrastinate_events SET at = %s WHERE job_id = %s",
            [ago(minutes=9), job.pk],
        )
    finding = look(HealthCheck.MAIL)
    assert finding.level is HealthLevel.RED
    assert "1 email to staff is not sent yet" in finding.what


def test_email_that_is_not_set_up(people: Cast, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "quadline.emails.unsent.EmailBackend"

    assert look(HealthCheck.MAIL).level is HealthLevel.RED


WAITS = {"status": Status.QUEUED, "carrier_message_id": "", "sent_at": None}


@pytest.mark.parametrize(
    ("columns", "level"),
    [
        ({"due_at": 5}, HealthLevel.GREEN),
        ({"due_at": 9}, HealthLevel.YELLOW),
        ({"due_at": 16}, HealthLevel.RED),
        ({"due_at": -30}, HealthLevel.GREEN),  # it waits for the morning
        ({}, HealthLevel.GREEN),  # it waits for a person
        # no text of any broadcast has left for so long
        ({"due_at": 16, "is_bulk": True}, HealthLevel.RED),
    ],
)
def test_texts_that_are_due(
    people: Cast, columns: dict[str, Any], level: HealthLevel
) -> None:
    if "due_at" in columns:
        columns = {**columns, "due_at": ago(minutes=columns["due_at"])}
    text(people, **WAITS, **columns)

    assert look(HealthCheck.QUEUES).level is level


def test_a_broadcast_that_moves_is_not_late(people: Cast) -> None:
    """At its number's rate the last of its texts leaves an hour after it was due."""
    text(people, **WAITS, is_bulk=True, due_at=ago(hours=1))
    Attempt.objects.create(
        message=text(people), started_at=ago(seconds=3), outcome="accepted"
    )
    assert look(HealthCheck.QUEUES).level is HealthLevel.GREEN


def test_a_text_whose_number_is_not_active_is_not_late(people: Cast) -> None:
    text(people, **WAITS, due_at=ago(hours=1))
    SystemNumber.objects.update(state="registering")

    assert look(HealthCheck.QUEUES).level is HealthLevel.GREEN


def test_jobs_that_nobody_takes(people: Cast) -> None:
    enqueue(email_number_active, number_id=1)
    assert look(HealthCheck.QUEUES).level is HealthLevel.GREEN
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_events SET at = %s", [ago(hours=1)])
    finding = look(HealthCheck.QUEUES)
    assert (finding.level, "1 job of letters" in finding.what) == (
        HealthLevel.RED,
        True,
    )

    enqueue(email_number_active, after=timedelta(hours=1), number_id=1)
    assert "1 job of letters" in look(HealthCheck.QUEUES).what


def test_callbacks_that_nobody_applies(people: Cast) -> None:
    called("status", ago(hours=1))
    assert look(HealthCheck.QUEUES).level is HealthLevel.GREEN
    CarrierEvent.objects.update(applied_at=None)

    assert "1 callback to apply" in look(HealthCheck.QUEUES).what


def test_roster_files_stand_as_their_own_letters_say(people: Cast) -> None:
    source = RosterSource.objects.create(
        name="Banner", folder="banner", created_at=ago(days=9), arrived_at=ago(hours=5)
    )
    assert look(HealthCheck.ROSTER).level is HealthLevel.GREEN

    RosterSource.objects.update(trouble="late", told_at=ago(hours=1))
    finding = look(HealthCheck.ROSTER)
    assert (finding.level, finding.since) == (
        HealthLevel.RED,
        RosterSource.objects.get(pk=source.pk).told_at,
    )
    RosterSource.objects.update(is_active=False)
    assert look(HealthCheck.ROSTER).level is HealthLevel.UNKNOWN


def test_a_look_asks_the_same_few_questions_however_much_there_is(
    people: Cast,
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            look_at_everything()
        return len(queries)

    before = asked()
    for _ in range(20):
        text(people)
        called("status", timezone.now())
    assert asked() == before
    assert before <= 20
