"""What the screens show: phones, their conversations, the numbers to write to."""

from collections import defaultdict
from typing import Any

from quadline.simulator import areas, optout
from quadline.simulator.carrier import SimulatedCarrier
from quadline.simulator.errors import delivery_words
from quadline.simulator.records import Number, SimulatedMessage, SimulatedPhone

_ARRIVED = ("delivered", "received")  # what the student has seen, or wrote
_NEWEST = 200  # texts of a phone that its screen shows


def list_phones(
    carrier: SimulatedCarrier,
    *,
    search: str = "",
    limit: int = 60,
) -> dict[str, Any]:
    """Phones with activity first, then by name."""
    words = search.casefold().split()
    digits = "".join(char for char in search if char.isdigit())
    found = [each for each in everyone(carrier) if _fits(each, words, digits)]

    def latest_first(phone: SimulatedPhone) -> tuple[float, str, str]:
        return (
            -active_at(carrier, phone),
            phone.name.casefold(),
            phone.phone_number,
        )

    found.sort(key=latest_first)
    shown = [_summary(carrier, each) for each in found[:limit]]
    return {"total": len(found), "phones": shown}


def describe_phone(carrier: SimulatedCarrier, phone_number: str) -> dict[str, Any]:
    """One phone: its texts by system number, newest number first."""
    phone = carrier.phones.get(phone_number)
    if phone is None:
        phone = SimulatedPhone(phone_number=phone_number)
    newest = _texts(carrier, phone_number)[-_NEWEST:]
    by_number: dict[str, list[SimulatedMessage]] = defaultdict(list)
    for message in newest:
        other = message.from_ if message.to == phone_number else message.to
        by_number[other].append(message)
    threads = [
        _thread(carrier, phone_number, system_number, texts)
        for system_number, texts in by_number.items()
    ]
    threads.sort(key=lambda thread: -thread["texts"][-1]["at"])
    return {**_who(phone), "threads": threads}


def describe_number(number: Number) -> dict[str, Any]:
    return {
        "sid": number.sid,
        "phone_number": number.phone_number,
        "shown": areas.national_format(number.phone_number),
        "friendly_name": number.friendly_name,
        "service": number.service_sid,
        "registration": number.registration,
        "registers_at": number.registers_at,
        "has_voice": bool(number.voice_url),
    }


def everyone(carrier: SimulatedCarrier) -> list[SimulatedPhone]:
    strangers = [
        SimulatedPhone(phone_number=number)
        for number, texts in carrier.sent_to.items()
        if texts and number not in carrier.phones and number not in carrier.number_of
    ]
    return [*carrier.phones.values(), *strangers]


def active_at(carrier: SimulatedCarrier, phone: SimulatedPhone) -> float:
    received = carrier.sent_to.get(phone.phone_number)
    if not received:
        return phone.last_active_at
    # Filed as they came: the last is the newest, and nothing has to be sorted.
    newest = next(reversed(received.values()))
    return max(phone.last_active_at, newest.created_at)


def _fits(
    phone: SimulatedPhone,
    words: list[str],
    digits: str,
) -> bool:
    if digits and digits in phone.phone_number:
        return True
    said = f"{phone.name} {phone.detail}".casefold()
    return all(word in said for word in words)


def shown_phone(phone_number: str) -> str:
    return areas.national_format(phone_number)


def last_text(carrier: SimulatedCarrier, phone_number: str) -> dict[str, Any] | None:
    """The newest that the student has seen or written."""
    texts = _arrived(carrier, phone_number)
    if not texts:
        return None
    return _text(texts[-1])


def _who(phone: SimulatedPhone) -> dict[str, Any]:
    return {
        "phone_number": phone.phone_number,
        "shown": areas.national_format(phone.phone_number),
        "name": phone.name,
        "detail": phone.detail,
        "is_landline": phone.is_landline,
        "email": phone.email or None,
        "last_active_at": phone.last_active_at or None,
    }


def _summary(carrier: SimulatedCarrier, phone: SimulatedPhone) -> dict[str, Any]:
    texts = _arrived(carrier, phone.phone_number)
    return {
        **_who(phone),
        "texts": len(texts),
        "last": _text(texts[-1]) if texts else None,
    }


def _arrived(carrier: SimulatedCarrier, phone_number: str) -> list[SimulatedMessage]:
    """What the student has seen or written, oldest first."""
    texts = _texts(carrier, phone_number)
    return [message for message in texts if message.status in _ARRIVED]


def _texts(carrier: SimulatedCarrier, phone_number: str) -> list[SimulatedMessage]:
    # Not carrier.sent_to[…]: it would file an empty entry for everybody asked about.
    received = carrier.sent_to.get(phone_number, {})
    written = carrier.sent_from.get(phone_number, {})
    both = [*received.values(), *written.values()]
    return sorted(both, key=lambda message: message.turn)


def _thread(
    carrier: SimulatedCarrier,
    phone: str,
    system_number: str,
    texts: list[SimulatedMessage],
) -> dict[str, Any]:
    number = carrier.number_of.get(system_number)
    scopes = optout.scopes_of(carrier, number) if number else [system_number]
    return {
        "number": system_number,
        "shown": areas.national_format(system_number),
        "is_rented": number is not None,
        "opted_out": any((phone, scope) in carrier.blocks for scope in scopes),
        "texts": [_text(message) for message in texts],
    }


def _text(message: SimulatedMessage) -> dict[str, Any]:
    return {
        "sid": message.sid,
        "at": message.sent_at or message.updated_at,
        "body": message.body,
        "direction": "from_student" if message.direction == "inbound" else "to_student",
        "status": message.status,
        "arrived": message.status in _ARRIVED,
        "error_code": message.error_code,
        "error": delivery_words(message.error_code),
        "is_automatic": message.is_automatic,
        "media": message.media,
    }
