"""Every answer has the fields and forms of Twilio's published OpenAPI
(github.com/twilio/twilio-oai, read 2026-11).

A form ending in "?" may be null. An empty string is none of them: the published API has
null there.
"""

import json
import re
from typing import Any

import pytest

from quadline.simulator.options import ACCOUNT_SID
from quadline.simulator.tests.driver import SERVICE, STUDENT, Simulator

ACCOUNT = f"/2010-04-01/Accounts/{ACCOUNT_SID}"
HEX = "[0-9a-fA-F]{32}"
FORMS = {
    "phone": re.compile(r"\+[1-9]\d{6,14}"),
    "url": re.compile(r"https?://\S+"),
    "path": re.compile(r"/\S+"),
    "date": re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000"),
    "moment": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
    "method": re.compile(r"GET|POST"),
    "country": re.compile(r"[A-Z]{2}"),
    "words": re.compile(r".+", re.DOTALL),
    "text": re.compile(r".*", re.DOTALL),
    "digits": re.compile(r"\d+"),
}
KINDS = {"bool": bool, "int": int, "object": dict, "list": list}

CALLBACKS = (
    "sms_url",
    "sms_fallback_url",
    "status_callback",
    "voice_url",
    "voice_fallback_url",
)
METHODS = (
    "sms_method",
    "sms_fallback_method",
    "status_callback_method",
    "voice_method",
    "voice_fallback_method",
)
NUMBER = {
    **dict.fromkeys(CALLBACKS, "url?"),
    **dict.fromkeys(METHODS, "method"),
    "account_sid": "AC",
    "address_sid": "AD?",
    "address_requirements": "words",
    "api_version": "words",
    "beta": "bool",
    "capabilities": "object",
    "date_created": "date",
    "date_updated": "date",
    "friendly_name": "words",
    "identity_sid": "RI?",
    "phone_number": "phone",
    "origin": "words",
    "sid": "PN",
    "sms_application_sid": "AP?",
    "trunk_sid": "TK?",
    "uri": "path",
    "voice_receive_mode": "words",
    "voice_application_sid": "AP?",
    "voice_caller_id_lookup": "bool",
    "emergency_status": "words",
    "emergency_address_sid": "AD?",
    "emergency_address_status": "words",
    "bundle_sid": "BU?",
    "status": "words",
    "type": "words",
}
AVAILABLE = {
    "friendly_name": "words",
    "phone_number": "phone",
    "lata": "digits?",
    "locality": "words?",
    "rate_center": "words?",
    "latitude": "int?",
    "longitude": "int?",
    "region": "words?",
    "postal_code": "words?",
    "iso_country": "country",
    "address_requirements": "words",
    "beta": "bool",
    "capabilities": "object",
}
MESSAGE = {
    "account_sid": "AC",
    "api_version": "words",
    "body": "text",
    "date_created": "date",
    "date_sent": "date?",
    "date_updated": "date",
    "direction": "words",
    "error_code": "int?",
    "error_message": "words?",
    "from": "phone?",
    "messaging_service_sid": "MG?",
    "num_media": "digits",
    "num_segments": "digits",
    "price": "words?",
    "price_unit": "words",
    "sid": "SM",
    "status": "words",
    "subresource_uris": "object",
    "to": "phone",
    "uri": "path",
}
MEMBER = {
    "sid": "PN",
    "account_sid": "AC",
    "service_sid": "MG",
    "date_created": "moment",
    "date_updated": "moment",
    "phone_number": "phone",
    "country_code": "country",
    "capabilities": "list",
    "url": "url",
}
CLASSIC_PAGE = {
    "end": "int",
    "first_page_uri": "path",
    "next_page_uri": "path?",
    "page": "int",
    "page_size": "int",
    "previous_page_uri": "path?",
    "start": "int",
    "uri": "path",
}


def faults(answer: dict[str, Any], shape: dict[str, str]) -> list[str]:
    """What a reader of the published API would refuse, in words."""
    strange = [f"{name}: not published" for name in answer.keys() - shape.keys()]
    missing = [f"{name}: missing" for name in shape.keys() - answer.keys()]
    known = [name for name in shape if name in answer]
    wrong = [
        f"{name}: {answer[name]!r}"
        for name in known
        if not fits(answer[name], shape[name])
    ]
    return strange + missing + wrong


def fits(value: Any, form: str) -> bool:
    if value is None:
        return form.endswith("?")
    form = form.removesuffix("?")
    if form in KINDS:
        return isinstance(value, KINDS[form])
    pattern = FORMS.get(form) or re.compile(f"{form}{HEX}")
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def ask(simulator: Simulator, method: str, path: str, **form: str) -> dict[str, Any]:
    """The answer as it is on the wire: what Twilio's own
    library makes of it hides nulls.
    """
    answer = simulator.client.request(method, f"{simulator.url}{path}", data=form)
    return dict(json.loads(answer.text))


def listed(answer: dict[str, Any], key: str, shape: dict[str, str]) -> list[str]:
    """What is wrong with a page of the 2010 API and its first row."""
    rows = answer.pop(key)
    return faults(answer, CLASSIC_PAGE) + faults(rows[0], shape)


@pytest.fixture
def bought(simulator: Simulator) -> dict[str, Any]:
    return ask(
        simulator, "POST", f"{ACCOUNT}/IncomingPhoneNumbers.json", AreaCode="734"
    )


def test_a_number_just_bought_has_no_empty_addresses(
    simulator: Simulator, bought: dict[str, Any]
) -> None:
    assert faults(bought, NUMBER) == []
    assert {bought[name] for name in CALLBACKS} == {None}
    one = f"{ACCOUNT}/IncomingPhoneNumbers/{bought['sid']}.json"
    assert faults(ask(simulator, "GET", one), NUMBER) == []
    emptied = ask(simulator, "POST", one, SmsUrl="", VoiceUrl="https://x.example/voice")
    assert faults(emptied, NUMBER) == []
    assert (emptied["sms_url"], emptied["voice_url"]) == (
        None,
        "https://x.example/voice",
    )


def test_lists_of_numbers_are_pages(
    simulator: Simulator, bought: dict[str, Any]
) -> None:
    owned = ask(simulator, "GET", f"{ACCOUNT}/IncomingPhoneNumbers.json")
    assert listed(owned, "incoming_phone_numbers", NUMBER) == []
    free = ask(simulator, "GET", f"{ACCOUNT}/AvailablePhoneNumbers/US/Local.json")
    assert listed(free, "available_phone_numbers", AVAILABLE) == []
    assert set(bought["capabilities"]) == {"fax", "mms", "sms", "voice"}


def test_a_member_of_a_service_names_all_three(
    simulator: Simulator, bought: dict[str, Any]
) -> None:
    members = f"/v1/Services/{SERVICE}/PhoneNumbers"
    attached = ask(simulator, "POST", members, PhoneNumberSid=bought["sid"])
    assert faults(attached, MEMBER) == []
    assert faults(ask(simulator, "GET", f"{members}/{bought['sid']}"), MEMBER) == []


@pytest.mark.parametrize("service", [{}, {"MessagingServiceSid": SERVICE}])
def test_a_text_in_every_state_has_the_published_fields(
    simulator: Simulator, advisor_number: str, service: dict[str, str]
) -> None:
    wish = {"To": STUDENT, "From": advisor_number, "Body": "Hi", **service}
    created = ask(simulator, "POST", f"{ACCOUNT}/Messages.json", **wish)
    assert faults(created, MESSAGE) == []
    simulator.text(advisor_number, "ok")
    simulator.final(created["sid"])
    page = ask(simulator, "GET", f"{ACCOUNT}/Messages.json")
    assert [faults(row, MESSAGE) for row in page["messages"]] == [[], []]
    assert listed(page, "messages", MESSAGE) == []


def test_the_form_of_an_address_is_not_an_empty_string() -> None:
    """The reader above refuses what the published API refuses."""
    assert not fits("", "url?")
    assert not fits("", "AP?")
    assert not fits(None, "url")
    assert fits(None, "url?")
