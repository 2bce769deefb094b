"""Twilio keeps the contract; its own vectors, codes and quirks (reference:
Twilio's documentation, read 2026-11).
"""

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import aiohttp
import pytest
from twilio.request_validator import RequestValidator

from quadline.carriers import registry
from quadline.carriers import twilio as adapter
from quadline.carriers import twilio_setup as setup
from quadline.carriers.protocol import (
    Failure,
    InboundText,
    NumberProblem,
    OwnedNumber,
    ReceiptProgress,
    Refused,
    Remedy,
    SearchArea,
    WebhookCall,
)
from quadline.carriers.tests import NOBODY
from quadline.carriers.tests.contract import CarrierContract, Wire
from quadline.carriers.twilio import Twilio
from quadline.carriers.twilio_answers import number_problem as problem_of
from quadline.carriers.twilio_answers import outcome as outcome_of
from quadline.carriers.twilio_answers import retry_after_seconds as seconds_in
from quadline.carriers.twilio_codes import FAILURES, NUMBER_PROBLEMS, failure
from tests.house import Simulator

PUBLIC = "https://texting.alder.example/webhooks/twilio"
REGISTRATION = "com.twilio.messaging.compliance.number-registration"
FAULTS = {"slow_down": "rate_limit", "cut": "reset"}


class TwilioWire(Wire):
    def __init__(
        self, carrier: Twilio, box: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.carrier: Twilio = carrier
        self.box = box
        self.monkeypatch = monkeypatch

    async def close(self) -> None:
        session = self.carrier._sessions.pop(asyncio.get_running_loop(), None)
        if session:
            await session.close()

    def accepts(self) -> Sequence[Mapping[str, Any]]:
        return self.box.accepts()

    def fail(self, fault: str, **how: Any) -> None:
        if fault == "nobody_listens":
            self.carrier.api_url = NOBODY
            return
        if fault == "pointed_elsewhere":
            self._point_elsewhere(how["phone"])
            return
        if fault == "slow_down":
            how = {"retry_after": how["seconds"]}
        if "code" in how:
            how["code"] = int(how["code"])
        if fault == "accept_then_hang":
            self.monkeypatch.setattr(
                adapter, "SEND_TIMEOUT", aiohttp.ClientTimeout(total=2)
            )
            how = {"seconds": 60}
        self.box.fault(kind=FAULTS.get(fault, fault), times=1, **how)

    def _point_elsewhere(self, phone: str) -> None:
        """As somebody does in Twilio's console."""
        client = self.carrier._library()
        [row] = client.incoming_phone_numbers.list(phone_number=phone)
        row.update(voice_url="https://elsewhere.example/", friendly_name="Main line")

    def signed(
        self, path: str, form: dict[str, str], *, token: str = ""
    ) -> WebhookCall:
        url = f"{PUBLIC}/{path}"
        signature = RequestValidator(
            token or self.carrier.auth_token
        ).compute_signature(url, form)
        return WebhookCall(url, {"x-twilio-signature": signature}, form, b"the form")

    def text_form(self, text: InboundText) -> dict[str, str]:
        return {
            "MessageSid": text.carrier_message_id,
            "From": text.student_phone,
            "To": text.system_phone,
            "Body": text.body,
            "NumMedia": "0",
            "SomethingNew": "of tomorrow",
        }

    def receipt_form(self, sid: str, word: str, code: str = "") -> dict[str, str]:
        return {
            "MessageSid": sid,
            "MessageStatus": word,
            **({"ErrorCode": code} if code else {}),
        }

    def take_token(self, token: str) -> None:
        self.carrier.next_auth_token = token


@pytest.fixture
def wire(twilio: Twilio, box: Simulator, monkeypatch: pytest.MonkeyPatch) -> TwilioWire:
    return TwilioWire(twilio, box, monkeypatch)


class TestTwilio(CarrierContract):
    refusals: ClassVar[dict[str, Failure]] = {
        "21211": Failure.INVALID_NUMBER,
        "21610": Failure.OPTED_OUT,
        "21612": Failure.NO_ROUTE,
        "21614": Failure.LANDLINE,
        "21999": Failure.UNKNOWN,
    }
    not_now: ClassVar[list[str]] = [
        "20003",
        "20404",
        "21408",
        "21606",
        "21611",
        "21617",
        "21701",
        "21703",
        "21704",
        "21705",
        "30024",
        "30034",
        "30035",
    ]
    progress: ClassVar[dict[str, ReceiptProgress | None]] = {
        **dict.fromkeys(
            (
                "queued",
                "accepted",
                "scheduled",
                "sending",
                "receiving",
                "received",
                "partially_delivered",
                "",
                "new",
            )
        ),
        "sent": ReceiptProgress.SENT,
        "delivered": ReceiptProgress.DELIVERED,
        "read": ReceiptProgress.DELIVERED,
        "undelivered": ReceiptProgress.UNDELIVERED,
        "failed": ReceiptProgress.FAILED,
        "canceled": ReceiptProgress.FAILED,
    }

    def test_the_reference_comes_back_in_the_address_of_each_receipt(
        self, wire: Wire, number: OwnedNumber
    ) -> None:
        self.send(wire, number)
        assert (
            wire.accepts()[0]["status_callback"]
            == f"{NOBODY}/webhooks/twilio/status?ref=our-reference"
        )

    def test_the_number_is_named_beside_the_service_so_no_pool_picks_another(
        self, wire: TwilioWire, number: OwnedNumber
    ) -> None:
        self.send(wire, number)
        taken = wire.accepts()[0]
        assert (taken["from"], taken["service"]) == (
            number.phone,
            wire.carrier.messaging_service_sid,
        )


# Signatures


def vector(
    signature: str,
    *,
    url: str = "https://mycompany.com/myapp.php?foo=1&bar=2",
    settings: str = "",
) -> WebhookCall:
    """Twilio's own example."""
    phones = {"Caller": "+14158675309", "From": "+14158675309", "To": "+18005551212"}
    headers = {
        "x-twilio-signature": signature,
        "x-twilio-webhooks-signature-settings": settings,
    }
    return WebhookCall(
        url,
        headers,
        {"CallSid": "CA1234567890ABCDE", "Digits": "1234", **phones},
        b"CallSid=...",
    )


def json_vector(
    raw: bytes,
    *,
    digest: str = "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862",
) -> WebhookCall:
    return WebhookCall(
        f"https://x.example/ev?bodySHA256={digest}",
        {"x-twilio-signature": "gPPHktboq4eSiVSz9jRqfOo1K84="},
        {},
        raw,
    )


SHA1, SHA256 = (
    "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
    "033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s=",
)
BY_SHA256 = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"


@pytest.mark.parametrize(
    ("call", "is_genuine"),
    [
        (vector(SHA1), True),
        (vector(SHA256, settings=BY_SHA256), True),
        (vector(SHA1, url="https://mycompany.com:443/myapp.php?foo=1&bar=2"), True),
        (vector(SHA1, settings=BY_SHA256), False),
        (vector(SHA256), False),
        (vector(SHA1, settings="algorithm=MD5"), False),
        (vector(SHA1, settings="algorithm="), True),  # none named: the old one
        (vector(SHA1, url="https://mycompany.com/myapp.php?bar=2&foo=1"), False),
        (json_vector(b'{"a":1}'), True),
        (json_vector(b'{"a":2}'), False),
        (json_vector(b'{"a":1} '), False),
        (json_vector(b""), False),
        (json_vector(b"\xff\xfe"), False),
        (json_vector(b'{"a":2}', digest=hashlib.sha256(b'{"a":2}').hexdigest()), False),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_twilios_own_vectors_decide_the_same_here(
    twilio: Twilio, call: WebhookCall, is_genuine: bool
) -> None:
    twilio.auth_token = "12345"
    assert twilio.is_genuine(call) is is_genuine


def test_a_signature_that_covers_no_body_vouches_for_none(twilio: Twilio) -> None:
    signature = RequestValidator(twilio.auth_token).compute_signature(
        f"{PUBLIC}/events", {}
    )
    call = WebhookCall(
        f"{PUBLIC}/events", {"x-twilio-signature": signature}, {}, b'[{"forged": true}]'
    )
    assert not twilio.is_genuine(call)


def test_without_any_token_nothing_is_genuine(twilio: Twilio) -> None:
    twilio.auth_token = ""
    signature = RequestValidator("").compute_signature(f"{PUBLIC}/inbound", {"a": "1"})
    assert not twilio.is_genuine(
        WebhookCall(f"{PUBLIC}/inbound", {"x-twilio-signature": signature}, {"a": "1"})
    )


# Codes: docs/reference, table of error classes

REMEDIES: dict[Remedy, str] = {
    Remedy.BAD_NUMBER: "21211 21214 21217 21612 21614 30005 30006",
    Remedy.OPTED_OUT: "21610 30004 30640",
    Remedy.THIS_TEXT: "30007 30011 30019 30036",
    Remedy.LATER: (
        "20429 21611 30001 30003 30008 30017 30022 30023 30024 30035 30046 30410 30450"
        " 30453 30454 30500 30610 63038"
    ),
    Remedy.COLLEGE: (
        "11200 11205 11751 14107 20003 20404 21219 21408 21602 21603 21604 21606 21608"
        " 21617 21620 21623 21701 21702 21703 21704 21705 30002 30010 30032 30033 30034"
        " 30037 30039"
    ),
}


def test_every_code_of_the_table_asks_for_its_remedy_in_words() -> None:
    expected = {
        code: remedy for remedy, codes in REMEDIES.items() for code in codes.split()
    }
    assert {code: failure(code).remedy for code in FAILURES} == expected
    assert all(each.words.endswith(".") for each in Failure)


@pytest.mark.parametrize("code", ["", "0", "99999", "30003 ", "None"])
def test_a_code_nobody_knows_is_unknown(code: str) -> None:
    assert failure(code) is Failure.UNKNOWN


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (201, b'{"sid": "SM1"}', "Accepted"),
        (200, b'{"sid": "SM1"}', "Accepted"),
        (201, b'{"sid": ""}', "Unknown"),
        (201, b"", "Unknown"),
        (204, b"", "Unknown"),
        (301, b"", "Unknown"),
        (400, b'{"code": 21211}', "Refused"),
        (400, b'{"code": 20003}', "Unsent"),
        (400, b"<html>a proxy</html>", "Unknown"),
        (400, b'["code"]', "Unknown"),
        (407, b"", "Unknown"),
        (
            200,
            b'{"code": 20500, "message": "Internal Server Error", "sid": "SM1"}',
            "Unknown",
        ),
        (201, b'{"sid": "PN1"}', "Unknown"),
        (201, b'{"sid": 7}', "Unknown"),
        (400, b'{"code": "blocked"}', "Unknown"),
        (400, b'{"code": true}', "Unknown"),
        (429, b"", "Unknown"),
        (429, b'{"code": 20429}', "Unsent"),
        (500, b'{"code": 20500}', "Unknown"),
        (503, b'{"code": 21211}', "Unknown"),
    ],
)
def test_an_answer_is_final_only_when_it_can_be_nothing_else(
    status: int, body: bytes, kind: str
) -> None:
    outcome = outcome_of(status, body, {})
    assert type(outcome).__name__ == kind
    assert not isinstance(outcome, Refused) or outcome.carrier_code == "21211"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 1.0),
        ("", 1.0),
        ("30", 30.0),
        ("2.5", 2.5),
        ("soon", 1.0),
        ("²", 1.0),
        ("-5", 1.0),
        ("inf", 3600.0),
        ("0", 1.0),
        ("999999999999", 3600.0),
        ("Sat, 21 Oct 2999 07:28:00 GMT", 3600.0),
        ("nan", 1.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 1.0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 1.0),
    ],
)
def test_retry_after_is_read_however_it_is_written(
    header: str | None, seconds: float
) -> None:
    assert seconds_in(header) == seconds


# Numbers


@pytest.mark.parametrize("code", NUMBER_PROBLEMS)
def test_what_an_administrator_must_fix_is_final_and_in_words(code: str) -> None:
    problem = problem_of(400, code)
    assert (problem.is_final, problem.words) == (True, NUMBER_PROBLEMS[code])


@pytest.mark.parametrize(
    ("area", "begins"),
    [
        (SearchArea(area_code="313"), "+1313"),
        (SearchArea(near_phone="+17345550100"), "+1"),
        (SearchArea(region="MI"), "+1"),
    ],
)
def test_numbers_are_looked_for_where_asked(
    twilio: Twilio, box: Simulator, area: SearchArea, begins: str
) -> None:
    found = twilio.search(area)
    assert 0 < len(found) <= 20
    assert all(phone.startswith(begins) for phone in found)
    asked = box.ledger("search")[-1]
    assert (asked["near"], asked["region"]) == (
        area.near_phone or None,
        area.region or None,
    )


def test_an_area_without_numbers_gives_none(twilio: Twilio, box: Simulator) -> None:
    box.fault(kind="search_empty", area_code="734")
    assert list(twilio.search(SearchArea(area_code="734"))) == []


def test_a_bought_number_calls_us_and_bears_our_tag(
    twilio: Twilio, box: Simulator
) -> None:
    owned = twilio.buy(twilio.search(SearchArea(area_code="734"))[0], reference="ref-1")
    row = twilio._library().incoming_phone_numbers(owned.carrier_number_id).fetch()
    assert row.sms_url == f"{NOBODY}/webhooks/twilio/inbound#rc=3&rp=all"
    assert row.voice_url == f"{NOBODY}/webhooks/twilio/voice"
    assert [each["friendly_name"] for each in box.purchases()] == ["quadline ref-1"]


def test_without_a_service_attaching_says_which_setting_is_missing(
    twilio: Twilio,
) -> None:
    owned = twilio.buy(twilio.search(SearchArea(area_code="734"))[0], reference="ref-1")
    twilio.messaging_service_sid = ""
    with pytest.raises(NumberProblem, match="TWILIO_MESSAGING_SERVICE_SID") as problem:
        twilio.attach(owned)
    assert problem.value.is_final


def test_a_carrier_that_cannot_be_reached_is_asked_again(twilio: Twilio) -> None:
    twilio.api_url, twilio._client = NOBODY, None
    with pytest.raises(NumberProblem) as problem:
        twilio.search(SearchArea(area_code="734"))
    assert problem.value.is_final is False


def subscriptions(twilio: Twilio) -> tuple[int, int]:
    events = twilio._library().events.v1
    return len(events.sinks.list()), len(events.subscriptions.list())


def test_connecting_twice_makes_one_sink(twilio: Twilio) -> None:
    first, second = twilio.connect(), twilio.connect()
    assert subscriptions(twilio) == (1, 1)
    assert ("already" in first[1], "already" in second[1]) == (False, True)
    service = (
        twilio._library().messaging.v1.services(twilio.messaging_service_sid).fetch()
    )
    assert (service.inbound_request_url, service.use_inbound_webhook_on_number) == (
        f"{NOBODY}/webhooks/twilio/inbound#rc=3&rp=all",
        False,
    )
    assert service.smart_encoding is False, (
        "the carrier's log must have our words, or a lost answer is not found in it"
    )


def test_a_sink_that_lost_its_subscription_gets_one(twilio: Twilio) -> None:
    setup.open_sink(twilio._ask, f"{NOBODY}/webhooks/twilio/events")
    twilio.connect()
    assert subscriptions(twilio) == (1, 1)


@pytest.mark.parametrize("body", ["error", "page", "object", "another"])
def test_connecting_says_so_only_when_the_carrier_did(
    twilio: Twilio, box: Simulator, body: str
) -> None:
    box.fault(kind="odd_answer", on="services", body=body, times=1)
    with pytest.raises(NumberProblem):
        twilio.connect()
    box.fault(kind="odd_answer", on="events", body=body, times=1)
    with pytest.raises(NumberProblem):
        twilio.connect()


# Registrations


@pytest.mark.parametrize(
    ("ending", "is_registered"),
    [("pending", None), ("successful", True), ("failed", False), ("new", None)],
)
def test_a_registration_is_read(
    twilio: Twilio, ending: str, is_registered: bool | None
) -> None:
    data: dict[str, object] = {
        "phonenumber": "+17345550200",
        "phonenumbersid": "PN1",
        "failurereason": None,
        "more": {},
    }
    events = [
        {"type": f"{REGISTRATION}.{ending}", "id": "EZ1", "data": data},
        {"type": "com.twilio.messaging.message.sent", "id": "EZ2", "data": {}},
        {
            "type": "com.twilio.messaging.compliance.number-deregistration.successful",
            "id": "EZ3",
            "data": data,
        },
    ]
    (read,) = twilio.read_registrations(json.dumps(events).encode())
    assert (read.key, read.phone, read.carrier_number_id) == (
        "EZ1",
        "+17345550200",
        "PN1",
    )
    assert (read.is_registered, read.reason) == (is_registered, "")


@pytest.mark.parametrize(
    ("connect_to", "ending"),
    [
        (
            "+17345550100",
            (
                '<Dial callerId="+17345550200"'
                ' timeout="25"><Number>+17345550100</Number></Dial></Response>'
            ),
        ),
        ("", "<Hangup /></Response>"),
    ],
)
def test_a_call_is_answered_in_words_that_cannot_break_out(
    twilio: Twilio, connect_to: str, ending: str
) -> None:
    answer = twilio.answer_call(
        words="It belongs to <Maya> & co",
        connect_to=connect_to,
        system_phone="+17345550200",
    )
    assert "<Say>It belongs to &lt;Maya&gt; &amp; co</Say>" in answer.body
    assert answer.body.endswith(ending)


def test_a_carrier_we_do_not_have_is_not_found() -> None:
    with pytest.raises(KeyError):
        registry.carrier("pigeon")
