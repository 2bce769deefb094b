"""A text that waits too long goes as an email, and none does that a
person holds or the carrier may have.
"""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from quadline.conversations.models import Message
from quadline.conversations.rules import Status, WaitingFor
from quadline.delivery.outbox.deadlines import email_overdue_texts
from quadline.delivery.sending.claiming import claim_batch
from quadline.delivery.tests.acts import (
    fresh,
    mail_due,
    number_row,
    send_due,
    status,
    write,
)
from quadline.numbers.models import SystemNumber
from tests.cast import Cast
from tests.house import Simulator
from tests.mail_server import MailServer


@pytest.fixture
def waiting(people: Cast) -> Message:
    return write(people.maya, people.rosa)  # for the number


@pytest.mark.parametrize(
    "reason", [WaitingFor.NUMBER, WaitingFor.QUIET_HOURS, WaitingFor.TURN, ""]
)
def test_a_text_that_waited_too_long_goes_as_an_email(
    people: Cast, waiting: Message, mailbox: MailServer, reason: str
) -> None:
    email_overdue_texts(timestamp=0)
    assert status(waiting) == Status.WAITING
    Message.objects.update(reason=reason, deadline_at=timezone.now())
    for _ in range(2):
        email_overdue_texts(timestamp=0)
        mail_due()
    assert (status(waiting), fresh(waiting).detail) == (
        Status.EMAILED,
        "Your number was not active in time.",
    )
    assert len(mailbox.to(people.rosa.email)) == 1


@pytest.mark.parametrize("reason", [WaitingFor.PAUSED, WaitingFor.QUESTION])
def test_a_text_that_a_person_holds_has_no_deadline(
    waiting: Message, reason: str
) -> None:
    Message.objects.update(reason=reason, deadline_at=timezone.now())
    email_overdue_texts(timestamp=0)
    assert status(waiting) == Status.WAITING


def test_a_text_the_carrier_may_have_has_no_deadline(people: Cast) -> None:
    number_row(people.maya)
    text = write(people.maya, people.rosa)
    claim_batch(limit=1)
    for in_doubt in (Status.SENDING, Status.UNCONFIRMED):
        Message.objects.update(status=in_doubt, deadline_at=timezone.now())
        email_overdue_texts(timestamp=0)
        assert status(text) == in_doubt


def test_what_waited_for_a_number_has_time_once_the_number_is_active(
    people: Cast, waiting: Message
) -> None:
    Message.objects.update(deadline_at=timezone.now())
    numbers = SystemNumber.objects.all()
    numbers.update(
        state="active",
        phone="+17345550200",
        active_at=timezone.now() - timedelta(hours=3, minutes=59),
    )
    email_overdue_texts(timestamp=0)
    assert status(waiting) == Status.WAITING
    numbers.update(active_at=timezone.now() - timedelta(hours=4))
    email_overdue_texts(timestamp=0)
    assert (status(waiting), fresh(waiting).detail) == (
        Status.BLOCKED,
        "It couldn’t be sent in time.",
    )


def test_a_deadline_counts_from_when_a_text_could_leave(
    people: Cast, settings: Settings
) -> None:
    waits = write(people.maya, people.rosa)
    assert waits.deadline_at == waits.created_at + timedelta(hours=24)
    SystemNumber.objects.update(state="active", phone="+17345550200")
    assert (
        text := write(people.maya, people.rosa)
    ).deadline_at == text.created_at + timedelta(hours=4)
    settings.ENV = settings.ENV.model_copy(
        update={"quiet_hours": "00:00-23:59", "failsafe_hours": 6}
    )
    held = write(people.maya, people.rosa)
    assert held.due_at is not None
    assert (held.reason, held.deadline_at) == (
        WaitingFor.QUIET_HOURS,
        held.due_at + timedelta(hours=6),
    )


def test_quiet_hours_at_the_last_look_put_the_deadline_off(
    people: Cast, box: Simulator, number: SystemNumber, settings: Settings
) -> None:
    text = write(people.maya, people.rosa)
    settings.ENV = settings.ENV.model_copy(update={"quiet_hours": "00:00-23:59"})
    send_due()
    text = fresh(text)
    assert text.due_at is not None
    assert (box.accepts(), text.deadline_at) == ([], text.due_at + timedelta(hours=4))
