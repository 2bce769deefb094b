"""What the screens show: phones, their conversations, the numbers to write to."""

from collections import defaultdict
from typing import Any

from quadline.simulator import areas, optout
from quadline.simulator.carrier import Carrier
from quadline.simulator.errors import delivery_words
from quadline.simulator.records import Message, Number, Phone

_ARRIVED = ("delivered", "received")
_NEWEST = 200


def list_phones(
    carrier: Carrier, *, search: str = "", limit: int = 60
) -> dict[str, Any]:
    """Phones with activity first, then by name."""
    words = search.casefold().split()
    digits = "".join(char for char in search if char.isdigit())
    found = [each for each in everyone(carrier) if _fits(each, words, digits)]
    found.sort(
        key=lambda each: (
            -active_at(carrier, each),
            each.name.casefold(),
            each.phone_number,
        )
    )
    shown = [_summary(carrier, each) for each in found[:limit]]
    return {"total": len(found), "phones": shown}


def describe_phone(carrier: Carrier, phone_number: str) -> dict[str, Any]:
    """One phone: its texts by system number, newest number first."""
    phone = carrier.phones.get(phone_number) or Phone(phone_number=phone_number)
    by_number: dict[str, list[Message]] = defaultdict(list)
    for message in _texts(carrier, phone_number)[-_NEWEST:]:
        other = message.from_ if message.to == phone_number else message.to
        by_number[other].append(message)
    threads = [
        _thread(carrier, phone_number, n, texts) for n, texts in by_number.items()
    ]
    threads.sort(key=lambda each: -each["texts"][-1]["at"])
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


def everyone(carrier: Carrier) -> list[Phone]:
    strangers = [
        Phone(phone_number=number)
        for number, texts in carrier.sent_to.items()
        if texts and number not in carrier.phones and number not in carrier.number_of
    ]
    return [*carrier.phones.values(), *strangers]


def active_at(carrier: Carrier, phone: Phone) -> float:
    got = carrier.sent_to.get(phone.phone_number)
    return max(
        phone.last_active_at, next(reversed(got.values())).created_at if got else 0.0
    )


def _fits(phone: Phone, words: list[str], digits: str) -> bool:
    if digits and digits in phone.phone_number:
        return True
    text = f"{phone.name} {phone.detail}".casefold()
    return all(word in text for word in words)


def shown(phone_number: str) -> str:
    return areas.national_format(phone_number)


def last_text(carrier: Carrier, phone_number: str) -> dict[str, Any] | None:
    """The newest that the student has seen or written."""
    texts = [
        message
        for message in _texts(carrier, phone_number)
        if message.status in _ARRIVED
    ]
    return _text(texts[-1]) if texts else None


def _who(phone: Phone) -> dict[str, Any]:
    return {
        "phone_number": phone.phone_number,
        "shown": areas.national_format(phone.phone_number),
        "name": phone.name,
        "detail": phone.detail,
        "is_landline": phone.is_landline,
        "email": phone.email or None,
        "last_active_at": phone.last_active_at or None,
    }


def _summary(carrier: Carrier, phone: Phone) -> dict[str, Any]:
    texts = [m for m in _texts(carrier, phone.phone_number) if m.status in _ARRIVED]
    last = _text(texts[-1]) if texts else None
    return {
        **_who(phone),
        "texts": len(texts),
        "last": last,
    }


def _texts(carrier: Carrier, phone_number: str) -> list[Message]:
    to, from_ = (
        carrier.sent_to.get(phone_number, {}),
        carrier.sent_from.get(phone_number, {}),
    )
    return sorted([*to.values(), *from_.values()], key=lambda message: message.turn)


def _thread(
    carrier: Carrier,
    phone: str,
    system_number: str,
    texts: list[Message],
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


def _text(message: Message) -> dict[str, Any]:
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
