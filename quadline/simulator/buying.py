"""AccountFinding, buying, attaching and releasing numbers."""

import re
from collections.abc import Iterator
from dataclasses import fields
from itertools import islice

from quadline.simulator import areas, registration
from quadline.simulator.carrier import SimulatedCarrier
from quadline.simulator.errors import Refusal
from quadline.simulator.faults import FaultKind
from quadline.simulator.records import Number, SimulatedService, new_sid

POOL_LIMIT = 400  # numbers in one Messaging Service, as at Twilio
_MAGIC = "+1500555"  # Twilio's test numbers begin so
_URLS = frozenset(
    each.name for each in fields(Number) if each.name.endswith(("_url", "_method"))
)
CHANGEABLE = _URLS | {"friendly_name", "status_callback", "status_callback_method"}


def find_numbers(
    carrier: SimulatedCarrier,
    *,
    codes: list[str],
    contains: str = "",
    limit: int = 50,
) -> list[str]:
    """Free numbers in these area codes, in turn."""
    found: list[str] = []
    for code in codes:
        if areas.is_area_code(code) and not _is_empty(carrier, code):
            free = _free(carrier, code)
            wanted = (number for number in free if matches(number, contains))
            found += islice(wanted, limit - len(found))
        if len(found) >= limit:
            break
    return found


def buy_number(
    carrier: SimulatedCarrier,
    *,
    phone_number: str | None,
    area_code: str | None,
    facts: dict[str, str],
) -> Number:
    if not phone_number and not area_code:
        raise Refusal(21421, "PhoneNumber or AreaCode is required.")
    if carrier.faults.take(
        FaultKind.SOMEONE_TOOK_IT,
        to=phone_number,
        area_code=_code_of(phone_number, area_code),
    ):
        raise Refusal(21422, f"{phone_number or area_code} is not available.")
    if phone_number:
        chosen = _check(carrier, phone_number)
    else:
        chosen = _pick(carrier, area_code or "")
    now = carrier.clock.now()
    number = Number(
        sid=new_sid("PN"),
        phone_number=chosen,
        friendly_name=areas.national_format(chosen),
        created_at=now,
        updated_at=now,
    )
    change_number(carrier, number, facts)
    carrier.ledger.write(
        "purchase",
        phone_number=chosen,
        sid=number.sid,
        friendly_name=number.friendly_name,
    )
    return number


def change_number(
    carrier: SimulatedCarrier,
    number: Number,
    facts: dict[str, str],
) -> None:
    for name, value in facts.items():
        if name in CHANGEABLE:
            setattr(number, name, value)
    number.updated_at = carrier.clock.now()
    carrier.keep(number)


def release_number(carrier: SimulatedCarrier, number: Number) -> None:
    if number.service_sid:
        detach(carrier, number)
    carrier.forget(number)
    carrier.ledger.write("release", phone_number=number.phone_number, sid=number.sid)


def attach(
    carrier: SimulatedCarrier,
    number: Number,
    service: SimulatedService,
) -> None:
    if number.service_sid == service.sid:
        raise Refusal(21710)
    if number.service_sid:
        raise Refusal(21712)
    if len(carrier.members[service.sid]) >= POOL_LIMIT:
        raise Refusal(21714)
    number.service_sid = service.sid
    number.attached_at = carrier.clock.now()
    carrier.keep(number)
    carrier.ledger.write(
        "attach",
        phone_number=number.phone_number,
        sid=number.sid,
        service=service.sid,
    )
    registration.begin_registration(carrier, number)


def detach(carrier: SimulatedCarrier, number: Number) -> None:
    """Out of the service: it keeps receiving on its own URL, and may no longer send."""
    carrier.ledger.write(
        "detach",
        phone_number=number.phone_number,
        sid=number.sid,
        service=number.service_sid,
    )
    carrier.members[number.service_sid or ""].pop(number.sid, None)
    number.service_sid = None
    number.attached_at = None
    number.registers_at = None
    number.registration = "none"
    number.is_stuck = False
    carrier.keep(number)


def _free(carrier: SimulatedCarrier, area_code: str) -> Iterator[str]:
    for number in areas.supply(area_code):
        if number not in carrier.ever_owned:
            yield number


def _is_empty(carrier: SimulatedCarrier, area_code: str) -> bool:
    # 533 is Twilio's test area code without numbers.
    if area_code == "533" or area_code in carrier.knobs.empty_area_codes:
        return True
    return carrier.faults.take(FaultKind.SEARCH_EMPTY, area_code=area_code) is not None


def _pick(carrier: SimulatedCarrier, area_code: str) -> str:
    if not areas.is_area_code(area_code):
        raise Refusal(21451)
    if _is_empty(carrier, area_code):
        raise Refusal(21452, f"No phone numbers found in area code {area_code}.")
    return next(_free(carrier, area_code))


def _check(carrier: SimulatedCarrier, phone_number: str) -> str:
    if phone_number == _MAGIC + "0000" or phone_number in carrier.number_of:
        raise Refusal(21422, f"{phone_number} is not available.")
    if phone_number == _MAGIC + "0006":  # the one test number that can be bought
        return phone_number
    if phone_number.startswith(_MAGIC) or not areas.is_valid(phone_number):
        raise Refusal(21421, f"{phone_number} is invalid.")
    return phone_number


def _code_of(phone_number: str | None, area_code: str | None) -> str:
    if area_code:
        return area_code
    digits = (phone_number or "").removeprefix("+1")
    return digits[:3]


def matches(phone_number: str, pattern: str) -> bool:
    """Twilio's Contains: digits anywhere; * is any one digit."""
    if not pattern:
        return True
    wanted = pattern.removeprefix("+").strip("%$")
    digits = phone_number.removeprefix("+")
    expression = re.escape(wanted).replace(r"\*", ".")
    return re.search(expression, digits) is not None
