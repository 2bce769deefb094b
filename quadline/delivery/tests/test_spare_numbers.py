"""Numbers of the warm pool: a first text leaves at once, and what is said to one that
nobody has yet.
"""

import pytest
from django.utils import timezone
from pytest_django import Settings

from quadline.carriers.protocol import InboundText
from quadline.consent import ledger
from quadline.conversations.models import Message
from quadline.conversations.rules import Status
from quadline.delivery.inbound.filing import file_replies, lock_without_waiting
from quadline.delivery.permission.opt_out_scope import opted_out_in_scope
from quadline.delivery.tests.acts import (
    ago,
    fresh,
    number_row,
    reply,
    send_due,
    status,
    write,
)
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState
from tests.cast import Cast
from tests.house import Simulator

pytestmark = pytest.mark.django_db


def test_a_first_text_leaves_at_once_from_a_spare_number(
    box: Simulator, number: SystemNumber, people: Cast
) -> None:
    SystemNumber.objects.filter(pk=number.pk).update(inbox=None)
    text = write(people.theo, people.rosa)
    assert status(text) == Status.QUEUED
    send_due()
    [accepted] = box.accepts()
    assert accepted["from"] == number.phone


def test_a_stop_to_a_spare_number_counts_for_whoever_gets_it(
    box: Simulator, number: SystemNumber, people: Cast
) -> None:
    SystemNumber.objects.filter(pk=number.pk).update(inbox=None)
    assert reply(people.rosa.mobile, number.phone, "Who is this?") is None
    assert reply(people.rosa.mobile, number.phone, "STOP") is None
    text = write(people.theo, people.rosa)
    send_due()

    assert fresh(text).system_number == number
    assert status(text) == Status.BLOCKED
    assert box.accepts() == []


@pytest.mark.parametrize("body", ["Who is this?", "STOP"])
def test_what_is_said_while_a_first_text_takes_the_number_is_filed(
    box: Simulator,
    number: SystemNumber,
    people: Cast,
    body: str,
) -> None:
    SystemNumber.objects.filter(pk=number.pk).update(inbox=None)
    text = InboundText("SM77", people.rosa.mobile, number.phone, body, None)
    now = timezone.now()
    looked = lock_without_waiting([text], now=now)
    write(people.theo, people.bo)  # takes it, between the look and the filing
    [filed] = file_replies([text], now=now, lookup=looked)

    assert filed is not None
    message = Message.objects.get(pk=filed)
    assert message.conversation.inbox_id == people.theo.inbox.pk
    is_out = ledger.is_opted_out((people.rosa.mobile, number.phone))
    assert is_out == (body == "STOP")


@pytest.mark.parametrize("state", [NumberState.RELEASING, NumberState.RELEASED])
def test_a_stop_to_a_spare_number_counts_even_while_it_is_given_back(
    number: SystemNumber, people: Cast, state: NumberState
) -> None:
    """It may be rented again."""
    SystemNumber.objects.filter(pk=number.pk).update(inbox=None, state=state)
    assert reply(people.rosa.mobile, number.phone, "STOP") is None
    assert ledger.is_opted_out((people.rosa.mobile, number.phone))


def test_a_start_to_a_spare_number_reaches_as_far_as_any(
    number: SystemNumber, people: Cast, settings: Settings
) -> None:
    wide = settings.ENV.model_copy(update={"opt_out_scope": "college"})
    settings.ENV = wide
    SystemNumber.objects.filter(pk=number.pk).update(inbox=None)
    theirs = number_row(people.theo, phone="+17345550299")
    reply(people.rosa.mobile, theirs.phone, "STOP", said_at=ago(hours=2))
    reply(people.rosa.mobile, number.phone, "START", said_at=ago(hours=1))
    assert not opted_out_in_scope([(people.rosa.mobile, theirs.phone)])
    reply(people.rosa.mobile, number.phone, "STOP")
    assert opted_out_in_scope([(people.rosa.mobile, theirs.phone)])
