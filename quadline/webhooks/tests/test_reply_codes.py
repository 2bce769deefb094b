"""A code that comes in shows that replies do, and stands in nobody's inbox."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from quadline.carriers.protocol import InboundText
from quadline.carriers.twilio import Twilio
from quadline.conversations.models import Conversation, Message
from quadline.numbers.models import SystemNumber
from quadline.setup import inbound_codes
from quadline.setup.checklist import replies_line
from quadline.setup.models import InboundCode
from quadline.setup.rules import LineState
from quadline.webhooks.events import LOG, READ_FROM, file_inbound
from quadline.webhooks.models import CarrierEvent
from tests.cast import Cast

NUMBER, ADAS_PHONE = "+17342340001", "+17345550160"


@pytest.fixture
def code(people: Cast) -> InboundCode:
    now = timezone.now()
    SystemNumber.objects.create(
        inbox=people.maya.inbox,
        phone=NUMBER,
        state="active",
        requested_at=now,
        active_at=now,
    )
    return inbound_codes.make_code(actor=people.ada, now=now)


def comes_in(carrier: Twilio, body: str, *, to: str = NUMBER, **content: str) -> None:
    text = InboundText(f"SM{uuid.uuid4().hex}", ADAS_PHONE, to, body)
    file_inbound(carrier, text, content)


@pytest.mark.parametrize("to", [NUMBER, "+17342349999"])
def test_a_code_by_webhook_is_noted_and_filed_nowhere(
    code: InboundCode, twilio: Twilio, to: str
) -> None:
    assert replies_line().state is LineState.TODO
    comes_in(twilio, f"quadline {code.code}", to=to)

    assert replies_line().state is LineState.OK
    assert not Message.objects.exists()
    assert not Conversation.objects.exists()
    assert CarrierEvent.objects.get().result == "a code of the setup"


def test_the_same_code_twice_is_no_text_of_a_student(
    code: InboundCode, twilio: Twilio
) -> None:
    comes_in(twilio, f"Quadline {code.code}")
    code.refresh_from_db()
    first = code.heard_at
    comes_in(twilio, f"Quadline {code.code}")
    code.refresh_from_db()

    assert code.heard_at == first
    assert not Message.objects.exists()


def test_any_other_text_is_filed_as_ever(code: InboundCode, twilio: Twilio) -> None:
    wrong = f"{(int(code.code) + 1) % 1_000_000:06}"
    for body in (f"Quadline {wrong}", f"{code.code}", f"Quadline {code.code} ok?"):
        comes_in(twilio, body)

    assert Message.objects.count() == 3
    assert replies_line().state is LineState.TODO


def test_a_code_that_has_run_out_is_a_text(code: InboundCode, twilio: Twilio) -> None:
    InboundCode.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    comes_in(twilio, f"Quadline {code.code}")
    assert Message.objects.count() == 1


def test_a_code_found_in_the_log_says_that_the_webhook_never_came(
    code: InboundCode, twilio: Twilio
) -> None:
    comes_in(twilio, f"Quadline {code.code}", **{READ_FROM: LOG})

    line = replies_line()
    assert line.state is LineState.WRONG
    assert "webhook never came" in line.words
    assert not Message.objects.exists()


def test_a_new_code_ends_the_one_before(
    code: InboundCode, people: Cast, twilio: Twilio
) -> None:
    inbound_codes.make_code(actor=people.ada, now=timezone.now())
    comes_in(twilio, f"Quadline {code.code}")
    assert replies_line().state is LineState.TODO


def test_what_was_heard_at_another_account_says_nothing_of_this_one(
    code: InboundCode, twilio: Twilio
) -> None:
    comes_in(twilio, f"Quadline {code.code}")
    InboundCode.objects.update(place="AC" + "0" * 32)
    assert replies_line().state is LineState.TODO
