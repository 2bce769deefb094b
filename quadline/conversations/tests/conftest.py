"""Conversations of the cast, and one text of Maya's to Rosa."""

import uuid
from datetime import UTC, datetime

import pytest

from quadline.conversations.models import Conversation, Message
from quadline.conversations.opening import open_conversation
from quadline.conversations.rules import Direction, Status
from tests.cast import Cast

NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)


@pytest.fixture
def with_rosa(people: Cast) -> Conversation:
    return open_conversation(inbox=people.maya.inbox, student=people.rosa, now=NOON)


@pytest.fixture
def text(people: Cast, with_rosa: Conversation) -> Message:
    return Message.objects.create(
        id=uuid.uuid4(),
        conversation=with_rosa,
        direction=Direction.OUTBOUND,
        author=people.maya,
        student_phone=people.rosa.mobile,
        body="Are you free on Monday?",
        status=Status.QUEUED,
        created_at=NOON,
    )
