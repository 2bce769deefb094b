"""Messaging services and the numbers in them."""

from typing import Any

from starlette.responses import Response

from quadline.simulator import areas, buying
from quadline.simulator.api.calls import ApiCall, answer_json, nothing_left
from quadline.simulator.api.dates import iso8601
from quadline.simulator.api.numbers import find as find_number
from quadline.simulator.api.paging import base_url, modern_page
from quadline.simulator.errors import Refusal
from quadline.simulator.records import Number, SimulatedService, new_sid

_TEXTS = (
    "friendly_name",
    "inbound_request_url",
    "inbound_method",
    "fallback_url",
    "fallback_method",
    "status_callback",
    "usecase",
)
_LONGEST_VALIDITY = 36000  # seconds
_CLAIMS = (
    "use_inbound_webhook_on_number",
    "sticky_sender",
    "smart_encoding",
    "mms_converter",
    "area_code_geomatch",
)


async def create(call: ApiCall) -> Response:
    if not call.get("FriendlyName"):
        raise Refusal(20001, "Missing required parameter FriendlyName in the post body")
    now = call.carrier.clock.now()
    service = SimulatedService(
        sid=new_sid("MG"),
        friendly_name="",
        created_at=now,
        updated_at=now,
        campaign_sid=new_sid("CM"),
    )
    _change(call, service)
    return answer_json(_describe(call, service), 201)


async def index(call: ApiCall) -> Response:
    services = call.carrier.services.values()
    items = (_describe(call, service) for service in services)
    return answer_json(modern_page(call, "services", items))


async def fetch(call: ApiCall) -> Response:
    service = _find(call)
    return answer_json(_describe(call, service))


async def change(call: ApiCall) -> Response:
    service = _find(call)
    _change(call, service)
    return answer_json(_describe(call, service))


async def attach_number(call: ApiCall) -> Response:
    service = _find(call)
    sid = call.get("PhoneNumberSid")
    if sid not in call.carrier.numbers:
        raise Refusal(20404, f"Phone number {sid} was not found")
    number = call.carrier.numbers[sid]
    buying.attach(call.carrier, number, service)
    return answer_json(_describe_member(call, service, number), 201)


async def list_numbers(call: ApiCall) -> Response:
    service = _find(call)
    members = call.carrier.members[service.sid].values()
    items = (_describe_member(call, service, number) for number in members)
    return answer_json(modern_page(call, "phone_numbers", items))


async def fetch_number(call: ApiCall) -> Response:
    service, number = _find_member(call)
    return answer_json(_describe_member(call, service, number))


async def detach_number(call: ApiCall) -> Response:
    _, number = _find_member(call)
    buying.detach(call.carrier, number)
    return nothing_left()


async def list_campaigns(call: ApiCall) -> Response:
    """Every service here has its approved campaign;
    only numbers still have to register.
    """
    service = _find(call)
    campaign = {
        "sid": service.campaign_sid,
        "account_sid": call.carrier.options.account_sid,
        "messaging_service_sid": service.sid,
        "campaign_status": "VERIFIED",
        "campaign_id": "C" + service.campaign_sid[2:8].upper(),
        "us_app_to_person_usecase": "HIGHER_EDUCATION",
        "errors": [],
        "date_created": iso8601(service.created_at),
        "date_updated": iso8601(service.updated_at),
    }
    return answer_json(modern_page(call, "compliance", [campaign]))


def _find(call: ApiCall) -> SimulatedService:
    service = call.carrier.services.get(call.path["service"])
    if service is None:
        raise Refusal(
            20404, f"The requested resource {call.request.url.path} was not found"
        )
    return service


def _find_member(call: ApiCall) -> tuple[SimulatedService, Number]:
    service = _find(call)
    # A number that is rented but not in this service is not found either.
    number = find_number(call)
    if number.service_sid != service.sid:
        raise Refusal(
            20404, f"The requested resource {call.request.url.path} was not found"
        )
    return service, number


def _change(call: ApiCall, service: SimulatedService) -> None:
    for name, value in call.facts(_TEXTS).items():
        is_address = name.endswith(("url", "callback"))
        # An empty address takes the old one away.
        setattr(service, name, None if is_address and not value else value)
    for name, value in call.facts(_CLAIMS).items():
        setattr(service, name, value.lower() == "true")
    period = call.get("ValidityPeriod")
    if period:
        service.validity_period = int(period) if period.isdigit() else _LONGEST_VALIDITY
    service.updated_at = call.carrier.clock.now()
    call.carrier.keep(service)


def _describe(call: ApiCall, service: SimulatedService) -> dict[str, Any]:
    url = f"{base_url(call)}/v1/Services/{service.sid}"
    parts = ("PhoneNumbers", "ShortCodes", "AlphaSenders", "Compliance/Usa2p")
    links = {part.split("/")[0].lower(): f"{url}/{part}" for part in parts}
    return {
        "sid": service.sid,
        "account_sid": call.carrier.options.account_sid,
        **{name: getattr(service, name) for name in (*_TEXTS, *_CLAIMS)},
        "fallback_to_long_code": False,
        "scan_message_content": "inherit",
        "synchronous_validation": False,
        "validity_period": service.validity_period,
        "us_app_to_person_registered": True,
        "date_created": iso8601(service.created_at),
        "date_updated": iso8601(service.updated_at),
        "url": url,
        "links": links,
    }


def _describe_member(
    call: ApiCall,
    service: SimulatedService,
    number: Number,
) -> dict[str, Any]:
    return {
        "sid": number.sid,
        "account_sid": call.carrier.options.account_sid,
        "service_sid": service.sid,
        "phone_number": number.phone_number,
        "country_code": areas.country_of(number.phone_number[2:5]),
        "capabilities": ["SMS", "MMS", "Voice"],
        "date_created": iso8601(number.attached_at or number.created_at),
        "date_updated": iso8601(number.updated_at),
        "url": f"{base_url(call)}/v1/Services/{service.sid}/PhoneNumbers/{number.sid}",
    }
