"""One act moves a status: with its event, once per piece of
news, and told to whose screen it is.
"""

import json
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from quadline.conversations.causes import Cause
from quadline.conversations.models import Conversation, Message, MessageEvent
from quadline.conversations.rules import Pending, Status, WaitingFor
from quadline.conversations.statuses import climb, give_up, wait
from quadline.conversations.tests.conftest import NOON
from quadline.live.notifications import CHANNEL
from tests.cast import Cast

Counting = Callable[[int], AbstractContextManager[object]]
pytestmark = pytest.mark.django_db


def test_every_climb_leaves_an_event_that_says_what_when_why_and_by_whom(
    text: Message, people: Cast
) -> None:
    later = NOON + timedelta(minutes=1)

    assert climb([text], Status.SENDING, cause=Cause.HANDED_OVER, now=NOON)
    assert climb([text], Status.SENT, cause=Cause.ACCEPTED, now=later, key="SM1-sent")
    assert climb(
        [text],
        Status.UNDELIVERED,
        cause=Cause.RECEIPT,
        now=later,
        key="SM1-undelivered",
        event_code="30003",
    )
    assert climb(
        [text], Status.EMAILED, cause=Cause.EMAILED, now=later, actor=people.maya
    )
    events = MessageEvent.objects.filter(message=text).values_list(
        "from_status", "to_status", "cause", "carrier_code", "actor"
    )
    assert list(events) == [
        ("queued", "sending", "handed over", "", None),
        ("sending", "sent", "accepted", "", None),
        ("sent", "undelivered", "receipt", "30003", None),
        ("undelivered", "emailed", "emailed", "", people.maya.pk),
    ]
    assert text.status == Status.EMAILED


def test_the_same_news_twice_is_one_event(text: Message) -> None:
    assert climb(
        [text], Status.SENT, cause=Cause.RECEIPT, now=NOON, key="SM1-sent", detail="one"
    )
    assert not climb(
        [text], Status.SENT, cause=Cause.RECEIPT, now=NOON, key="SM1-sent", detail="two"
    )

    assert text.detail == "one"
    assert MessageEvent.objects.count() == 1


def test_late_news_is_kept_on_the_timeline_and_moves_nothing(text: Message) -> None:
    climb([text], Status.DELIVERED, cause=Cause.RECEIPT, now=NOON, key="SM1-delivered")

    assert not climb(
        [text],
        Status.SENT,
        cause=Cause.RECEIPT,
        now=NOON,
        key="SM1-sent",
        detail="never written",
    )
    assert (text.status, text.detail) == (Status.DELIVERED, "")
    assert list(MessageEvent.objects.values_list("to_status", flat=True)) == [
        "delivered",
        "sent",
    ]


def test_an_act_without_a_key_that_comes_too_late_leaves_nothing(text: Message) -> None:
    climb([text], Status.SENT, cause=Cause.ACCEPTED, now=NOON)

    assert not climb([text], Status.QUEUED, cause=Cause.WRITTEN, now=NOON)
    text.refresh_from_db()
    assert (text.status, text.due_at) == (Status.SENT, None)
    assert MessageEvent.objects.count() == 1


def test_a_copy_that_was_read_before_does_not_climb_from_where_it_was(
    text: Message,
) -> None:
    stale = Message.objects.get(pk=text.pk)
    climb([text], Status.DELIVERED, cause=Cause.RECEIPT, now=NOON)

    assert not climb([stale], Status.SENT, cause=Cause.ACCEPTED, now=NOON)
    text.refresh_from_db()
    assert (text.status, text.due_at) == (Status.DELIVERED, None)


def test_fields_change_together_with_the_status(text: Message) -> None:
    climb(
        [text],
        Status.FAILED,
        cause=Cause.REFUSED,
        now=NOON,
        reason="landline",
        detail="A landline.",
        carrier_code="21614",
    )

    text.refresh_from_db()
    assert (text.reason, text.detail, text.carrier_code) == (
        "landline",
        "A landline.",
        "21614",
    )


def test_the_database_itself_keeps_the_same_news_from_being_two_events(
    text: Message,
) -> None:
    event = {
        "message": text,
        "at": NOON,
        "to_status": "sent",
        "cause": "receipt",
        "key": "SM1-sent",
    }
    MessageEvent.objects.create(**event)

    with pytest.raises(IntegrityError), transaction.atomic():
        MessageEvent.objects.create(**event)


@pytest.mark.django_db(transaction=True)
def test_a_climb_is_told_to_the_staff_user_when_it_commits(
    text: Message, with_rosa: Conversation, people: Cast
) -> None:
    with psycopg.connect(
        **connection.get_connection_params(), autocommit=True
    ) as listener:
        listener.execute(f"LISTEN {CHANNEL}")
        with transaction.atomic():
            climb([text], Status.SENDING, cause=Cause.HANDED_OVER, now=NOON)
            assert list(listener.notifies(timeout=0)) == []
        told = [
            json.loads(news.payload)
            for news in listener.notifies(timeout=120, stop_after=1)
        ]
    assert told == [
        [[people.maya.pk, f"conv-{with_rosa.pk}"], [people.maya.pk, "inbox"]]
    ]


def test_many_climb_in_one_statement_each_that_may(
    text: Message,
    people: Cast,
    with_rosa: Conversation,
    django_assert_num_queries: Counting,
) -> None:
    later = Message.objects.create(
        id=uuid.uuid4(),
        conversation=with_rosa,
        direction="outbound",
        body="Later",
        status=Status.DELIVERED,
        created_at=NOON,
    )
    with django_assert_num_queries(2):  # and one look brings both up to date
        climbed = climb([text, later], Status.SENT, cause=Cause.ACCEPTED, now=NOON)

    assert climbed == {text.pk}
    assert (text.status, later.status) == (Status.SENT, Status.DELIVERED)
    assert list(MessageEvent.objects.values_list("message", "to_status")) == [
        (text.pk, "sent")
    ]


def test_what_is_over_does_not_wait(text: Message) -> None:
    climb([text], Status.DELIVERED, cause=Cause.RECEIPT, now=NOON)
    wait([text.pk], Pending(WaitingFor.QUESTION), now=NOON, cause=Cause.QUESTION)
    text.refresh_from_db()

    assert (text.status, text.reason) == (Status.DELIVERED, "")
    assert not MessageEvent.objects.filter(cause=Cause.QUESTION).exists()


def test_a_deadline_only_moves_back(text: Message) -> None:
    for hours, stands in ((4, 4), (9, 9), (6, 9)):
        until = Pending("", NOON, deadline_at=NOON + timedelta(hours=hours))
        wait({text.pk: until}, now=NOON)
        text.refresh_from_db()
        assert text.deadline_at == NOON + timedelta(hours=stands)


def test_a_detail_that_is_too_long_is_cut(text: Message) -> None:
    climb([text], Status.FAILED, cause=Cause.REFUSED, now=NOON, detail="x" * 299)
    give_up([text], words="and more", cause=Cause.EMAIL_FAILED, now=NOON)

    assert (text.status, len(text.detail)) == (Status.UNREACHED, 300)
