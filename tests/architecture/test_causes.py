"""Every cause of an event has its words on the timeline, and none of them says that a text was handed over."""

import re

from quadline.consent.rules import Reason
from quadline.conversations.causes import RECEIPT_WORDS, Cause, words_of_event
from quadline.conversations.rules import Status
from quadline.delivery.outcomes.receipts import CLIMBS_TO

LONGEST = 40  # the column's


def test_every_cause_has_its_words() -> None:
    wordless = {cause for cause in Cause if not cause.words}
    assert wordless == {Cause.RECEIPT}
    assert set(RECEIPT_WORDS) == set(CLIMBS_TO.values())
    assert max(map(len, Cause)) <= LONGEST


def test_whatever_consent_refuses_is_a_cause() -> None:
    """Quiet hours and questions only hold a text; the latter may refuse a new one."""
    refusing = set(Reason) - {Reason.QUIET_HOURS}
    assert refusing <= set(map(str, Cause))


def test_only_what_the_carrier_or_the_mail_server_said_is_told_of_them() -> None:
    saying = re.compile(r"\bhas (it|the email)\b|[Hh]anded|[Dd]elivered")
    told = {cause for cause in Cause if saying.search(cause.words)}
    assert told == {Cause.ACCEPTED, Cause.EMAILED}


def test_a_cause_that_is_not_known_has_no_words() -> None:
    assert words_of_event("of another release", Status.SENT) == ""
    assert words_of_event("receipt", Status.DELIVERED) == "Delivered, the network reports"
    assert words_of_event("handed over", Status.SENDING) == "Picked up to be sent"
