"""What Twilio makes of a reply automatically, and how it learns
of opt-outs that no reply told.
"""

from datetime import UTC, datetime, timedelta

import pytest

from quadline.carriers.protocol import (
    KeywordWish,
    NumberProblem,
    OwnedNumber,
    Refused,
    SearchArea,
)
from quadline.carriers.tests import NOBODY
from quadline.carriers.tests.contract import CarrierContract
from quadline.carriers.tests.test_twilio import TwilioWire
from quadline.carriers.twilio import Twilio
from tests.house import Simulator

STUDENT = "+17345550141"
NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)


@pytest.fixture
def number(twilio: Twilio) -> OwnedNumber:
    owned = twilio.buy(
        twilio.search(SearchArea(area_code="734"))[0], reference="fixture"
    )
    twilio.attach(owned)
    return owned


def push(twilio: Twilio, number: OwnedNumber) -> bool:
    return twilio.push_opt_out(
        system_phone=number.phone, student_phone=STUDENT, at=NOON
    )


@pytest.mark.parametrize(
    ("body", "wish"),
    [
        ("STOP", KeywordWish.STOP),
        (" stop\n", KeywordWish.STOP),
        ("Revoke", KeywordWish.STOP),
        ("Yes", KeywordWish.START),
        ("unstop", KeywordWish.START),
        ("Stop.", None),
        ("STOP please", None),
        ("START!", None),
        ("HELP", None),
        ("", None),
    ],
)
def test_one_word_and_nothing_else_is_a_wish(
    twilio: Twilio, body: str, wish: KeywordWish | None
) -> None:
    assert twilio.wish_in(body) is wish


def test_who_was_told_of_is_refused_from_that_number(
    twilio: Twilio, box: Simulator, number: OwnedNumber, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert push(twilio, number)
    assert push(twilio, number), "twice is once"
    assert [(each["phone"], each["scope"]) for each in box.ledger("opt_out")] == [
        (STUDENT, number.phone)
    ]
    assert isinstance(
        CarrierContract().send(
            TwilioWire(twilio, box, monkeypatch), number, to=STUDENT
        ),
        Refused,
    )


@pytest.mark.parametrize("code", [20403, 20404])
def test_an_account_that_may_not_tell_says_so(
    twilio: Twilio, box: Simulator, number: OwnedNumber, code: int
) -> None:
    box.fault(kind="refuse", on="consents", code=code)
    assert push(twilio, number) is False


def test_an_item_that_is_not_taken_says_so(twilio: Twilio) -> None:
    assert push(twilio, OwnedNumber("+17345550000", "PN1")) is False


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "refuse", "code": 20429},
        {"kind": "refuse", "code": 20500},
        {"kind": "reset"},
    ],
)
def test_what_may_work_later_is_tried_later(
    twilio: Twilio, box: Simulator, number: OwnedNumber, fault: dict[str, object]
) -> None:
    box.fault(on="consents", **fault)
    with pytest.raises(NumberProblem):
        push(twilio, number)


@pytest.mark.parametrize("body", ["error", "page", "half", "object", "empty"])
def test_an_answer_that_is_none_is_asked_for_again(
    twilio: Twilio, box: Simulator, number: OwnedNumber, body: str
) -> None:
    box.fault(kind="odd_answer", on="consents", body=body, times=1)
    with pytest.raises(NumberProblem):
        push(twilio, number)


def test_nobody_listening_is_tried_later(twilio: Twilio, number: OwnedNumber) -> None:
    twilio.accounts_url = NOBODY
    twilio._client = None
    with pytest.raises(NumberProblem):
        push(twilio, number)


def test_the_log_of_one_number_has_only_what_it_got(
    twilio: Twilio, box: Simulator, number: OwnedNumber
) -> None:
    other = twilio.buy(twilio.search(SearchArea(area_code="734"))[0], reference="other")
    twilio.attach(other)
    for to, body in (
        (number.phone, "STOP"),
        (other.phone, "hello"),
        (number.phone, "ok"),
    ):
        box.text(STUDENT, to, body)
    since = datetime.now(UTC) - timedelta(hours=1)

    assert [
        text.body
        for text in twilio.received_texts(since=since, system_phone=number.phone)
    ] == ["STOP", "ok"]
    assert len(twilio.received_texts(since=since)) == 3


def test_the_texts_of_a_pair_are_dated_by_when_the_carrier_got_them(
    twilio: Twilio, box: Simulator, number: OwnedNumber
) -> None:
    box.settings(log_clock_ahead=-3600)
    for body in ("STOP", "START"):
        box.text(STUDENT, number.phone, body, webhook_lost=True)
        box.fast_forward(hours=2 / 3600)
    box.text("+17345550142", number.phone, "somebody else", webhook_lost=True)
    stop, start = twilio.texts_between(student_phone=STUDENT, system_phone=number.phone)

    assert (stop.body, start.body) == ("STOP", "START")
    assert stop.sent_at
    assert start.sent_at
    assert 2 <= (start.sent_at - stop.sent_at).total_seconds() <= 4
    assert stop.sent_at < datetime.now(UTC) - timedelta(minutes=59)
    assert twilio.received_text(start.carrier_message_id) == start
    assert twilio.received_text("SM" + "0" * 32) is None


def test_a_text_of_ours_is_no_reply(
    twilio: Twilio, box: Simulator, number: OwnedNumber
) -> None:
    # which the carrier answers automatically
    box.text(STUDENT, number.phone, "HELP", webhook_lost=True)
    rows = twilio._library().messages.list(to=STUDENT)

    assert rows
    assert twilio.received_text(rows[0].sid) is None


@pytest.mark.parametrize(
    "fault", [{"kind": "list_rate_limit"}, {"kind": "reset", "on": "messages"}]
)
def test_a_pair_whose_log_cannot_be_read_is_no_empty_one(
    twilio: Twilio, box: Simulator, number: OwnedNumber, fault: dict[str, str]
) -> None:
    box.fault(times=1, **fault)
    with pytest.raises(NumberProblem):
        twilio.texts_between(student_phone=STUDENT, system_phone=number.phone)
