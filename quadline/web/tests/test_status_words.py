"""What the log says of each end a message can come to."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from quadline.conversations.models import Conversation, Message, MessageEvent
from quadline.conversations.opening import open_conversation
from quadline.conversations.rules import Channel, Direction, Status
from quadline.delivery.models import OutgoingEmail
from quadline.web.inbox.log import Acts, Bubble, bubbles_of
from tests.cast import Cast


@pytest.fixture
def talk(people: Cast) -> Conversation:
    return open_conversation(
        inbox=people.maya.inbox, student=people.rosa, now=timezone.now()
    )


def written(
    talk: Conversation,
    status: str,
    *,
    channel: str = Channel.TEXT,
    mail: str = "",
    reason: str = "",
) -> Message:
    message = Message.objects.create(
        id=uuid.uuid4(),
        conversation=talk,
        direction=Direction.OUTBOUND,
        channel=channel,
        author=talk.inbox.owner,
        body="Hello",
        status=status,
        reason=reason,
        created_at=timezone.now() - timedelta(hours=2),
    )
    if mail:
        failsafe = channel == Channel.TEXT
        values = {
            "to": "rosa@alder.example",
            "header_id": str(message.pk),
            "created_at": timezone.now(),
        }
        OutgoingEmail.objects.create(
            message=message, is_failsafe=failsafe, state=mail, **values
        )
    return message


def shown(message: Message) -> Bubble:
    [bubble] = bubbles_of([message], acts=Acts.ALL)
    return bubble


@pytest.mark.parametrize(
    ("status", "channel", "mail", "reason", "words"),
    [
        ("queued", "email", "queued", "", "Sending"),
        ("sending", "email", "sending", "", "Sending"),
        ("sent", "email", "sent", "", "Sent"),
        ("bounced", "email", "bounced", "", "Bounced"),
        ("failed", "email", "failed", "", "Not delivered"),
        ("failed", "text", "queued", "", "Being sent as email"),
        ("blocked", "text", "sending", "", "Being sent as email"),
        ("emailed", "text", "sent", "", "Sent as email instead"),
        ("unreached", "text", "bounced", "", "Not delivered, by text or email"),
        ("delivered", "text", "dropped", "", "Delivered"),
        ("waiting", "text", "", "number", "Waiting for your number"),
        ("waiting", "text", "", "turn", "Waiting for its turn"),
        ("queued", "text", "", "tomorrow", "Waiting for its turn"),
        ("queued", "text", "", "quiet_hours", "Waiting"),
        ("sending", "text", "", "question", "Held: did they ask to stop?"),
        ("waiting", "text", "", "paused", "Paused"),
        ("waiting", "text", "", "question", "Held: did they ask to stop?"),
    ],
)
def test_each_end_has_its_words(
    talk: Conversation, status: str, channel: str, mail: str, reason: str, words: str
) -> None:
    assert (
        shown(
            written(talk, status, channel=channel, mail=mail, reason=reason)
        ).status_words
        == words
    )


@pytest.mark.parametrize(
    ("status", "channel", "mail", "may"),
    [
        ("waiting", "text", "", True),
        ("unconfirmed", "text", "", True),
        ("failed", "text", "", True),
        ("undelivered", "text", "", True),
        ("blocked", "text", "", True),
        ("blocked", "text", "queued", False),
        ("emailed", "text", "sent", False),
        ("sent", "text", "", False),
        ("delivered", "text", "", False),
        ("cancelled", "text", "", False),
        ("failed", "email", "failed", False),
    ],
)
def test_email_is_offered_where_a_text_is_stuck_and_none_was_written(
    talk: Conversation, status: str, channel: str, mail: str, may: bool
) -> None:
    assert shown(written(talk, status, channel=channel, mail=mail)).can_email is may


def test_email_is_not_offered_without_an_address(talk: Conversation) -> None:
    assert talk.student is not None
    talk.student.email = ""

    assert not shown(written(talk, "failed")).can_email


def test_a_text_that_went_as_email_is_dated_by_the_email(talk: Conversation) -> None:
    message = written(talk, "emailed", mail="sent")
    emailed_at = timezone.now() - timedelta(minutes=5)
    MessageEvent.objects.create(
        message=message, at=emailed_at, to_status=Status.EMAILED, cause="emailed"
    )

    assert shown(message).status_at == emailed_at
    assert shown(written(talk, "delivered")).status_at < emailed_at


def test_a_text_that_arrived_after_its_email_says_so_on_the_timeline(
    talk: Conversation,
) -> None:
    message = written(talk, "emailed", mail="sent")
    MessageEvent.objects.create(
        message=message,
        at=timezone.now(),
        from_status="emailed",
        to_status="delivered",
        cause="receipt",
        key="late",
    )
    bubble = shown(message)

    assert (
        bubble.timeline[-1].words
        == "Arrived late: delivered, the network reports, after it had gone as email"
    )
    assert bubble.status_words == "Sent as email instead"


def test_while_an_email_is_on_its_way_the_text_is_not_sent_again(
    talk: Conversation,
) -> None:
    assert not shown(written(talk, "failed", mail="queued")).can_retry
    assert shown(written(talk, "failed")).can_retry


def test_a_text_above_the_daily_cap_says_why_it_waits_until_it_is_due(
    talk: Conversation,
) -> None:
    message = written(talk, "queued", reason="tomorrow")
    message.due_at = timezone.now() + timedelta(hours=9)
    assert (
        shown(message).status_words
        == "Waiting until tomorrow: the college’s texts for today are used up"
    )
