"""What the tests of this room do again and again, in the words of the room."""

import asyncio
import itertools
import json
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Thread
from typing import Any
from typing import cast as typed

import psycopg
from asgiref.sync import async_to_sync
from django.db import connection, connections
from django.utils import timezone

from quadline.accounts.models import User
from quadline.carriers import registry
from quadline.carriers.protocol import InboundText
from quadline.carriers.twilio import Twilio
from quadline.conversations.models import Message
from quadline.conversations.rules import RANK, Status
from quadline.delivery.failsafe import email_sender
from quadline.delivery.inbound.filing import file_replies
from quadline.delivery.models import Attempt, OutgoingEmail
from quadline.delivery.outbox import accepting
from quadline.delivery.outcomes import reconciliation
from quadline.delivery.sending import sender
from quadline.jobs import SWEEP_LOCKS
from quadline.numbers import activation, provisioning
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState
from quadline.roster.models import Student
from tests.cast import Cast
from tests.house import Simulator

_fresh = itertools.count(1)


def run(job: Callable[..., Any], **arguments: Any) -> Any:
    """Run an asynchronous job here: in this thread, on this thread's connection, so
    inside the test's transaction.
    """

    async def to_the_end() -> Any:
        try:
            return await job(**arguments)
        finally:
            session = typed(Twilio, registry.current_carrier())._sessions.pop(
                asyncio.get_running_loop(), None
            )
            if session:
                await session.close()

    return async_to_sync(to_the_end)()


@contextmanager
def elsewhere_alone(name: str) -> Iterator[None]:
    """Another worker has this sweep under way, until the block ends."""
    with psycopg.connect(
        **connection.get_connection_params(), autocommit=True
    ) as other:
        other.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", [SWEEP_LOCKS, name])
        yield
        # A busy server may notice late that a session was closed, which frees it, too.
        other.execute("SELECT pg_advisory_unlock_all()")


def send_due() -> None:
    run(sender.send_due_texts)


def write(
    author: User,
    student: Student,
    body: str = "Are you free on Monday?",
    *,
    message_id: uuid.UUID | None = None,
) -> Message:
    """However many there were within the minute: a test that writes here means each."""
    return accepting.accept_text(
        author=author,
        student=student,
        message_id=message_id or uuid.uuid4(),
        body=body,
        now=timezone.now(),
        is_meant=True,
    )


def reply(
    student_phone: str,
    system_phone: str,
    body: str,
    *,
    sid: str = "",
    said_at: datetime | None = None,
) -> Message | None:
    """As a webhook brings it; with the carrier's date, as its log does."""
    sid = sid or f"SM{next(_fresh):032d}"
    text = InboundText(sid, student_phone, system_phone, body, said_at)
    [message_id] = file_replies([text], now=timezone.now())
    return Message.objects.get(pk=message_id) if message_id else None


def ago(**long: float) -> datetime:
    return timezone.now() - timedelta(**long)


def number_row(
    user: User, phone: str = "+17345550200", state: NumberState = NumberState.ACTIVE
) -> SystemNumber:
    """A number as it stands in our records only, for what no carrier is asked about."""
    now = timezone.now()
    return SystemNumber.objects.create(
        inbox=user.inbox,
        phone=phone,
        state=state,
        carrier_number_id=f"PN{phone}",
        requested_at=now,
        registering_at=now,
    )


def rent(user: User, *, active: bool = True) -> SystemNumber:
    """A number that is really the college's at the carrier in the box."""
    number = provisioning.request_number(
        inbox=user.inbox, actor=user, now=timezone.now()
    )
    provisioning.provision_number(number_id=number.pk)
    number.refresh_from_db()
    if active:
        activation.activate(number, cause="test", now=timezone.now())
    return number


def outcomes(message: Message) -> list[str]:
    """Of its attempts, in order."""
    return list(message.attempts.order_by("pk").values_list("outcome", flat=True))


def sweep() -> None:
    """Every unknown outcome is looked up now."""
    look_due()
    reconciliation.settle_unknown_attempts(timestamp=0)


def lose_an_answer(
    people: Cast, box: Simulator, kind: str = "accept_then_500"
) -> Message:
    box.fault(kind=kind, times=1)
    text = write(people.maya, people.rosa)
    send_due()
    assert status(text) == Status.UNCONFIRMED
    return text


def due_now() -> None:
    """Time passes until everything that is to be tried again is due."""
    Message.objects.exclude(due_at=None).update(due_at=timezone.now())


def mail_due() -> None:
    """Time passes until every email is due, and those that are leave."""
    OutgoingEmail.objects.exclude(due_at=None).update(due_at=timezone.now())
    email_sender.send_due_emails()


def look_due() -> None:
    """Time passes until every look at the carrier's log is due."""
    Attempt.objects.exclude(next_look_at=None).update(next_look_at=timezone.now())


def fresh(message: Message) -> Message:
    return Message.objects.select_related("conversation", "system_number").get(
        pk=message.pk
    )


def status(message: Message) -> Status:
    return Status(fresh(message).status)


def never_fell(message: Message) -> bool:
    """Whether each change of this text, as its timeline has it, was
    upwards or left it where it was.
    """
    stood = -1
    for event in message.events.order_by("pk"):
        if event.from_status and RANK[Status(event.from_status)] < stood:
            return False
        stood = max(stood, RANK[Status(event.from_status)] if event.from_status else 0)
    return RANK[status(message)] >= stood


def jobs(task: Any) -> list[dict[str, Any]]:
    """The arguments of each job of this kind that waits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT args FROM procrastinate_jobs WHERE task_name = %s AND status ="
            " 'todo' ORDER BY id",
            [task.name],
        )
        return [json.loads(row[0]) for row in cursor.fetchall()]


def at_once(acts: Iterable[Callable[[], Any]]) -> None:
    """Each in a thread and on a connection of its own;
    fails with the first that failed.
    """
    faults: list[BaseException] = []

    def one(act: Callable[[], Any]) -> None:
        try:
            act()
        except BaseException as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    threads = [Thread(target=one, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
