"""Accepting a text: once, with the notice when it is due, and
refused or blocked with the reason.
"""

import uuid
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from quadline.audit.models import AuditEntry
from quadline.consent.rules import REASON_WORDS, Reason
from quadline.conversations.models import Message
from quadline.conversations.rules import Status
from quadline.delivery.outbox.accepting import (
    TextRefused,
    TooManyTexts,
    accept_text,
    cancel_text,
)
from quadline.delivery.sending import sender
from quadline.delivery.tests.acts import at_once, fresh, jobs, number_row, reply, write
from quadline.numbers.models import SystemNumber
from quadline.numbers.provisioning import provision_number
from quadline.numbers.rules import NumberState
from tests.cast import Cast

NOTICE = "This is Maya Alvarez at Alder College. Reply STOP to opt out, HELP for help."


def test_a_double_click_is_one_text(people: Cast) -> None:
    number_row(people.maya)
    clicked = uuid.uuid4()
    first = write(people.maya, people.rosa, "Hello", message_id=clicked)
    second = write(people.maya, people.rosa, "Hello", message_id=clicked)
    assert first == second
    assert Message.objects.count() == 1
    assert len(jobs(sender.send_due_texts)) == 1


def test_the_same_id_from_another_conversation_is_refused(people: Cast) -> None:
    used = write(people.maya, people.rosa).pk
    for author, student in ((people.maya, people.bo), (people.omar, people.rosa)):
        with pytest.raises(TextRefused, match="already used for another text"):
            write(author, student, message_id=used)
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", "Write a message first"),
        (" \n\t ", "Write a message first"),
        ("\u200b\u2060", "Write a message first"),
        ("\x00\ud800", "Write a message first"),
        ("x" * 1601, "Shorten it by 1"),
        ("\U0001f393" * 801, "Shorten it by 2"),
        (
            "x" * (1600 - len(NOTICE) - 1),
            "With the opt-out notice .* 1 characters over 1,600",
        ),
    ],
)
def test_a_body_that_cannot_be_sent_is_refused_and_leaves_nothing(
    people: Cast, body: str, words: str
) -> None:
    with pytest.raises(TextRefused, match=words):
        write(people.maya, people.rosa, body)
    assert not Message.objects.exists()
    assert not SystemNumber.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("\U0001f393", "\U0001f393"),
        ("caf\x00e\u0301 \ud83d\udc4d?\r\n", "café ?"),
        ("x" * (1600 - len(NOTICE) - 2), "x" * (1600 - len(NOTICE) - 2)),
    ],
)
def test_a_body_is_kept_as_a_phone_can_show_it(
    people: Cast, body: str, kept: str
) -> None:
    assert fresh(write(people.maya, people.rosa, body)).text == f"{kept}\n\n{NOTICE}"


def test_who_may_not_text_sends_nothing(people: Cast) -> None:
    people.theo.is_active = False
    for author in (people.iris, people.theo):
        with pytest.raises(TextRefused, match="Your role does not send texts"):
            write(author, people.rosa)
    assert not Message.objects.exists()
    assert not SystemNumber.objects.exists()


@pytest.mark.parametrize(
    ("student", "reason"),
    [("nell", Reason.NO_MOBILE), ("gus", Reason.LANDLINE), ("bo", Reason.OPTED_OUT)],
)
def test_a_text_that_may_not_be_sent_is_blocked_with_the_reason(
    people: Cast, student: str, reason: Reason
) -> None:
    number = number_row(people.maya)
    reply(people.bo.mobile, number.phone, "STOP")
    text = fresh(write(people.maya, getattr(people, student)))
    assert (text.status, text.reason, text.detail) == (
        Status.BLOCKED,
        reason,
        REASON_WORDS[reason],
    )
    assert text.due_at is None
    assert not jobs(sender.send_due_texts)


def test_an_opt_out_of_one_advisor_does_not_block_another(people: Cast) -> None:
    mayas = number_row(people.maya)
    number_row(people.theo, "+17345550201")
    reply(people.bo.mobile, mayas.phone, "STOP")
    assert write(people.maya, people.bo).status == Status.BLOCKED
    assert write(people.theo, people.bo).status == Status.QUEUED


def test_the_first_text_of_a_number_to_a_student_carries_the_notice_once(
    people: Cast,
) -> None:
    number_row(people.maya)
    assert [write(people.maya, people.rosa).notice for _ in range(3)] == [
        NOTICE,
        "",
        "",
    ]
    assert write(people.maya, people.bo).notice == NOTICE
    number_row(people.omar, "+17345550201")
    assert write(people.omar, people.rosa).notice == NOTICE.replace(
        "Maya Alvarez", "Omar Haddad"
    )


def test_the_notice_counts_in_the_segments(people: Cast) -> None:
    number_row(people.maya)
    assert [write(people.maya, people.rosa, "x" * 100).segments for _ in range(2)] == [
        2,
        1,
    ]


def test_a_new_phone_or_a_new_number_gets_the_notice_again(people: Cast) -> None:
    number = number_row(people.maya)
    write(people.maya, people.rosa)
    people.rosa.mobile = "+17345550199"
    people.rosa.save()
    assert write(people.maya, people.rosa).notice
    SystemNumber.objects.filter(pk=number.pk).update(state=NumberState.RELEASED)
    number_row(people.maya, "+17345550202")
    assert write(people.maya, people.rosa).notice


@pytest.mark.parametrize("ended", [Status.FAILED, Status.UNDELIVERED, Status.BLOCKED])
def test_a_notice_that_never_reached_the_student_is_given_again(
    people: Cast, ended: Status
) -> None:
    number_row(people.maya)
    Message.objects.filter(pk=write(people.maya, people.rosa).pk).update(status=ended)
    assert write(people.maya, people.rosa).notice == NOTICE


def test_a_second_waiting_text_carries_no_notice_until_the_first_is_cancelled(
    people: Cast,
) -> None:
    first, second, third = (
        write(people.maya, people.rosa, "x" * 100) for _ in range(3)
    )
    assert [first.notice, second.notice, third.notice] == [NOTICE, "", ""]
    assert cancel_text(message=first, actor=people.maya, now=timezone.now())
    assert [(fresh(text).notice, fresh(text).segments) for text in (second, third)] == [
        (NOTICE, 2),
        ("", 1),
    ]


def test_a_notice_is_passed_only_to_a_text_with_room_for_it(people: Cast) -> None:
    first, full, short = (
        write(people.maya, people.rosa),
        write(people.maya, people.rosa, "x" * 1600),
        write(people.maya, people.rosa),
    )
    cancel_text(message=first, actor=people.maya, now=timezone.now())
    assert [fresh(text).notice for text in (full, short)] == ["", NOTICE]


@pytest.mark.parametrize(
    "status",
    [Status.SENDING, Status.UNCONFIRMED, Status.SENT, Status.DELIVERED, Status.BLOCKED],
)
def test_a_text_on_its_way_cannot_be_taken_back(people: Cast, status: Status) -> None:
    text = write(people.maya, people.rosa)
    Message.objects.filter(pk=text.pk).update(status=status)
    assert not cancel_text(message=text, actor=people.maya, now=timezone.now())
    assert fresh(text).status == status


def test_a_cancelled_text_is_never_due(people: Cast) -> None:
    number_row(people.maya)
    text = write(people.maya, people.rosa)
    assert cancel_text(message=text, actor=people.maya, now=timezone.now())
    assert (fresh(text).status, fresh(text).due_at) == (Status.CANCELLED, None)
    assert text.events.get(to_status=Status.CANCELLED).actor == people.maya


def test_the_first_text_asks_for_a_number_and_waits_for_it(people: Cast) -> None:
    texts = [
        write(people.maya, student) for student in (people.rosa, people.bo, people.rosa)
    ]
    number = SystemNumber.objects.get()
    assert {(text.status, text.reason, text.system_number) for text in texts} == {
        (Status.WAITING, "number", number)
    }
    assert jobs(provision_number) == [{"number_id": number.pk}]
    assert not jobs(sender.send_due_texts)


def test_a_text_in_quiet_hours_waits_for_the_morning(
    people: Cast, settings: Settings
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"quiet_hours": "21:00-08:00"})
    number_row(people.maya)
    # 22:00 and 8:00 in Detroit
    night, morning = (
        datetime(2026, 11, 24, 3, tzinfo=UTC),
        datetime(2026, 11, 24, 13, tzinfo=UTC),
    )
    send = partial(accept_text, author=people.maya, student=people.rosa, body="Hello")
    held = send(message_id=uuid.uuid4(), now=night)
    assert (held.status, held.reason, held.due_at) == (
        Status.WAITING,
        Reason.QUIET_HOURS,
        morning,
    )
    assert send(message_id=uuid.uuid4(), now=morning).status == Status.QUEUED


def test_a_student_who_wrote_tonight_is_answered_tonight(
    people: Cast, settings: Settings
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"quiet_hours": "00:00-23:59"})
    number = number_row(people.maya)
    assert write(people.maya, people.rosa).reason == Reason.QUIET_HOURS
    reply(people.rosa.mobile, number.phone, "Are you there?")
    assert write(people.maya, people.rosa).status == Status.QUEUED


@pytest.mark.django_db(transaction=True)
def test_eight_clicks_at_once_are_one_text_one_number_one_notice(
    committed_people: Cast,
) -> None:
    maya, rosa, clicked = committed_people.maya, committed_people.rosa, uuid.uuid4()
    at_once(
        [partial(write, maya, rosa, message_id=clicked) for _ in range(4)]
        + [partial(write, maya, rosa)] * 4
    )
    assert Message.objects.count() == 5
    assert Message.objects.exclude(notice="").count() == 1
    assert SystemNumber.objects.count() == 1
    assert len(jobs(provision_number)) == 1


@pytest.mark.django_db(transaction=True)
def test_first_texts_to_several_students_at_once_ask_for_one_number(
    committed_people: Cast,
) -> None:
    people = committed_people
    at_once(
        partial(write, people.maya, student)
        for student in (people.rosa, people.bo, people.kim, people.sally)
    )
    number = SystemNumber.objects.get()
    assert set(Message.objects.values_list("system_number", "status")) == {
        (number.pk, Status.WAITING)
    }
    assert jobs(provision_number) == [{"number_id": number.pk}]


def text_at(people: Cast, now: datetime, **more: Any) -> Message:
    named: dict[str, Any] = {
        "author": people.maya,
        "student": people.rosa,
        "body": "Hi",
        "message_id": uuid.uuid4(),
    }
    return accept_text(now=now, **named | more)


def test_sixty_texts_within_three_seconds_are_a_question(people: Cast) -> None:
    now = timezone.now()
    for place in range(20):
        text_at(people, now + timedelta(seconds=place / 20))
    for place in range(20, 60):
        with pytest.raises(TooManyTexts, match="You've sent 20 texts to Rosa"):
            text_at(people, now + timedelta(seconds=place / 20))
    assert Message.objects.count() == 20


def test_who_means_one_more_sends_one_more(people: Cast) -> None:
    now = timezone.now()
    for _ in range(20):
        text_at(people, now)
    text_at(people, now, is_meant=True)
    with pytest.raises(TooManyTexts):
        text_at(people, now)
    assert Message.objects.count() == 21


def test_a_minute_later_nobody_is_asked(people: Cast) -> None:
    now = timezone.now()
    for _ in range(20):
        text_at(people, now)
    assert text_at(people, now + timedelta(seconds=61)).pk


def test_a_text_that_was_accepted_is_no_question_when_it_comes_again(
    people: Cast,
) -> None:
    now, last = timezone.now(), uuid.uuid4()
    for _ in range(19):
        text_at(people, now)
    assert text_at(people, now, message_id=last) == text_at(
        people, now, message_id=last
    )


def test_texts_to_others_and_of_others_do_not_count(people: Cast) -> None:
    now = timezone.now()
    for _ in range(20):
        text_at(people, now)
    assert text_at(people, now, student=people.sally).pk
    assert text_at(people, now, author=people.theo).pk
