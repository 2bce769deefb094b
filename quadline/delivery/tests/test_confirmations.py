"""Whether STOP and HELP are answered: read from the log of a carrier in
a box, which answers both automatically.
"""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from quadline.carriers import registry
from quadline.carriers.twilio import Twilio
from quadline.consent.confirmations import (
    WITHIN,
    AskedFor,
    Request,
    Summary,
    faults_in,
    summaries,
)
from quadline.delivery.models import ConfirmationCheck
from quadline.delivery.opting import confirmations
from quadline.delivery.tests.acts import reply
from quadline.numbers.models import SystemNumber
from tests.cast import Cast
from tests.house import Simulator

NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)
GOOD_HELP = "Alder College: for help call (734) 555-0100. Reply STOP to opt out."


def said(box: Simulator, phone: str, number: SystemNumber, body: str) -> None:
    """At the carrier and in our own records, as a webhook would have it."""
    sid = box.text(phone, number.phone, body)["sid"]
    reply(phone, number.phone, body, sid=sid)


def checked() -> dict[str, ConfirmationCheck]:
    confirmations.check_carrier_answers(registry.current_carrier(), now=timezone.now())
    return {check.asked: check for check in ConfirmationCheck.objects.all()}


def test_what_the_carrier_answered_is_seen(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    said(box, people.rosa.mobile, number, "STOP")
    said(box, people.bo.mobile, number, "help")
    found = checked()
    assert {asked: (each.times, each.answered) for asked, each in found.items()} == {
        "stop": (1, 1),
        "help": (1, 1),
    }
    assert found["stop"].wording.startswith("You have successfully been unsubscribed")


def test_a_carrier_whose_handling_is_off_is_found_out(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    box.settings(auto_replies=False)
    said(box, people.rosa.mobile, number, "STOP")
    assert (checked()["stop"].times, checked()["stop"].answered) == (1, 0)
    [(_, amiss)] = confirmations.confirmation_faults()
    assert "1 of 1 STOP replies got no answer" in amiss[0]


def test_a_second_stop_is_no_fault_of_the_carriers(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    for _ in range(2):
        said(box, people.rosa.mobile, number, "STOP")
    assert (checked()["stop"].times, checked()["stop"].answered) == (1, 1)


@pytest.mark.parametrize("body", ["Stop.", "please stop", "help me with my form", "ok"])
def test_what_the_carrier_does_not_act_on_is_not_asked_of_it(
    people: Cast, box: Simulator, number: SystemNumber, body: str
) -> None:
    said(box, people.rosa.mobile, number, body)
    assert checked() == {}


def test_what_nobody_asked_lately_stays_as_it_was_found(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    said(box, people.rosa.mobile, number, "STOP")
    before = checked()["stop"]
    confirmations.check_carrier_answers(
        registry.current_carrier(), now=timezone.now() + timedelta(days=30)
    )
    assert ConfirmationCheck.objects.get().checked_at == before.checked_at


def test_a_log_that_cannot_be_read_changes_nothing(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    said(box, people.rosa.mobile, number, "STOP")
    box.fault(kind="odd_answer", on="messages")
    assert checked() == {}


@pytest.mark.parametrize(
    ("after", "in_time"),
    [(timedelta(), True), (WITHIN, True), (WITHIN + timedelta(seconds=1), False)],
)
def test_an_answer_counts_within_five_minutes(after: timedelta, in_time: bool) -> None:
    request = Request(
        AskedFor.STOP, NOON, "You are unsubscribed. START to resubscribe.", NOON + after
    )
    [summary] = summaries([request, Request(AskedFor.STOP, NOON - timedelta(hours=1))])
    assert (summary.times, summary.answered, summary.last_at) == (2, int(in_time), NOON)


@pytest.mark.parametrize(
    ("asked", "wording", "fault"),
    [
        (AskedFor.STOP, "You are out. Reply START to come back.", None),
        (AskedFor.STOP, "You are out.", "how to opt back in"),
        (AskedFor.HELP, GOOD_HELP, None),
        (AskedFor.HELP, "Reply STOP to unsubscribe.", "does not name Alder College"),
        (AskedFor.HELP, "Alder College: call us.", "how to opt out"),
    ],
)
def test_the_words_of_an_answer_are_looked_at(
    asked: AskedFor, wording: str, fault: str | None
) -> None:
    faults = faults_in(Summary(asked, 1, 1, wording, NOON), college="Alder College")
    assert len(faults) == (1 if fault else 0)
    assert (fault or "") in "".join(faults)


def test_the_doctor_says_what_is_amiss_and_changes_nothing(
    people: Cast, box: Simulator, twilio: Twilio, number: SystemNumber
) -> None:
    said(box, people.rosa.mobile, number, "STOP")
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("doctor", stdout=out)
    assert "check     Set-up at the carrier: Replies go to" in out.getvalue()
    assert "ok        Answer to STOP" in out.getvalue()
    assert "not seen  Answer to HELP" in out.getvalue()

    twilio.connect()
    healthy = StringIO()
    call_command("doctor", stdout=healthy)
    assert "ok        Set-up at the carrier" in healthy.getvalue()
