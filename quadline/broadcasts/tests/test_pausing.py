"""Pause, resume and stop, while the sender is at work."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from quadline.audit.models import AuditEntry
from quadline.broadcasts import results
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.pausing import (
    may_steer,
    pause_sending,
    resume_sending,
    stop_rest,
)
from quadline.broadcasts.rules import BroadcastRefused, BroadcastState
from quadline.broadcasts.tests.acts import crowd, draft, email, opt_out, send
from quadline.consent.models import StopQuestion
from quadline.conversations.models import Conversation, Message
from quadline.conversations.rules import Status, WaitingFor
from quadline.delivery.models import OutgoingEmail
from quadline.delivery.opting.requests import answer_question
from quadline.delivery.outbox.caseloads import replace_caseload
from quadline.delivery.permission import reach
from quadline.delivery.sending.claiming import claim_batch
from quadline.delivery.tests.acts import mail_due, number_row, reply, send_due, write
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState as NumberState
from quadline.roster.models import Student
from tests.cast import Cast
from tests.house import Simulator
from tests.mail_server import MailServer

Email = OutgoingEmail.State


def texts(**asked: object) -> list[Message]:
    return list(Message.objects.filter(channel="text", **asked).order_by("position"))


def test_a_paused_broadcast_hands_nothing_over_until_it_is_resumed(
    people: Cast, rented: SystemNumber, box: Simulator
) -> None:
    broadcast = send(draft(people.maya))
    assert pause_sending(broadcast, actor=people.maya, now=timezone.now())
    assert [(text.reason, text.due_at) for text in texts(status=Status.WAITING)] == [
        (WaitingFor.PAUSED, None)
    ] * 2
    assert set(OutgoingEmail.objects.values_list("due_at", flat=True)) == {None}
    send_due()
    assert box.accepts() == []
    assert resume_sending(broadcast, actor=people.maya, now=timezone.now())
    assert {mail.due_at is None for mail in OutgoingEmail.objects.all()} == {False}
    send_due()
    assert {each["to"] for each in box.accepts()} == {
        people.rosa.mobile,
        people.bo.mobile,
    }
    assert [
        entry.action
        for entry in AuditEntry.objects.filter(subject_type="broadcast").order_by("pk")
    ] == [
        "broadcast sent",
        "broadcast paused",
        "broadcast resumed",
    ]


def test_who_left_the_caseload_during_the_pause_gets_nothing_when_it_is_resumed(
    people: Cast, rented: SystemNumber, box: Simulator
) -> None:
    broadcast = send(draft(people.maya))
    pause_sending(broadcast, actor=people.maya, now=timezone.now())
    replace_caseload(
        people.maya, [people.bo.institutional_id], actor=people.ada, now=timezone.now()
    )
    assert {text.reason for text in texts(status=Status.WAITING)} == {
        WaitingFor.PAUSED
    }, "it is the broadcast's while it rests"
    resume_sending(broadcast, actor=people.maya, now=timezone.now())
    send_due()

    assert [each["to"] for each in box.accepts()] == [people.bo.mobile]
    assert [text.reason for text in texts(status=Status.WAITING)] == [WaitingFor.AUTHOR]


def test_an_email_too_goes_to_nobody_who_left_the_caseload_during_the_pause(
    people: Cast, mailbox: MailServer
) -> None:
    broadcast = send(email(people.maya))
    pause_sending(broadcast, actor=people.maya, now=timezone.now())
    replace_caseload(
        people.maya, [people.bo.institutional_id], actor=people.ada, now=timezone.now()
    )
    resume_sending(broadcast, actor=people.maya, now=timezone.now())
    mail_due()

    assert [letter["To"] for letter in mailbox.all()] == [people.bo.email]
    unsent = Message.objects.get(conversation__student=people.rosa)
    assert (unsent.status, unsent.detail) == (
        Status.BLOCKED,
        f"It was not sent. {reach.STUDENT_LEFT_CASELOAD}",
    )
    assert results.progress_of(broadcast, timezone.now()).waiting == 0


def test_nor_does_the_email_instead_of_its_text(
    people: Cast, rented: SystemNumber, mailbox: MailServer
) -> None:
    broadcast = send(draft(people.maya))
    pause_sending(broadcast, actor=people.maya, now=timezone.now())
    replace_caseload(people.maya, [], actor=people.ada, now=timezone.now())
    resume_sending(broadcast, actor=people.maya, now=timezone.now())
    mail_due()

    assert mailbox.all() == []
    assert set(OutgoingEmail.objects.values_list("state", "due_at")) == {
        (Email.DROPPED, None)
    }


def test_what_the_sender_has_in_hand_goes_on(
    people: Cast, rented: SystemNumber
) -> None:
    broadcast = send(draft(people.maya))
    (claim,) = claim_batch(limit=1)
    pause_sending(broadcast, actor=people.maya, now=timezone.now())
    claimed = Message.objects.get(pk=claim.message.pk)
    assert (claimed.status, claimed.reason) == (Status.SENDING, "")
    assert stop_rest(broadcast, actor=people.maya, now=timezone.now()) == 3
    assert Message.objects.get(pk=claim.message.pk).status == Status.SENDING


def test_a_single_text_of_a_paused_broadcasts_author_leaves(
    people: Cast, rented: SystemNumber, box: Simulator
) -> None:
    pause_sending(send(draft(people.maya)), actor=people.maya, now=timezone.now())
    write(people.maya, people.sally, "just you")
    send_due()
    assert [each["to"] for each in box.accepts()] == [people.sally.mobile]


def test_stopped_is_for_good(
    people: Cast, rented: SystemNumber, box: Simulator
) -> None:
    broadcast = send(draft(people.maya))
    assert stop_rest(broadcast, actor=people.maya, now=timezone.now()) == 4
    send_due()
    assert box.accepts() == []
    assert [text.status for text in texts()].count(Status.CANCELLED) == 2
    for text in texts(status=Status.CANCELLED):
        event = text.events.last()
        assert event is not None
        assert (text.due_at, event.from_status, event.actor) == (
            None,
            "waiting",
            people.maya,
        )
        assert event.cause == "broadcast stopped"
    assert set(OutgoingEmail.objects.values_list("state", "due_at")) == {
        (Email.DROPPED, None)
    }
    assert {text.detail for text in texts(status=Status.BLOCKED)} == {
        "The broadcast was stopped before an email went out instead."
    }
    assert (broadcast.state, broadcast.finished_at is not None) == (
        BroadcastState.STOPPED,
        True,
    )
    assert not resume_sending(broadcast, actor=people.maya, now=timezone.now())
    assert stop_rest(broadcast, actor=people.maya, now=timezone.now()) == 0


def test_stopped_emails_are_cancelled_and_those_in_a_workers_hands_go_on(
    people: Cast,
) -> None:
    broadcast = send(email(people.maya))
    mine = OutgoingEmail.objects.get(to=people.rosa.email)
    OutgoingEmail.objects.filter(pk=mine.pk).update(state=Email.SENDING, due_at=None)
    Message.objects.filter(pk=mine.message_id).update(status=Status.SENDING)
    assert stop_rest(broadcast, actor=people.maya, now=timezone.now()) == 3
    assert Message.objects.filter(status=Status.CANCELLED).count() == 3
    assert OutgoingEmail.objects.get(pk=mine.pk).state == Email.SENDING


def test_the_notice_of_a_stopped_text_passes_to_the_next_that_waits(
    people: Cast, number: SystemNumber
) -> None:
    broadcast = send(draft(people.maya))
    single = write(people.maya, people.rosa)
    assert single.notice == ""
    stop_rest(broadcast, actor=people.maya, now=timezone.now())
    assert Message.objects.get(pk=single.pk).notice.startswith("This is Maya Alvarez")


def test_only_its_author_and_who_manages_may_steer_it(
    people: Cast, number: SystemNumber
) -> None:
    broadcast = send(draft(people.maya))
    for other in (people.omar, people.theo, people.lena, people.iris):
        assert not may_steer(broadcast, other)
        for act in (pause_sending, stop_rest):
            with pytest.raises(
                BroadcastRefused, match="Only Maya Alvarez or an administrator"
            ):
                act(broadcast, actor=other, now=timezone.now())
    assert pause_sending(broadcast, actor=people.ada, now=timezone.now())


def test_a_draft_is_neither_paused_nor_stopped(
    people: Cast, number: SystemNumber
) -> None:
    broadcast = draft(people.maya)
    assert not pause_sending(broadcast, actor=people.maya, now=timezone.now())
    assert not resume_sending(broadcast, actor=people.maya, now=timezone.now())
    assert stop_rest(broadcast, actor=people.maya, now=timezone.now()) == 0
    assert Broadcast.objects.get(pk=broadcast.pk).state == BroadcastState.DRAFT


def test_paused_twice_is_paused_once(people: Cast, number: SystemNumber) -> None:
    broadcast = send(draft(people.maya))
    assert pause_sending(broadcast, actor=people.maya, now=timezone.now())
    assert not pause_sending(broadcast, actor=people.maya, now=timezone.now())


def test_resumed_at_night_it_waits_for_the_morning(
    people: Cast, number: SystemNumber, settings: Settings
) -> None:
    broadcast = send(draft(people.maya))
    pause_sending(broadcast, actor=people.maya, now=timezone.now())
    settings.ENV = settings.ENV.model_copy(update={"quiet_hours": "21:00-08:00"})
    night, morning = (
        datetime(2026, 11, 24, 3, 0, tzinfo=UTC),
        datetime(2026, 11, 24, 13, 0, tzinfo=UTC),
    )
    resume_sending(broadcast, actor=people.maya, now=night)
    for text in texts(status=Status.WAITING):
        assert (text.reason, text.due_at) == (WaitingFor.QUIET_HOURS, morning)
        assert text.deadline_at is not None
        assert text.deadline_at > morning


def test_resumed_without_an_active_number_it_waits_for_the_number(
    people: Cast, number: SystemNumber
) -> None:
    broadcast = send(draft(people.maya))
    pause_sending(broadcast, actor=people.maya, now=timezone.now())
    SystemNumber.objects.update(state=NumberState.REGISTERING)
    resume_sending(broadcast, actor=people.maya, now=timezone.now())
    assert {text.reason for text in texts(status=Status.WAITING)} == {WaitingFor.NUMBER}


def test_a_long_pause_makes_no_emails(people: Cast, number: SystemNumber) -> None:
    broadcast = send(draft(people.maya))
    pause_sending(broadcast, actor=people.maya, now=timezone.now())
    later = timezone.now() + timedelta(days=3)
    with time_machine.travel(later, tick=True):
        resume_sending(broadcast, actor=people.maya, now=timezone.now())
    assert all(
        text.deadline_at and text.deadline_at > later
        for text in texts(status=Status.WAITING)
    )


def test_pause_and_stop_of_many_take_one_statement_each(people: Cast) -> None:
    crowd(people.omar, 100)
    number = number_row(people.omar, "+17345550201")
    opt_out(Student.objects.get(institutional_id="0070000001"), number)
    broadcast = send(draft(people.omar))
    with CaptureQueriesContext(connection) as asked:
        pause_sending(broadcast, actor=people.omar, now=timezone.now())
        resume_sending(broadcast, actor=people.omar, now=timezone.now())
        assert stop_rest(broadcast, actor=people.omar, now=timezone.now()) == 101
    assert len(asked) < 100


def test_a_text_in_question_is_paused_with_the_rest_and_still_waits_for_its_answer_afterwards(
    people: Cast, rented: SystemNumber, box: Simulator
) -> None:
    broadcast = send(draft(people.maya))
    reply(people.rosa.mobile, rented.phone, "please stop texting me")
    pause_sending(broadcast, actor=people.maya, now=timezone.now())
    rosas = Conversation.objects.get(inbox__owner=people.maya, student=people.rosa)
    answer_question(
        conversation=rosas,
        answer=StopQuestion.Answer.GO_ON,
        actor=people.maya,
        now=timezone.now(),
    )
    send_due()
    assert box.accepts() == []

    reply(people.bo.mobile, rented.phone, "please stop texting me")
    resume_sending(broadcast, actor=people.maya, now=timezone.now())
    send_due()
    assert [each["to"] for each in box.accepts()] == [people.rosa.mobile]
    assert [text.student_phone for text in texts(reason=WaitingFor.QUESTION)] == [
        people.bo.mobile
    ]
