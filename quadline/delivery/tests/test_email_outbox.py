"""Accepting an email that staff wrote: once, to somebody with an
address, and its status on the conversation.
"""

import uuid
from functools import partial

import pytest
from django.utils import timezone

from quadline.audit.models import AuditEntry
from quadline.conversations.models import Conversation, Message
from quadline.conversations.rules import Channel, Status
from quadline.delivery.failsafe import email_sender
from quadline.delivery.models import OutgoingEmail
from quadline.delivery.outbox.accepting import cancel_text
from quadline.delivery.outbox.email_outbox import EmailRefused, accept_email
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
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student
from tests.cast import Cast
from tests.mail_server import MailServer, words_of

State = OutgoingEmail.State


def write_email(
    people: Cast,
    subject: str = "Advising",
    body: str = "Hello Rosa",
    *,
    message_id: uuid.UUID | None = None,
    card: bool = False,
) -> Message:
    return accept_email(
        author=people.maya,
        student=people.rosa,
        message_id=message_id or uuid.uuid4(),
        subject=subject,
        body=body,
        now=timezone.now(),
        with_contact_card=card,
    )


def test_an_email_is_on_the_conversation_and_leaves_at_once(
    people: Cast, mailbox: MailServer
) -> None:
    message = write_email(people)
    assert (message.channel, message.status, message.subject) == (
        Channel.EMAIL,
        Status.QUEUED,
        "Advising",
    )
    assert Conversation.objects.get(pk=message.conversation_id).last_message == message
    assert len(jobs(email_sender.send_due_emails)) == 1
    email_sender.send_due_emails()
    [letter] = mailbox.to(people.rosa.email)
    assert (letter["Subject"], words_of(letter).strip(), letter["Auto-Submitted"]) == (
        "Advising",
        "Hello Rosa",
        None,
    )
    assert (status(message), fresh(message).sent_at is not None) == (Status.SENT, True)
    assert list(message.events.values_list("to_status", flat=True)) == [
        Status.QUEUED,
        Status.SENDING,
        Status.SENT,
    ]
    assert (
        AuditEntry.objects.filter(action="email accepted", actor=people.maya).count()
        == 1
    )


def test_it_asks_for_no_number_and_no_consent(people: Cast) -> None:
    number = number_row(people.maya)
    reply(people.rosa.mobile, number.phone, "STOP")
    assert write_email(people).status == Status.QUEUED
    SystemNumber.objects.all().update(state="released")
    write_email(people)
    assert SystemNumber.objects.count() == 1


def test_a_stop_blocks_texts_and_leaves_emails_alone(
    people: Cast, mailbox: MailServer
) -> None:
    number = number_row(people.maya)
    message, text = write_email(people), write(people.maya, people.rosa)
    reply(people.rosa.mobile, number.phone, "STOP")
    mail_due()
    assert (status(message), status(text)) == (Status.SENT, Status.EMAILED)
    assert [letter["Subject"] for letter in mailbox.to(people.rosa.email)] == [
        "Advising",
        "Message from Maya Alvarez",
    ]


def test_merge_fields_are_filled_in_subject_and_body(people: Cast) -> None:
    message = write_email(
        people, "For [Student Name]", "Hi [Student Name], [Your Name]"
    )
    assert (message.subject, message.body) == ("For Rosa", "Hi Rosa, Maya Alvarez")
    with pytest.raises(EmailRefused, match="is not a merge field"):
        write_email(people, "For [Nobody Here]")
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    ("subject", "body", "words"),
    [
        ("", "Hello", "Write a subject first"),
        (" \n\x00", "Hello", "Write a subject first"),
        ("Advising", " \n ", "Write a message first"),
        ("x" * 201, "Hello", "subject is 1 characters over 200"),
        ("Advising", "x" * 20_001, "message is 1 characters over 20,000"),
    ],
)
def test_what_cannot_be_sent_is_refused_and_leaves_nothing(
    people: Cast, subject: str, body: str, words: str
) -> None:
    with pytest.raises(EmailRefused, match=words):
        write_email(people, subject, body)
    assert not Message.objects.exists()
    assert not OutgoingEmail.objects.exists()


def test_without_an_address_the_email_is_refused_in_words(people: Cast) -> None:
    Student.objects.filter(pk=people.rosa.pk).update(email="")
    people.rosa.refresh_from_db()
    with pytest.raises(
        EmailRefused,
        match=r"no email address on file for Rosa Calderón\. Nothing was sent",
    ):
        write_email(people)


def test_who_may_not_text_writes_no_email(people: Cast) -> None:
    with pytest.raises(EmailRefused, match="Your role"):
        accept_email(
            author=people.iris,
            student=people.rosa,
            message_id=uuid.uuid4(),
            subject="Advising",
            body="Hello",
            now=timezone.now(),
        )


def test_a_double_click_is_one_email(people: Cast) -> None:
    clicked = uuid.uuid4()
    assert write_email(people, message_id=clicked) == write_email(
        people, message_id=clicked
    )
    assert (Message.objects.count(), OutgoingEmail.objects.count()) == (1, 1)


def test_an_id_that_was_used_for_a_text_is_refused(people: Cast) -> None:
    used = write(people.maya, people.rosa).pk
    with pytest.raises(EmailRefused, match="already used"):
        write_email(people, message_id=used)


@pytest.mark.django_db(transaction=True)
def test_eight_clicks_at_once_are_one_email(
    committed_people: Cast, mailbox: MailServer
) -> None:
    clicked = uuid.uuid4()
    at_once([partial(write_email, committed_people, message_id=clicked)] * 8)
    at_once([email_sender.send_due_emails] * 3)
    assert (Message.objects.count(), len(mailbox.all())) == (1, 1)


def test_the_contact_card_goes_with_it(people: Cast, mailbox: MailServer) -> None:
    with pytest.raises(EmailRefused, match="no texting number yet"):
        write_email(people, card=True)
    number_row(people.maya)
    write_email(people, card=True)
    mail_due()
    [card] = mailbox.all()[0].iter_attachments()
    assert card.get_filename().endswith(".vcf")  # type: ignore[union-attr]
    assert "+17345550200" in str(card.get_content())


def test_a_subject_cannot_write_headers(people: Cast, mailbox: MailServer) -> None:
    write_email(people, "Advising\r\nBcc: all@alder.example")
    mail_due()
    assert (mailbox.all()[0]["Bcc"], mailbox.all()[0]["Subject"]) == (
        None,
        "Advising Bcc: all@alder.example",
    )


def test_a_refused_email_fails_and_staff_are_told(
    people: Cast, mailbox: MailServer
) -> None:
    mailbox.refuse(550)
    message = write_email(people)
    mail_due()
    assert (
        status(message),
        Conversation.objects.get(pk=message.conversation_id).needs_reply,
    ) == (Status.FAILED, True)
    assert fresh(message).detail.startswith(
        "The email to rosa.calderon@alder.example failed: The mail server refused"
        " it: 550"
    )


def test_while_the_mail_server_is_away_the_message_says_so(
    people: Cast, mailbox: MailServer
) -> None:
    mailbox.stop()
    message = write_email(people)
    mail_due()
    assert (status(message), fresh(message).detail) == (
        Status.SENDING,
        "The mail server could not be reached. Trying again automatically.",
    )
    mailbox.start()
    mail_due()
    assert (status(message), fresh(message).detail) == (Status.SENT, "")


def test_an_email_that_comes_back_is_bounced(people: Cast, mailbox: MailServer) -> None:
    message = write_email(people)
    mail_due()
    email_sender.record_bounce(
        OutgoingEmail.objects.get(), words="no such person", now=timezone.now()
    )
    assert (status(message), OutgoingEmail.objects.get().state) == (
        Status.BOUNCED,
        State.BOUNCED,
    )
    assert Conversation.objects.get(pk=message.conversation_id).needs_reply


def test_an_email_that_was_taken_back_does_not_leave(
    people: Cast, mailbox: MailServer
) -> None:
    message = write_email(people)
    assert cancel_text(message=message, actor=people.maya, now=timezone.now())
    mail_due()
    assert (status(message), OutgoingEmail.objects.get().state, mailbox.all()) == (
        Status.CANCELLED,
        State.DROPPED,
        [],
    )


def test_a_failed_email_gets_no_fail_safe(people: Cast, mailbox: MailServer) -> None:
    mailbox.refuse(550)
    write_email(people)
    mail_due()
    mail_due()
    assert (OutgoingEmail.objects.count(), mailbox.all()) == (1, [])
