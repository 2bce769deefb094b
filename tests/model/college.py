"""One advisor, two students and a carrier, in this process: what
may happen to them, each as one call.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import time_machine
from django.utils import timezone

from quadline import clock
from quadline.carriers.protocol import (
    Failure,
    InboundText,
    OutboundText,
    Receipt,
    ReceiptProgress,
)
from quadline.carriers.twilio import Twilio
from quadline.consent.questions import StopAnswer
from quadline.conversations.models import Conversation, Message
from quadline.delivery.failsafe import email_sender
from quadline.delivery.inbound import stop_start_order
from quadline.delivery.inbound.filing import file_replies
from quadline.delivery.models import OutgoingEmail
from quadline.delivery.opting import requests
from quadline.delivery.outbox import accepting, deadlines
from quadline.delivery.outcomes import (
    missing_receipts,
    receipts,
    reconciliation,
    stuck_texts,
)
from quadline.delivery.tests.acts import send_due
from quadline.numbers import activation, provisioning
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState
from quadline.roster.models import Student
from tests.cast import Cast
from tests.house import Simulator


class PowerCut(BaseException):
    """The worker is gone, in the middle of what it did."""


class College:
    """The clocks of carrier and college move together, and
    only when a test says so.
    """

    def __init__(
        self,
        people: Cast,
        box: Simulator,
        twilio: Twilio,
        clock: time_machine.Traveller,
    ) -> None:
        self.people, self.box, self.twilio, self.clock = people, box, twilio, clock
        self.students = [people.rosa, people.bo]
        self.texts: list[uuid.UUID] = []
        self.said = 0

    def write(self, student: Student, message_id: uuid.UUID | None = None) -> None:
        """A text of its own words; the same id again is the same click."""
        chosen = message_id or uuid.uuid4()
        body = f"Text {len(self.texts)}."
        accepting.accept_text(
            author=self.people.maya,
            student=student,
            message_id=chosen,
            body=body,
            now=timezone.now(),
        )
        if message_id is None:
            self.texts.append(chosen)

    def take_number_further(self) -> None:
        """The worker's part of renting a number, then the
        carrier's news that it is registered.
        """
        for number in SystemNumber.objects.filter(
            state__in=[NumberState.REQUESTED, NumberState.ORDERING]
        ):
            provisioning.provision_number(number_id=number.pk)
        for number in SystemNumber.objects.filter(state=NumberState.REGISTERING):
            activation.activate(number, cause="registered", now=timezone.now())

    def send(self) -> None:
        send_due()

    @contextmanager
    def with_a_wrong_clock(self, by: timedelta) -> Iterator[None]:
        """What runs meanwhile does so on a machine whose clock is
        wrong; the database's is right.
        """
        right_now, right_read = clock.now, clock.read_database_clock
        clock.now = lambda: right_now() - by
        clock.read_database_clock = lambda: right_read() - by
        self.clock.shift(by)
        try:
            yield
        finally:
            self.clock.shift(-by)
            clock.now, clock.read_database_clock = right_now, right_read

    def send_with(self, **fault: Any) -> None:
        self.box.fault(times=1, **fault)
        send_due()
        self.box.clear_faults()

    def send_and_die(self, *, after_call: bool) -> None:
        """A power cut just before or just after the carrier has the first text."""
        carry = self.twilio.send

        async def cut(text: OutboundText) -> Any:
            if after_call:
                await carry(text)
            raise PowerCut

        self.twilio.send = cut  # type: ignore[method-assign]
        try:
            send_due()
        except PowerCut:
            pass
        finally:
            self.twilio.send = carry  # type: ignore[method-assign]

    def sweep(self) -> None:
        reconciliation.settle_unknown_attempts(timestamp=0)
        missing_receipts.look_up_missing_receipts(timestamp=0)
        stop_start_order.settle_pairs_in_doubt(timestamp=0)
        stuck_texts.find_stuck_texts(timestamp=0)
        deadlines.email_overdue_texts(timestamp=0)
        email_sender.send_overdue_emails(timestamp=0)

    def say(self, student: Student, words: str, *, times: int = 1) -> None:
        """A student texts Maya's number; the carrier may tell us more than once."""
        number = self.number
        self.wait(timedelta(seconds=2))  # the carrier dates it in whole seconds
        sid = (
            self.box.text(student.mobile, number.phone, words, webhook_lost=True)["sid"]
            if number
            else None
        )
        if number is None or sid is None:
            return
        self.said += 1
        text = InboundText(sid, student.mobile, number.phone, words)
        for _ in range(times):
            file_replies([text], now=timezone.now())
            stop_start_order.settle_if_in_doubt((student.mobile, number.phone))

    def answer(self, student: Student, answer: str) -> None:
        talk = Conversation.objects.filter(
            inbox__owner=self.people.maya, student=student
        ).first()
        if talk:
            requests.answer_question(
                conversation=talk,
                actor=self.people.maya,
                answer=StopAnswer(answer),
                now=timezone.now(),
            )

    def cancel(self, message_id: uuid.UUID) -> None:
        text = Message.objects.get(pk=message_id)
        accepting.cancel_text(message=text, actor=self.people.maya, now=timezone.now())

    def hear(self, sid: str, progress: ReceiptProgress, *, by_reference: bool) -> None:
        """A receipt for a text the carrier has, in any
        order and any number of times.
        """
        line = next(each for each in self.accepts() if each["sid"] == sid)
        reference = line["status_callback"].partition("ref=")[2] if by_reference else ""
        failure = (
            Failure.UNREACHABLE
            if progress in (ReceiptProgress.UNDELIVERED, ReceiptProgress.FAILED)
            else None
        )
        receipts.apply_receipts_in_order(
            [Receipt(sid, reference, progress, failure, "30003" if failure else "")],
            now=timezone.now(),
        )

    def wait(self, wait: timedelta) -> None:
        self.clock.shift(wait)
        # The carrier's clock runs on its own, too: it is set to ours, not moved as far.
        ahead = (
            timezone.now().timestamp() - self.box.ask("GET", "/simulator/healthz")["at"]
        )
        if ahead > 0:
            self.box.fast_forward(hours=ahead / 3600)

    def accepts(self) -> list[dict[str, Any]]:
        return self.box.accepts()

    @property
    def now(self) -> datetime:
        return timezone.now()

    @property
    def number(self) -> SystemNumber | None:
        return (
            SystemNumber.objects.filter(inbox__owner=self.people.maya)
            .exclude(phone="")
            .first()
        )

    @property
    def mail_to_send(self) -> list[Any]:
        """What has not left yet, and how often it was tried."""
        waiting = OutgoingEmail.objects.filter(state__in=["queued", "sending"])
        return list(waiting.values_list("to", "state", "tries", "detail"))
