"""Launching: what leaves is what the review showed, student by student, once."""

import uuid
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from quadline.audit.models import AuditEntry
from quadline.broadcasts.launching import ReviewChanged, launch_broadcast
from quadline.broadcasts.models import Broadcast, Recipient
from quadline.broadcasts.preflight import stored
from quadline.broadcasts.rules import BroadcastRefused, BroadcastState
from quadline.broadcasts.tests.acts import (
    crowd,
    draft,
    email,
    opt_out,
    outcomes,
    reviewed,
    send,
)
from quadline.conversations.models import Conversation, Message, MessageEvent
from quadline.conversations.rules import Status
from quadline.delivery.failsafe import email_sender
from quadline.delivery.models import OutgoingEmail
from quadline.delivery.sending import sender
from quadline.delivery.tests.acts import at_once, jobs, number_row, send_due, write
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState as NumberState
from quadline.roster.models import CaseloadEntry, Student
from tests.cast import Cast
from tests.house import Simulator


def written(broadcast: Broadcast) -> dict[str, Message]:
    """By first name, the message each recipient got."""
    rows = (
        Recipient.objects.filter(broadcast=broadcast)
        .exclude(message=None)
        .select_related("student", "message")
    )
    return {row.student.first_name: row.message for row in rows if row.message}


def test_what_leaves_is_what_the_review_showed(
    people: Cast, rented: SystemNumber, box: Simulator
) -> None:
    opt_out(people.bo, rented)
    Student.objects.filter(pk=people.nell.pk).update(email="")
    broadcast = draft(people.maya)
    made = reviewed(broadcast)
    expected = {
        row.phone: row
        for row in Recipient.objects.filter(broadcast=broadcast, outcome="text")
    }
    send(broadcast)
    send_due()
    assert {each["to"]: each["body"] for each in box.accepts()} == {
        phone: f"{row.body}\n\n{row.notice}" for phone, row in expected.items()
    }
    emails = {
        row.message.conversation.student.first_name: row  # type: ignore[union-attr]
        for row in OutgoingEmail.objects.all()
    }
    assert set(emails) == {"Bo", "Gus"}
    assert {row.to for row in emails.values()} == {people.bo.email, people.gus.email}
    assert all(
        row.is_failsafe and row.state == OutgoingEmail.State.QUEUED
        for row in emails.values()
    )
    assert (made.texts, made.emails, made.nothing) == (1, 2, 1)
    assert "Nell" not in written(broadcast)


def test_a_text_of_a_broadcast_waits_for_its_turn(
    people: Cast, number: SystemNumber
) -> None:
    broadcast = send(draft(people.maya, f"student:{people.rosa.pk}"))
    text = written(broadcast)["Rosa"]
    assert (text.status, text.reason, text.is_bulk, text.channel) == (
        Status.WAITING,
        "turn",
        True,
        "text",
    )
    assert (text.author, text.system_number, text.student_phone) == (
        people.maya,
        number,
        people.rosa.mobile,
    )
    assert text.due_at is not None
    assert text.deadline_at is not None
    assert text.deadline_at > text.due_at
    assert [
        (event.to_status, event.cause, event.actor) for event in text.events.all()
    ] == [("waiting", "written", people.maya)]
    assert (broadcast.state, broadcast.launched_at is not None) == (
        BroadcastState.RUNNING,
        True,
    )
    assert AuditEntry.objects.get(action="broadcast sent").detail == {
        "texts": 1,
        "emails": 0,
        "nothing": 0,
    }
    assert (
        len(jobs(sender.send_due_texts)) == len(jobs(email_sender.send_due_emails)) == 1
    )


def test_only_the_launch_names_messages_and_only_of_those_who_get_something(
    people: Cast, number: SystemNumber
) -> None:
    Student.objects.filter(pk=people.gus.pk).update(email="")  # and only a landline
    broadcast = draft(people.maya)
    reviewed(broadcast)
    message_of = Recipient.objects.filter(broadcast=broadcast).values_list
    assert set(message_of("message", flat=True)) == {None}
    launch_broadcast(
        broadcast,
        actor=people.maya,
        fingerprint=broadcast.fingerprint,
        now=timezone.now(),
    )
    named = dict(message_of("student__first_name", "message"))
    assert named.pop("Gus") is None
    assert named == {name: message.pk for name, message in written(broadcast).items()}


def test_ids_of_messages_begin_with_the_time_and_are_in_the_order_of_the_students(
    people: Cast, number: SystemNumber
) -> None:
    first, second = send(draft(people.maya)), send(draft(people.maya))
    ids = [
        list(
            Recipient.objects.filter(broadcast=broadcast, message__isnull=False)
            .order_by("student")
            .values_list("message_id", flat=True)
        )
        for broadcast in (first, second)
    ]
    assert len(ids[0]) > 1
    assert ids[0] == sorted(ids[0])
    assert not set(ids[0]) & set(ids[1])
    assert first.launched_at
    milliseconds = int(first.launched_at.timestamp() * 1000)
    assert {(each.version, each.variant, each.int >> 80) for each in ids[0]} == {
        (7, uuid.RFC_4122, milliseconds)
    }


def test_one_who_cannot_be_texted_is_blocked_with_the_reason_and_mailed_once(
    people: Cast, number: SystemNumber
) -> None:
    opt_out(people.bo, number)
    text = written(send(draft(people.maya, f"student:{people.bo.pk}")))["Bo"]
    assert (text.status, text.reason, text.due_at) == (
        Status.BLOCKED,
        "opted_out",
        None,
    )
    assert text.detail == "The student has opted out of texts from this number."
    mail = OutgoingEmail.objects.get(message=text)
    assert (mail.is_failsafe, mail.to, str(text.pk) in mail.header_id) == (
        True,
        people.bo.email,
        True,
    )


def test_an_email_to_many_is_one_email_each(people: Cast, number: SystemNumber) -> None:
    broadcast = send(email(people.maya, with_contact_card=True))
    message = written(broadcast)["Rosa"]
    assert (
        message.channel,
        message.status,
        message.subject,
        message.system_number,
    ) == ("email", "queued", "For Rosa", None)
    mails = OutgoingEmail.objects.all()
    assert {mail.to for mail in mails} == {
        each.email for each in (people.rosa, people.bo, people.gus, people.nell)
    }
    assert all(mail.with_contact_card and not mail.is_failsafe for mail in mails)


def test_an_email_asks_for_no_number(people: Cast) -> None:
    send(email(people.maya))
    assert not SystemNumber.objects.exists()


def test_the_number_is_not_introduced_before_it_is_active(people: Cast) -> None:
    for about_it in ({"is_announcement": True}, {"with_contact_card": True}):
        with pytest.raises(BroadcastRefused, match="not active yet"):
            send(email(people.maya, **about_it))
    assert not Message.objects.exists()


def test_a_broadcast_is_no_answer(people: Cast, number: SystemNumber) -> None:
    Conversation.objects.create(
        inbox=people.maya.inbox,
        student=people.rosa,
        last_activity_at=timezone.now(),
        needs_reply=True,
        is_done=True,
        draft="Dear",
    )
    broadcast = send(draft(people.maya))
    conversation = Conversation.objects.get(
        inbox__owner=people.maya, student=people.rosa
    )
    assert (conversation.needs_reply, conversation.is_done, conversation.draft) == (
        True,
        True,
        "Dear",
    )
    assert (conversation.last_message, conversation.last_activity_at) == (
        written(broadcast)["Rosa"],
        broadcast.launched_at,
    )


@pytest.mark.parametrize("has_number", [False, True])
def test_without_an_active_number_the_texts_wait_for_it(
    people: Cast, has_number: bool
) -> None:
    if has_number:
        number_row(people.maya, state=NumberState.REGISTERING)
    broadcast = send(draft(people.maya))
    number = SystemNumber.objects.get(inbox__owner=people.maya)
    text = written(broadcast)["Rosa"]
    assert (text.status, text.reason, text.system_number) == (
        Status.WAITING,
        "number",
        number,
    )


def test_a_stop_after_the_review_shows_the_review_again(
    people: Cast, number: SystemNumber
) -> None:
    broadcast = draft(people.maya)
    reviewed(broadcast)
    looked_at = broadcast.fingerprint
    opt_out(people.bo, number)
    with pytest.raises(ReviewChanged) as changed:
        launch_broadcast(
            broadcast, actor=people.maya, fingerprint=looked_at, now=timezone.now()
        )
    assert (
        broadcast.state,
        Message.objects.exists(),
        OutgoingEmail.objects.exists(),
    ) == (BroadcastState.DRAFT, False, False)
    assert changed.value.review == stored(broadcast)
    assert outcomes(broadcast)["Bo"] == "email:opted_out"
    launch_broadcast(
        broadcast,
        actor=people.maya,
        fingerprint=broadcast.fingerprint,
        now=timezone.now(),
    )
    assert broadcast.state == BroadcastState.RUNNING


def change_caseload(people: Cast) -> None:
    CaseloadEntry.objects.create(staff=people.maya, student=people.kim)


def change_words(people: Cast) -> None:
    Broadcast.objects.update(body="Hi [Student Name], it is on Tuesday. Maya Alvarez")


def change_phone(people: Cast) -> None:
    Student.objects.filter(pk=people.rosa.pk).update(mobile="+17345550199")


def change_name(people: Cast) -> None:
    Student.objects.filter(pk=people.rosa.pk).update(preferred_name="Rosie")


@pytest.mark.parametrize(
    "change", [change_caseload, change_words, change_phone, change_name]
)
def test_whatever_changed_since_the_review_shows_it_again(
    people: Cast, number: SystemNumber, change: object
) -> None:
    broadcast = draft(people.maya)
    reviewed(broadcast)
    change(people)  # type: ignore[operator]
    with pytest.raises(ReviewChanged):
        launch_broadcast(
            broadcast,
            actor=people.maya,
            fingerprint=broadcast.fingerprint,
            now=timezone.now(),
        )
    assert not Message.objects.exists()


def test_an_old_review_of_a_draft_that_was_reviewed_again_does_not_count(
    people: Cast, number: SystemNumber
) -> None:
    broadcast = draft(people.maya)
    reviewed(broadcast)
    looked_at = broadcast.fingerprint
    draft(people.maya, body="Something else. Maya Alvarez", broadcast_id=broadcast.pk)
    with pytest.raises(ReviewChanged):
        launch_broadcast(
            broadcast, actor=people.maya, fingerprint=looked_at, now=timezone.now()
        )


def test_nothing_is_sent_to_nobody(people: Cast, number: SystemNumber) -> None:
    CaseloadEntry.objects.filter(staff=people.maya).delete()
    with pytest.raises(BroadcastRefused, match="Nobody would get anything"):
        send(draft(people.maya))


def test_another_cannot_send_it(people: Cast, number: SystemNumber) -> None:
    broadcast = draft(people.maya)
    reviewed(broadcast)
    for other in (people.omar, people.lena, people.ada):
        with pytest.raises(BroadcastRefused, match="only they can send it"):
            launch_broadcast(
                broadcast,
                actor=other,
                fingerprint=broadcast.fingerprint,
                now=timezone.now(),
            )


def test_sent_again_nothing_happens(people: Cast, number: SystemNumber) -> None:
    broadcast = send(draft(people.maya))
    launch_broadcast(
        broadcast,
        actor=people.maya,
        fingerprint=broadcast.fingerprint,
        now=timezone.now(),
    )
    assert Message.objects.count() == MessageEvent.objects.count() == 4


def test_a_double_click_is_one_launch(committed_people: Cast) -> None:
    people = committed_people
    number_row(people.maya)
    broadcast = draft(people.maya)
    reviewed(broadcast)
    click = partial(
        launch_broadcast,
        actor=people.maya,
        fingerprint=broadcast.fingerprint,
        now=timezone.now(),
    )
    at_once([partial(click, Broadcast.objects.get(pk=broadcast.pk)) for _ in range(4)])
    assert (
        Message.objects.count() == Recipient.objects.exclude(message=None).count() == 4
    )
    assert OutgoingEmail.objects.count() == 2


def test_broadcasts_and_single_texts_at_once_do_not_lock_each_other_out(
    committed_people: Cast,
) -> None:
    people = committed_people
    both = [draft(people.maya), email(people.maya)]
    for broadcast in both:
        reviewed(broadcast)
    singles = [
        partial(write, people.maya, who)
        for who in (people.rosa, people.bo, people.sally)
    ]
    launches = [
        partial(
            launch_broadcast,
            one,
            actor=people.maya,
            fingerprint=one.fingerprint,
            now=timezone.now(),
        )
        for one in both
    ]
    at_once([*launches, *singles])
    assert (Message.objects.count(), SystemNumber.objects.count()) == (11, 1)


def test_a_notice_that_was_given_meanwhile_is_not_given_again(
    people: Cast, number: SystemNumber
) -> None:
    broadcast = draft(people.maya)
    reviewed(broadcast)
    write(people.maya, people.rosa)
    launch_broadcast(
        broadcast,
        actor=people.maya,
        fingerprint=broadcast.fingerprint,
        now=timezone.now(),
    )
    texts = written(broadcast)
    assert (texts["Rosa"].notice, texts["Rosa"].segments, texts["Bo"].notice != "") == (
        "",
        1,
        True,
    )
    review = stored(broadcast)
    assert review is not None
    assert (review.first_contacts, review.total_segments) == (
        1,
        sum(text.segments for text in texts.values()),
    )


def test_many_are_sent_with_as_many_statements_as_few(people: Cast) -> None:
    """What the statements cost: test_work.py."""
    number_row(people.omar, "+17345550201")
    crowd(people.omar, 1_500)
    many = draft(people.omar)
    few = draft(people.omar, f"student:{people.kim.pk}")
    counts = []
    for broadcast in (few, many):
        reviewed(broadcast)
        with CaptureQueriesContext(connection) as asked:
            launch_broadcast(
                broadcast,
                actor=people.omar,
                fingerprint=broadcast.fingerprint,
                now=timezone.now(),
            )
        counts.append(len(asked))
    assert Message.objects.filter(status=Status.WAITING).count() == 1_502
    assert max(counts) < 40
    # of its kind of audience, not of how many they are
    assert counts[1] <= counts[0] + 5
