"""Emails leave once, whatever the mail server and our own workers do, and
what becomes of them is on the message.
"""

import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection, connections
from django.utils import timezone
from pytest_django import Settings

from quadline.conversations.models import Conversation, Message
from quadline.conversations.rules import Status
from quadline.delivery.failsafe import email_content, email_sender
from quadline.delivery.models import IncomingEmail, OutgoingEmail
from quadline.delivery.rules import EMAIL_LOST_AFTER
from quadline.delivery.tests.acts import (
    at_once,
    fresh,
    jobs,
    mail_due,
    number_row,
    reply,
    status,
    write,
)
from quadline.emails import outgoing, tokens
from quadline.roster.models import Student
from tests.cast import Cast
from tests.mail_server import MailServer, words_of

State = OutgoingEmail.State
NOON = datetime(2026, 11, 24, 17, tzinfo=UTC)


def blocked(people: Cast, body: str = "Are you free on Monday?") -> Message:
    """A text to somebody without a phone, so that its email is due."""
    return write(people.maya, people.nell, body)


def email_of(text: Message) -> OutgoingEmail:
    return OutgoingEmail.objects.get(message=text)


def test_the_letter_carries_the_text_in_full_and_says_why(
    people: Cast, mailbox: MailServer
) -> None:
    text = blocked(people, "First line\n\nSecond line: ß 漢字 \U0001f44b")
    mail_due()
    [letter] = mailbox.to(people.nell.email)
    plain = words_of(letter)
    assert letter["Subject"] == "Message from Maya Alvarez"
    assert letter["From"] == "Maya Alvarez via Alder College <quadline@localhost>"
    assert letter["Reply-To"] == "maya@alder.example"
    assert (letter["Auto-Submitted"], letter["X-Auto-Response-Suppress"]) == (
        "auto-generated",
        "All",
    )
    assert "    First line\n\n    Second line: ß 漢字 \U0001f44b" in plain
    assert "Alder College has no mobile number for you." in plain
    assert "Reply STOP" not in plain
    assert (
        letter["Message-ID"]
        == email_of(text).header_id
        == f"<m.{text.pk}.{text.conversation_id}@localhost>"
    )
    assert (email_of(text).state, fresh(text).detail) == (
        State.SENT,
        "There is no mobile number on file.",
    )


def test_answers_and_bounces_come_back_to_the_conversation(
    people: Cast, mailbox: MailServer, settings: Settings
) -> None:
    settings.ENV = settings.ENV.model_copy(
        update={"email_reply_to": "replies@texting.alder.example"}
    )
    text = blocked(people)
    mail_due()
    expected = tokens.reply_address(text.conversation_id)
    assert mailbox.all()[0]["Reply-To"] == mailbox.return_paths()[0] == expected
    assert tokens.conversation_in(expected) == text.conversation_id


def test_emails_of_a_conversation_form_one_thread(
    people: Cast, mailbox: MailServer
) -> None:
    texts = [blocked(people)]
    mail_due()
    names = [email_of(texts[0]).header_id, "<theirs@mail.example>"]
    theirs = Message.objects.create(
        id="7f1d7e0e-6e3f-4c5e-9a53-5b0b2d0f7c11",
        conversation=texts[0].conversation,
        direction="inbound",
        channel="email",
        body="Yes",
        status="received",
        created_at=timezone.now(),
    )
    IncomingEmail.objects.create(
        header_id=names[1], message=theirs, kind="reply", received_at=timezone.now()
    )
    other = Message.objects.create(
        id="7f1d7e0e-6e3f-4c5e-9a53-5b0b2d0f7c12",
        conversation=texts[0].conversation,
        direction="inbound",
        channel="email",
        body="Yes",
        status="received",
        created_at=timezone.now(),
    )
    evil = "<a@b>\r\nBcc: everybody@alder.example"
    IncomingEmail.objects.create(
        header_id=evil, message=other, kind="reply", received_at=timezone.now()
    )
    blocked(people)
    mail_due()
    letter = mailbox.all()[1]
    assert (letter["In-Reply-To"], letter["References"]) == (names[1], " ".join(names))
    assert letter["Bcc"] is None


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (
            "Łukasz 李\nBcc: everybody@alder.example",
            "Łukasz 李 Bcc: everybody@alder.example",
        ),
        ('Maya "M" <x@evil.example>, Alvarez', 'Maya "M" <x@evil.example>, Alvarez'),
        ("\u202eMaya\x07 Alvarez\r\n\r\nbody", "Maya Alvarez body"),
    ],
)
def test_a_name_cannot_write_headers(
    people: Cast, mailbox: MailServer, name: str, shown: str
) -> None:
    text = blocked(people)
    people.maya.name = name
    people.maya.save()
    mail_due()
    [letter] = mailbox.all()
    assert letter["From"].addresses[0].display_name == f"{shown} via Alder College"
    assert [address.addr_spec for address in letter["From"].addresses] == [
        "quadline@localhost"
    ]
    assert letter["Subject"].strip() == f"Message from {shown}"
    assert letter["Bcc"] is None
    assert status(text) == Status.EMAILED


def test_the_longest_text_to_a_student_of_any_name_arrives_whole(
    people: Cast, mailbox: MailServer
) -> None:
    Student.objects.filter(pk=people.nell.pk).update(
        first_name="Ñandú 山田", last_name="O’Brien-Łódź"
    )
    people.nell.refresh_from_db()
    number_row(people.maya)
    body = "\U0001f393x" * 400 + "\n." * 100
    mail = blocked(people, body)
    mail_due()
    plain = words_of(mailbox.all()[0])
    assert "\U0001f393x" * 400 in plain
    assert (status(mail), mail.notice in plain) == (Status.EMAILED, False)


# The mail server refuses, is slow, or is away


def test_a_refusal_for_good_reaches_nobody_and_staff_are_told(
    people: Cast, mailbox: MailServer
) -> None:
    mailbox.refuse_address(people.nell.email, 550)
    text = blocked(people)
    for _ in range(2):
        mail_due()
    told = Conversation.objects.get(pk=text.conversation_id)
    assert (status(text), email_of(text).state, told.needs_reply) == (
        Status.UNREACHED,
        State.FAILED,
        True,
    )
    assert (
        fresh(text).detail
        == "There is no mobile number on file. The email to nell.ito@alder.example"
        " failed: The mail server refused it: 550 no such person here"
    )


@pytest.mark.parametrize("code", [421, 450, 451, 452])
def test_a_refusal_for_now_is_tried_again_later_and_arrives_once(
    people: Cast, mailbox: MailServer, code: int
) -> None:
    mailbox.refuse(code, times=2)
    text, before = blocked(people), timezone.now()
    for tries in (1, 2):
        mail_due()
        email = email_of(text)
        assert (status(text), email.state, email.tries) == (
            Status.BLOCKED,
            State.QUEUED,
            tries,
        )
        assert email.due_at is not None
        assert (
            timedelta(seconds=50) * tries
            <= email.due_at - before
            <= timedelta(minutes=3)
        )
        assert "Trying again automatically." in email.detail
    mail_due()
    assert (status(text), len(mailbox.all()), email_of(text).detail) == (
        Status.EMAILED,
        1,
        "",
    )


def test_one_refused_letter_does_not_keep_the_others(
    people: Cast, mailbox: MailServer
) -> None:
    mailbox.refuse_address(people.nell.email, 451)
    texts = [blocked(people), write(people.maya, people.gus), blocked(people)]
    mail_due()
    assert [status(text) for text in texts] == [
        Status.BLOCKED,
        Status.EMAILED,
        Status.BLOCKED,
    ]


def test_after_an_hour_without_mail_server_everything_goes_out_once(
    people: Cast, mailbox: MailServer
) -> None:
    mailbox.stop()
    with time_machine.travel(NOON, tick=False) as clock:
        texts = [blocked(people), write(people.maya, people.gus), blocked(people)]
        for _ in range(60 * 6):
            email_sender.send_overdue_emails(timestamp=0)
            clock.shift(timedelta(seconds=10))
        assert {status(text) for text in texts} == {Status.BLOCKED}
        assert {email_of(text).tries for text in texts} <= set(range(27, 36))
        mailbox.start()
        for _ in range(3):
            clock.shift(timedelta(minutes=1))
            email_sender.send_overdue_emails(timestamp=0)
    assert {status(text) for text in texts} == {Status.EMAILED}
    assert [
        len(mailbox.to(student.email)) for student in (people.nell, people.gus)
    ] == [2, 1]


def test_after_two_days_without_mail_server_staff_are_told(
    people: Cast, mailbox: MailServer
) -> None:
    mailbox.stop()
    text = blocked(people)
    OutgoingEmail.objects.update(
        created_at=timezone.now() - timedelta(hours=48, seconds=1)
    )
    mail_due()
    assert (status(text), email_of(text).state) == (Status.UNREACHED, State.FAILED)
    assert "The mail server could not be reached." in fresh(text).detail


def test_a_mail_server_that_does_not_answer_is_given_up_after_a_while(
    people: Cast, mailbox: MailServer, settings: Settings
) -> None:
    settings.EMAIL_TIMEOUT = 0.2
    mailbox.slow(1)
    text = blocked(people)
    mail_due()
    assert (status(text), email_of(text).state) == (Status.BLOCKED, State.QUEUED)


def test_without_a_mail_server_no_text_counts_as_emailed(
    people: Cast, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "quadline.emails.unsent.EmailBackend"
    text = blocked(people)
    mail_due()
    assert (status(text), "Email is not set up" in fresh(text).detail) == (
        Status.UNREACHED,
        True,
    )


def test_an_address_nobody_could_write_to_is_final(
    people: Cast, mailbox: MailServer
) -> None:
    text = blocked(people)
    OutgoingEmail.objects.update(to="nell ito\nBcc: everybody@alder.example")
    other = write(people.maya, people.gus)
    mail_due()
    assert (status(text), status(other), len(mailbox.all())) == (
        Status.UNREACHED,
        Status.EMAILED,
        1,
    )


def test_a_letter_that_cannot_be_put_together_does_not_keep_those_behind_it(
    people: Cast, mailbox: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned, other = blocked(people), write(people.maya, people.gus)

    def letter_of(email: OutgoingEmail) -> object:
        if email.message_id == poisoned.pk:
            raise KeyError("a fault of our own")
        return email_content.letter_of(email)

    monkeypatch.setattr(email_sender, "letter_of", letter_of)
    mail_due()
    assert (status(poisoned), email_of(poisoned).state, status(other)) == (
        Status.BLOCKED,
        State.QUEUED,
        Status.EMAILED,
    )


# Workers


def lose_a_worker(*, after_sending: bool) -> None:
    """A worker that claims, perhaps sends, and is gone
    before it writes anything down.
    """
    OutgoingEmail.objects.exclude(due_at=None).update(due_at=timezone.now())
    [claim] = email_sender._claim_due()
    if after_sending:
        outgoing.deliver(email_content.letter_of(claim))
    OutgoingEmail.objects.update(
        taken_at=timezone.now() - EMAIL_LOST_AFTER - timedelta(seconds=1)
    )


def test_a_worker_killed_between_marking_and_mailing_leaves_one_email(
    people: Cast, mailbox: MailServer
) -> None:
    text = blocked(people)
    lose_a_worker(after_sending=False)
    for _ in range(2):
        email_sender.send_overdue_emails(timestamp=0)
    assert (status(text), len(mailbox.all())) == (Status.EMAILED, 1)


def test_a_worker_killed_while_mailing_sends_again_under_the_same_name(
    people: Cast, mailbox: MailServer
) -> None:
    text = blocked(people)
    lose_a_worker(after_sending=True)
    email_sender.send_overdue_emails(timestamp=0)
    assert (status(text), {letter["Message-ID"] for letter in mailbox.all()}) == (
        Status.EMAILED,
        {email_of(text).header_id},
    )


def test_an_email_under_way_is_left_alone(people: Cast, mailbox: MailServer) -> None:
    blocked(people)
    email_sender._claim_due()
    email_sender.send_overdue_emails(timestamp=0)
    assert mailbox.all() == []


def test_a_worker_that_was_paused_does_not_send_what_another_has(
    people: Cast, mailbox: MailServer
) -> None:
    text = blocked(people)
    OutgoingEmail.objects.update(due_at=timezone.now())
    slow = email_sender._claim_due()
    OutgoingEmail.objects.update(
        taken_at=timezone.now() - EMAIL_LOST_AFTER - timedelta(seconds=1)
    )
    email_sender.send_overdue_emails(timestamp=0)
    email_sender._send_batch(slow)
    assert (status(text), len(mailbox.all()), email_of(text).state) == (
        Status.EMAILED,
        1,
        State.SENT,
    )


def test_a_full_batch_calls_for_the_next(
    people: Cast, mailbox: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(email_sender, "EMAIL_BATCH", 2)
    texts = [blocked(people) for _ in range(3)]
    before = len(jobs(email_sender.send_due_emails))
    mail_due()
    assert (len(mailbox.all()), len(jobs(email_sender.send_due_emails)) - before) == (
        2,
        2,
    )
    mail_due()
    assert {status(text) for text in texts} == {Status.EMAILED}


def test_a_batch_that_takes_long_gives_the_rest_back(
    people: Cast, mailbox: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(email_sender, "MAX_BATCH_SECONDS", 0.0)
    text = blocked(people)
    mail_due()
    assert (email_of(text).state, email_of(text).tries, mailbox.all()) == (
        State.QUEUED,
        0,
        [],
    )


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_send_each_email_once(
    committed_people: Cast, mailbox: MailServer
) -> None:
    people = committed_people
    texts = [write(people.maya, student) for student in (people.nell, people.gus) * 8]
    at_once([email_sender.send_due_emails] * 4)
    email_sender.send_due_emails()
    assert {status(text) for text in texts} == {Status.EMAILED}
    assert (
        len(mailbox.all())
        == len({letter["Message-ID"] for letter in mailbox.all()})
        == 16
    )


@pytest.mark.django_db(transaction=True)
def test_no_more_connections_than_the_mail_server_grants(
    committed_people: Cast, mailbox: MailServer, settings: Settings
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"email_connections": 2})
    taken, held = threading.Event(), threading.Event()

    def hold(slot: int) -> None:
        with connections["default"].cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_lock(%s, %s)", [email_sender.CONNECTION_LOCKS, slot]
            )
            taken.set()
            held.wait(10)

    def send_meanwhile() -> None:
        taken.wait(10)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_try_advisory_lock(%s, 1)", [email_sender.CONNECTION_LOCKS]
            )
        text = write(committed_people.maya, committed_people.nell)
        # a worker of its own, for which no connection is left
        at_once([email_sender.send_due_emails])
        assert status(text) == Status.BLOCKED
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_unlock(%s, 1)", [email_sender.CONNECTION_LOCKS]
            )
        at_once([email_sender.send_due_emails])
        assert status(text) == Status.EMAILED
        held.set()

    at_once([lambda: hold(0), send_meanwhile])


# Bounces


def test_an_email_that_comes_back_reaches_nobody_and_staff_are_told_once(
    people: Cast, mailbox: MailServer
) -> None:
    text = blocked(people)
    mail_due()
    assert email_sender.record_bounce(
        email_of(text), words="mailbox full", now=timezone.now()
    )
    assert not email_sender.record_bounce(
        email_of(text), words="mailbox full", now=timezone.now()
    )
    told = Conversation.objects.get(pk=text.conversation_id)
    assert (status(text), email_of(text).state, told.needs_reply) == (
        Status.UNREACHED,
        State.BOUNCED,
        True,
    )
    assert fresh(text).detail.endswith(
        "The email to nell.ito@alder.example came back: mailbox full"
    )


def test_a_bounce_that_is_quicker_than_our_own_note_is_kept(
    people: Cast, mailbox: MailServer
) -> None:
    text = blocked(people)
    OutgoingEmail.objects.update(due_at=timezone.now())
    [claim] = email_sender._claim_due()
    email_sender.record_bounce(email_of(text), words="nobody here", now=timezone.now())
    email_sender._send(claim, None)
    assert (status(text), email_of(text).state, mailbox.all()) == (
        Status.UNREACHED,
        State.BOUNCED,
        [],
    )


def test_an_opt_out_is_undone_by_one_tap_to_that_very_number(
    people: Cast, mailbox: MailServer
) -> None:
    number = number_row(people.maya)
    reply(people.bo.mobile, number.phone, "STOP")
    write(people.maya, people.bo)
    mail_due()
    [letter] = mailbox.to(people.bo.email)
    html = words_of(letter, "html")
    plain = words_of(letter)
    assert f'<a href="sms:{number.phone}?&amp;body=START">' in html
    assert "text the word START to (734) 555-0200 from your phone" in plain
