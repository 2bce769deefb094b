"""What a broadcast costs does not depend on the database's statistics,
which a launch's own rows are not in.
"""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from quadline.broadcasts import preflight, results
from quadline.broadcasts.finishing import follow_once
from quadline.broadcasts.launching import launch_broadcast
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.pausing import pause_sending, resume_sending, stop_rest
from quadline.broadcasts.tests.acts import crowd, draft, email, opt_out, reviewed, send
from quadline.conversations.models import Conversation, Message
from quadline.conversations.rules import Status
from quadline.delivery.tests.acts import number_row
from quadline.roster.models import Student
from tests.cast import Cast
from tests.work import measured

MANY = 300
# Rows of all steps of one statement, for each recipient. One that compares each with
# each has 300 at least.
FEW = 30


@pytest.fixture
def college(people: Cast) -> Cast:
    """Omar has many students; every third has opted out,
    and shares the phone of nobody.
    """
    crowd(people.omar, MANY)
    number = number_row(people.omar, "+17345550201")
    for student in Student.objects.filter(last_name="Crowd").order_by("pk")[:MANY:30]:
        opt_out(student, number)
    return people


def launch_it(broadcast: Broadcast) -> Broadcast:
    return launch_broadcast(
        broadcast,
        actor=broadcast.author,
        fingerprint=broadcast.fingerprint,
        now=timezone.now(),
    )


def costs(act: Callable[[], Any]) -> list[tuple[int, str]]:
    with measured() as work:
        act()
    assert work.statements
    return work.more_than(FEW * MANY)


@pytest.mark.parametrize("kind", [draft, email])
def test_reviewing(college: Cast, kind: Callable[..., Broadcast]) -> None:
    broadcast = kind(college.omar)
    assert costs(partial(reviewed, broadcast)) == []
    assert costs(partial(reviewed, broadcast)) == []


@pytest.mark.parametrize("kind", [draft, email])
def test_launching(college: Cast, kind: Callable[..., Broadcast]) -> None:
    broadcast = kind(college.omar)
    reviewed(broadcast)
    assert costs(partial(launch_it, broadcast)) == []
    assert Message.objects.count() == MANY + 1


def test_launching_again(college: Cast) -> None:
    send(draft(college.omar))
    broadcast = draft(college.omar)
    reviewed(broadcast)
    assert costs(partial(launch_it, broadcast)) == []


def test_a_launch_with_new_notices(college: Cast) -> None:
    broadcast, other = draft(college.omar), draft(college.omar)
    reviewed(broadcast)
    send(other)
    assert costs(partial(launch_it, broadcast)) == []


def steer(broadcast: Broadcast, act: Callable[..., Any]) -> Callable[[], Any]:
    return partial(act, broadcast, actor=broadcast.author, now=timezone.now())


def test_pausing_resuming_and_stopping(college: Cast) -> None:
    broadcast = send(draft(college.omar))
    for act in (pause_sending, resume_sending, stop_rest):
        assert costs(steer(broadcast, act)) == [], act


def test_following(college: Cast, settings: Settings) -> None:
    send(draft(college.omar))
    assert costs(partial(follow_once, timezone.now())) == []
    settings.ENV = settings.ENV.model_copy(update={"quiet_hours": "21:00-08:00"})
    night = datetime(2027, 11, 24, 4, 0, tzinfo=UTC)
    assert costs(partial(follow_once, night)) == []
    assert Message.objects.filter(reason="quiet_hours").exists()


def test_following_one_that_waited_for_its_number(college: Cast) -> None:
    send(draft(college.omar))
    Message.objects.filter(status=Status.WAITING).update(reason="number")
    assert costs(partial(follow_once, timezone.now())) == []
    assert Message.objects.filter(reason="turn").exists()


def answered(broadcast: Broadcast) -> None:
    """All were sent, and everybody wrote back."""
    now = timezone.now()
    Message.objects.filter(status=Status.WAITING).update(
        status=Status.SENT, sent_at=now, due_at=None
    )
    chats = list(Conversation.objects.all())
    Conversation.objects.update(last_inbound_at=now + timedelta(hours=1))
    Message.objects.bulk_create(
        Message(
            conversation=chat,
            id=uuid.uuid4(),
            direction="inbound",
            channel="text",
            body="Yes",
            status="received",
            created_at=now + timedelta(hours=1),
        )
        for chat in chats
    )


def everything_on_its_page(broadcast: Broadcast) -> None:
    results.progress_of(broadcast, timezone.now())
    for status in ("", "replied", "opted_out", "sent", "blocked"):
        list(results.recipient_results(broadcast, status, limit=50))
        list(results.recipient_results(broadcast, status))
    list(results.not_replied(broadcast))


def test_results(college: Cast) -> None:
    broadcast = send(draft(college.omar))
    answered(broadcast)
    assert costs(partial(everything_on_its_page, broadcast)) == []


def test_lists_of_a_review(college: Cast) -> None:
    broadcast = draft(college.omar)
    reviewed(broadcast)
    Broadcast.objects.get().recipients.filter(outcome="text").update(
        phone="+17345550199"
    )

    def lists() -> None:
        list(preflight.recipients_with(broadcast, outcome="text"))
        list(preflight.sharing_phones(broadcast))
        list(preflight.recipients_with(broadcast)[:50])

    assert costs(lists) == []


def test_retrying(college: Cast) -> None:
    broadcast = send(draft(college.omar))
    failed = Message.objects.filter(status=Status.WAITING)
    failed.update(status=Status.FAILED, reason="unreachable", due_at=None)
    assert costs(partial(results.may_be_retried, broadcast)) == []
    assert costs(steer(broadcast, results.retry_failed)) == []
    assert Message.objects.filter(status=Status.WAITING).exists()
