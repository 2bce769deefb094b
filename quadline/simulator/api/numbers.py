"""The AvailablePhoneNumbers and IncomingPhoneNumbers resources."""

from typing import Any

from starlette.responses import Response

from quadline.simulator import areas, buying
from quadline.simulator.api.calls import ApiCall, answer_json, lose_answer, nothing_left
from quadline.simulator.api.dates import rfc2822
from quadline.simulator.api.paging import classic_page, page_number, page_size
from quadline.simulator.errors import Refusal
from quadline.simulator.faults import FaultKind
from quadline.simulator.records import Number

_CAPABILITIES = {"voice": True, "sms": True, "mms": True, "fax": False}


async def search(call: ApiCall) -> Response:
    codes = _codes(call)
    limit = page_size(call)
    found = buying.find_numbers(
        call.carrier,
        codes=codes,
        contains=call.get("Contains"),
        limit=limit,
    )
    call.carrier.ledger.write(
        "search",
        country=call.path["country"],
        area_codes=codes[:5],
        near=call.get("NearNumber") or None,
        region=call.get("InRegion") or None,
        found=len(found),
    )
    shown = [_describe_available(number) for number in found]
    return answer_json(
        classic_page(
            call,
            "available_phone_numbers",
            shown,
            next_token=None,
        )
    )


async def buy(call: ApiCall) -> Response:
    phone_number = call.get("PhoneNumber") or None
    number = buying.buy_number(
        call.carrier,
        phone_number=phone_number,
        area_code=call.get("AreaCode") or None,
        facts=call.facts(buying.CHANGEABLE),
    )
    # The number is bought by now: the client must find it, and not buy another.
    for kind in (FaultKind.PURCHASE_THEN_500, FaultKind.PURCHASE_THEN_HANG):
        if lost := call.carrier.faults.take(
            kind, to=number.phone_number, area_code=number.phone_number[2:5]
        ):
            return await lose_answer(call, lost)
    return answer_json(describe(call, number), 201)


async def index(call: ApiCall) -> Response:
    name = call.get("FriendlyName")
    phone_number = call.get("PhoneNumber")
    found = list(reversed(call.carrier.numbers.values()))
    if name:
        found = [each for each in found if each.friendly_name == name]
    if phone_number:
        found = [
            each for each in found if buying.matches(each.phone_number, phone_number)
        ]
    # In the ledger, so that a test can see that a lost purchase was looked for.
    call.carrier.ledger.write(
        "adopt-list",
        friendly_name=name or None,
        phone_number=phone_number or None,
        found=len(found),
    )
    size = page_size(call)
    start = size * page_number(call)
    end = start + size
    shown = [describe(call, number) for number in found[start:end]]
    token = f"PA{shown[-1]['sid']}" if len(found) > end else None
    return answer_json(
        classic_page(
            call,
            "incoming_phone_numbers",
            shown,
            next_token=token,
        )
    )


async def fetch(call: ApiCall) -> Response:
    number = find(call)
    return answer_json(describe(call, number))


async def change(call: ApiCall) -> Response:
    number = find(call)
    buying.change_number(call.carrier, number, call.facts(buying.CHANGEABLE))
    return answer_json(describe(call, number))


async def release(call: ApiCall) -> Response:
    number = find(call)
    buying.release_number(call.carrier, number)
    for kind in (FaultKind.RELEASE_THEN_500, FaultKind.RELEASE_THEN_HANG):
        if lost := call.carrier.faults.take(kind, to=number.phone_number):
            return await lose_answer(call, lost)
    return nothing_left()


def find(call: ApiCall, sid: str | None = None) -> Number:
    number = call.carrier.numbers.get(sid or call.path["sid"])
    if number is None:
        raise Refusal(
            20404, f"The requested resource {call.request.url.path} was not found"
        )
    return number


def _codes(call: ApiCall) -> list[str]:
    # The narrowest wish wins: one code, those near a number, those of a state, the
    # country.
    if code := call.get("AreaCode"):
        return [code]
    if near := call.get("NearNumber"):
        return areas.codes_near(near)
    if region := call.get("InRegion"):
        return areas.codes_in(region)
    country = call.path["country"]
    codes = areas.NATIONAL if country == "US" else list(areas.AREA_PLACES)
    return [code for code in codes if areas.country_of(code) == country]


def _describe_available(phone_number: str) -> dict[str, Any]:
    code = phone_number[2:5]
    city, region, postal_code = areas.AREA_PLACES.get(code, (None, None, None))
    return {
        "friendly_name": areas.national_format(phone_number),
        "phone_number": phone_number,
        "lata": None,
        "locality": city,
        "rate_center": city.upper() if city else None,
        "latitude": None,
        "longitude": None,
        "region": region,
        "postal_code": postal_code,
        "iso_country": areas.country_of(code),
        "address_requirements": "none",
        "beta": False,
        "capabilities": _CAPABILITIES,
    }


def describe(call: ApiCall, number: Number) -> dict[str, Any]:
    account = call.carrier.options.account_sid
    urls = {name: getattr(number, name) or None for name in sorted(buying.CHANGEABLE)}
    return {
        **urls,
        "sid": number.sid,
        "account_sid": account,
        "phone_number": number.phone_number,
        "api_version": "2010-04-01",
        "voice_caller_id_lookup": False,
        "voice_receive_mode": "voice",
        "voice_application_sid": None,
        "sms_application_sid": None,
        "trunk_sid": None,
        "emergency_status": "Inactive",
        "emergency_address_sid": None,
        "emergency_address_status": "unregistered",
        "address_sid": None,
        "identity_sid": None,
        "bundle_sid": None,
        "address_requirements": "none",
        "beta": False,
        "capabilities": _CAPABILITIES,
        "status": "in-use",
        "origin": "twilio",
        "type": "local",
        "date_created": rfc2822(number.created_at),
        "date_updated": rfc2822(number.updated_at),
        "uri": f"/2010-04-01/Accounts/{account}/IncomingPhoneNumbers/{number.sid}.json",
    }
