"""Replies join their conversations, many at once as they do one by
one, in the order in which they came.
"""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread

import psycopg
import pytest
from django.db import OperationalError, connection, connections, transaction

from quadline.conversations.models import Conversation, Message, MessageEvent
from quadline.conversations.opening import open_conversation
from quadline.conversations.receiving import Reply, receive
from quadline.conversations.rules import Channel, Direction, Status
from quadline.conversations.tests.conftest import NOON
from quadline.live.notifications import CHANNEL, notify_each
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def reply(conversation: Conversation, body: str, at: datetime = NOON) -> Reply:
    return Reply(
        id=uuid.uuid4(),
        conversation_id=conversation.pk,
        channel=Channel.TEXT,
        body=body,
        created_at=at,
    )


def bodies(conversation: Conversation) -> list[str]:
    return list(conversation.messages.in_order().values_list("body", flat=True))


def test_many_at_once_stand_in_the_order_in_which_they_came(
    people: Cast, with_rosa: Conversation
) -> None:
    with_bo = open_conversation(inbox=people.maya.inbox, student=people.bo, now=NOON)
    came = [
        reply(
            (with_bo, with_rosa)[place % 2], str(place), NOON + timedelta(seconds=place)
        )
        for place in range(7)
    ]
    assert receive(came) == {each.id for each in came}

    with_rosa.refresh_from_db()
    assert (bodies(with_bo), bodies(with_rosa)) == (
        ["0", "2", "4", "6"],
        ["1", "3", "5"],
    )
    assert (
        with_rosa.unread_count,
        with_rosa.last_message_id,
        with_rosa.last_inbound_at,
    ) == (3, came[5].id, came[5].created_at)
    assert list(Message.objects.in_order().values_list("pk", flat=True)) == [
        each.id for each in came
    ]


def test_what_comes_late_takes_the_conversation_nowhere_back(
    with_rosa: Conversation,
) -> None:
    """It is news, and unread; but it is not their last word, and the
    conversation does not sink in the list.
    """
    receive([reply(with_rosa, "new", NOON)])
    late = reply(with_rosa, "late", NOON - timedelta(hours=9))
    receive([late])

    with_rosa.refresh_from_db()
    assert (with_rosa.last_inbound_at, with_rosa.last_activity_at) == (NOON, NOON)
    assert (with_rosa.last_message_id, with_rosa.unread_count) == (late.id, 2)


def test_each_has_one_event_and_the_fields_of_a_reply(with_rosa: Conversation) -> None:
    given = reply(with_rosa, "Yes")
    receive([given])

    message = Message.objects.get()
    assert (message.pk, message.direction, message.status, message.is_bulk) == (
        given.id,
        Direction.INBOUND,
        Status.RECEIVED,
        False,
    )
    event = MessageEvent.objects.get()
    assert (event.message, event.at, event.to_status, event.cause) == (
        message,
        NOON,
        Status.RECEIVED,
        "reply",
    )


def test_the_same_again_is_nothing_new(with_rosa: Conversation) -> None:
    first, second = reply(with_rosa, "one"), reply(with_rosa, "two")
    receive([first])
    Conversation.objects.update(unread_count=0)

    assert receive([first, second]) == {second.id}
    assert receive([first, second]) == set()
    assert (Conversation.objects.get().unread_count, MessageEvent.objects.count()) == (
        1,
        2,
    )


@contextmanager
def at_work_in(conversation: Conversation) -> Iterator[Event]:
    """Somebody else writes in it, from a connection of their own, until
    the block ends or the event is set.
    """
    begun, done = Event(), Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                Conversation.objects.select_for_update(no_key=True).get(
                    pk=conversation.pk
                )
                begun.set()
                done.wait(10)
                receive([reply(conversation, "theirs")])
        finally:
            connections.close_all()

    other = Thread(target=hold)
    other.start()
    try:
        assert begun.wait(10)
        yield done
    finally:
        done.set()
        other.join()


@pytest.mark.django_db(transaction=True)
def test_many_wait_for_nobody_and_one_waits_its_turn(
    people: Cast, with_rosa: Conversation
) -> None:
    with_bo = open_conversation(inbox=people.maya.inbox, student=people.bo, now=NOON)
    ours = reply(with_rosa, "ours")
    with at_work_in(with_rosa) as done:
        with pytest.raises(OperationalError), transaction.atomic():
            receive([ours, reply(with_bo, "ours too")])
        receive([reply(with_bo, "alone")])
        done.set()
        receive([ours])

    assert (bodies(with_rosa), bodies(with_bo)) == (["theirs", "ours"], ["alone"])
    with_rosa.refresh_from_db()
    assert (with_rosa.unread_count, with_rosa.last_message_id) == (2, ours.id)


@pytest.mark.django_db(transaction=True)
def test_the_screens_are_told_of_each_new_one_when_it_commits(
    people: Cast, with_rosa: Conversation
) -> None:
    with_bo = open_conversation(inbox=people.theo.inbox, student=people.bo, now=NOON)
    known = reply(with_rosa, "known")
    receive([known])
    with psycopg.connect(
        **connection.get_connection_params(), autocommit=True
    ) as listener:
        listener.execute(f"LISTEN {CHANNEL}")
        receive([known, reply(with_rosa, "new"), reply(with_bo, "new")])
        notify_each([(people.maya.pk, f"conv-{with_rosa.pk}")])
        told = [
            json.loads(news.payload)
            for news in listener.notifies(timeout=120, stop_after=2)
        ]
    to_maya = [[people.maya.pk, f"conv-{with_rosa.pk}"], [people.maya.pk, "inbox"]]
    to_theo = [[people.theo.pk, f"conv-{with_bo.pk}"], [people.theo.pk, "inbox"]]
    assert told == [sorted(to_maya + to_theo), to_maya]
