"""Rooms with something in them, so that every page and state can be
looked at: rows as the acts leave them.
"""

import uuid
from datetime import timedelta

from django.utils import timezone

from quadline.accounts.models import User
from quadline.consent import ledger
from quadline.consent.rules import Change, Source
from quadline.conversations.models import Conversation, Message
from quadline.conversations.opening import open_with_phone
from quadline.conversations.rules import Direction, Status
from quadline.numbers.models import SystemNumber
from tests.cast import Cast
from tests.history import write_history

STRANGER = "+17345550199"


def give_number(
    user: User, phone: str, state: str = "active", reason: str = ""
) -> SystemNumber:
    now = timezone.now()
    reached = (
        "ordering_at",
        "registering_at",
        "attached_at",
        *(["active_at"] if state == "active" else []),
    )
    asked = now - timedelta(hours=3)
    number = SystemNumber(
        inbox=user.inbox,
        phone=phone,
        state=state,
        reason=reason,
        requested_at=asked,
        **dict.fromkeys(reached, asked),
    )
    number.save()
    return number


def furnish(people: Cast) -> dict[str, Conversation]:
    """Maya has an active number and a day behind her, Lena's number failed,
    Omar's is on its way, Theo has none.
    """
    now = timezone.now()
    number = give_number(people.maya, "+17342340001")
    give_number(
        people.lena,
        "",
        "failed",
        "The networks refused to register the number: no campaign.",
    )
    give_number(people.omar, "+17342340003", "registering")
    found = {
        "sally": write_history(
            people.maya, people.sally, count=6, until=now - timedelta(minutes=9)
        ),
        "bo": write_history(
            people.maya, people.bo, count=2, until=now - timedelta(hours=2)
        ),
        "rosa": write_history(
            people.maya, people.rosa, count=1, until=now - timedelta(hours=3)
        ),
        "pending": write_history(
            people.omar, people.kim, count=1, until=now - timedelta(hours=1)
        ),
        "stranger": open_with_phone(inbox=people.maya.inbox, phone=STRANGER, now=now),
    }
    ledger.record_consent(
        pair=(people.bo.mobile, number.phone),
        change=Change.OPT_OUT,
        source=Source.REPLY,
        occurred_at=now,
        keyword="STOP",
    )
    found["rosa"].messages.update(
        status=Status.UNDELIVERED, detail="Phone switched off or out of reach."
    )
    found["pending"].messages.update(status=Status.WAITING, reason="number")
    hears(found["stranger"], "hey is this the advising office?")
    Conversation.objects.filter(pk=found["sally"].pk).update(
        unread_count=1, needs_reply=True
    )
    return found


def hears(conversation: Conversation, words: str) -> Message:
    """A reply that came in."""
    message = Message.objects.create(
        id=uuid.uuid4(),
        conversation=conversation,
        direction=Direction.INBOUND,
        student_phone=conversation.student_phone,
        body=words,
        segments=1,
        status=Status.RECEIVED,
        created_at=timezone.now(),
    )
    Conversation.objects.filter(pk=conversation.pk).update(
        last_message=message, last_activity_at=message.created_at
    )
    return message
