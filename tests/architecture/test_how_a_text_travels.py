"""docs/how-a-text-travels.md against real journeys: each step
was entered, in the page's order.
"""

import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from django.db import connections
from django.urls import reverse

from quadline import jobs
from quadline.carriers.twilio import Twilio
from quadline.conversations.models import Conversation, Message
from quadline.conversations.rules import Direction, Status
from quadline.delivery.tests.acts import rent, send_due
from quadline.numbers.models import SystemNumber
from quadline.webhooks import events
from quadline.webhooks.tests.conftest import Caller
from tests.architecture.conftest import Enter
from tests.architecture.pages import steps
from tests.architecture.source import HOUSE, ROOT
from tests.cast import Cast

PAGE = Path("docs/how-a-text-travels.md")
Trace = list[str]


@contextmanager
def recorded() -> Iterator[Trace]:
    """Every function of ours that is entered meanwhile, in
    this thread and in new ones.
    """
    trace: Trace = []
    ours = str(HOUSE)

    def note(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(ours):
            path = Path(code.co_filename).relative_to(ROOT)
            trace.append(f"{path} {code.co_qualname}")

    before = sys.getprofile()
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield trace
    finally:
        sys.setprofile(before)
        threading.setprofile(None)


def missed(named: Sequence[str], trace: Trace) -> list[str]:
    """The steps that were not entered after the ones before them."""
    left = iter(trace)
    return [step for step in named if step not in left]


class Travelers:
    """Maya, who writes, and Rosa, who answers; each act is recorded."""

    def __init__(self, people: Cast, number: SystemNumber, enter: Enter) -> None:
        self.people, self.number = people, number
        self.browser = enter(people.maya)
        self.carrier = Caller()

    def writes(self, body: str) -> Message:
        conversation, _ = Conversation.objects.get_or_create(
            inbox=self.people.maya.inbox,
            student=self.people.rosa,
            defaults={"last_activity_at": self.number.requested_at},
        )
        message_id = uuid.uuid4()
        form = {"message_id": str(message_id), "channel": "text", "body": body}
        answer = self.browser.post(reverse("send_text", args=[conversation.pk]), form)
        assert answer.status_code in (200, 302)
        return Message.objects.get(pk=message_id)

    def is_told(self, text: Message, news: str, **more: str) -> None:
        path = f"/webhooks/twilio/status?ref={text.pk}"
        sid = Message.objects.get(pk=text.pk).carrier_message_id
        assert (
            self.carrier.post(
                path, {"MessageSid": sid, "MessageStatus": news, **more}
            ).status
            == 200
        )
        events.apply_receipts()

    def answers(self, body: str) -> None:
        form = {
            "MessageSid": f"SM{uuid.uuid4().hex}",
            "From": self.people.rosa.mobile,
            "To": self.number.phone,
            "Body": body,
        }
        assert self.carrier.post("/webhooks/twilio/inbound", form).status == 200


@pytest.fixture
def travelers(
    committed_people: Cast,
    twilio: Twilio,
    enter: Enter,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Travelers]:
    """On rows that other threads see. Threads that were there before are not traced."""
    with ThreadPoolExecutor(1) as new, monkeypatch.context() as patched:
        patched.setitem(jobs.THREAD_OPTIONS, "executor", new)
        yield Travelers(committed_people, rent(committed_people.maya), enter)
        new.submit(connections.close_all).result()


def status_of(message: Message) -> str:
    return Message.objects.get(pk=message.pk).status


def a_text(they: Travelers) -> Trace:
    with recorded() as trace:
        text = they.writes("Are you free on Monday?")
        send_due()
    assert status_of(text) == Status.SENT
    return trace


def its_receipt(they: Travelers) -> Trace:
    text = they.writes("Are you free on Monday?")
    send_due()
    with recorded() as trace:
        they.is_told(text, "delivered")
    assert status_of(text) == Status.DELIVERED
    return trace


def a_receipt_that_says_no(they: Travelers) -> Trace:
    text = they.writes("Are you free on Monday?")
    send_due()
    with recorded() as trace:
        they.is_told(text, "undelivered", ErrorCode="30003")
    assert status_of(text) == Status.UNDELIVERED
    return trace


def a_reply(they: Travelers) -> Trace:
    with recorded() as trace:
        they.answers("Monday is fine.")
    assert (
        Message.objects.filter(
            direction=Direction.INBOUND, body="Monday is fine."
        ).count()
        == 1
    )
    return trace


def a_stop(they: Travelers) -> Trace:
    text = they.writes("Are you free on Monday?")
    with recorded() as trace:
        they.answers("STOP")
    assert status_of(text) == Status.BLOCKED
    return trace


JOURNEYS: dict[str, Callable[[Travelers], Trace]] = {
    "A text": a_text,
    "Its receipt": its_receipt,
    "A receipt that says no": a_receipt_that_says_no,
    "A reply": a_reply,
    "A STOP": a_stop,
}


def test_each_journey_of_the_page_is_one_that_is_traced() -> None:
    assert list(steps(PAGE)) == list(JOURNEYS)


@pytest.mark.parametrize("journey", JOURNEYS)
def test_each_step_of_the_page_is_on_the_way_in_this_order(
    journey: str, travelers: Travelers
) -> None:
    trace = JOURNEYS[journey](travelers)
    assert missed(steps(PAGE)[journey], trace) == []


@pytest.mark.parametrize(
    "named",
    [
        ["quadline/delivery/outbox/accepting.py accept_texts"],
        ["quadline/a.py one", "quadline/a.py three"],
        ["quadline/a.py two", "quadline/a.py one"],
    ],
)
def test_a_step_that_is_not_on_the_way_or_in_another_order_is_missed(
    named: list[str],
) -> None:
    trace = ["quadline/a.py one", "quadline/a.py two"]
    assert missed(named, trace) != []
    assert missed(trace, trace) == []
