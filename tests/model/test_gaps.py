"""Gaps that were found in the promises, and are closed: each of these failed once."""

import inspect
from datetime import timedelta

from django.utils import timezone

from quadline import clock
from quadline.carriers.twilio import Twilio
from quadline.config.schedule import (
    EVERY_10_SECONDS,
    EVERY_15_MINUTES,
    EVERY_MINUTE,
    timetable,
)
from quadline.consent import ledger
from quadline.conversations.rules import Status
from quadline.delivery.models import OutgoingEmail
from quadline.delivery.sending import sender
from quadline.delivery.sending.claiming import claim_batch
from quadline.delivery.tests.acts import (
    due_now,
    mail_due,
    rent,
    run,
    send_due,
    status,
    write,
)
from quadline.numbers.models import SystemNumber
from tests.cast import Cast
from tests.house import Simulator
from tests.mail_server import MailServer


def run_timetable() -> None:
    """What runs automatically within a quarter of an hour."""
    for timed in timetable():
        if timed.cron in (EVERY_10_SECONDS, EVERY_MINUTE, EVERY_15_MINUTES):
            is_async = inspect.iscoroutinefunction(timed.run.func)
            run(timed.run, timestamp=0) if is_async else timed.run(timestamp=0)


def test_a_text_that_did_not_arrive_becomes_an_email_though_the_callback_was_lost(
    people: Cast, box: Simulator, twilio: Twilio, mailbox: MailServer
) -> None:
    rent(people.maya)
    box.fault(kind="unreachable")
    box.fault(kind="callback_lost")
    text = write(people.maya, people.rosa)
    send_due()
    box.fast_forward(hours=24)
    assert [line["status"] for line in box.ledger("status")][-1] == "undelivered"
    type(text).objects.update(sent_at=timezone.now() - timedelta(hours=24))
    for _ in range(2):
        run_timetable()
        due_now()
        mail_due()
    assert status(text) == Status.EMAILED


def test_a_worker_paused_for_longer_than_a_stop_waits_does_not_call(
    people: Cast, box: Simulator, twilio: Twilio
) -> None:
    rent(people.maya)
    write(people.maya, people.rosa)
    claim = claim_batch(limit=1)[0]
    looked_at = clock.monotonic_seconds() - ledger.LOCK_TIMEOUT_MS / 1000
    run(sender._hand_over, claim=claim, looked_at=looked_at)
    assert box.accepts() == []


def test_a_text_that_waited_does_not_leave_for_an_account_that_was_switched_off(
    people: Cast, box: Simulator, twilio: Twilio
) -> None:
    rent(people.maya)
    text = write(people.maya, people.rosa)
    type(people.maya).objects.filter(pk=people.maya.pk).update(is_active=False)
    send_due()
    assert (status(text), box.accepts()) == (Status.QUEUED, [])
    type(text).objects.update(deadline_at=timezone.now())
    SystemNumber.objects.update(active_at=timezone.now() - timedelta(days=2))
    run_timetable()
    assert (status(text), box.accepts(), OutgoingEmail.objects.count()) == (
        Status.BLOCKED,
        [],
        0,
    )
