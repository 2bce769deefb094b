"""The list on the screens: every student with a phone, a mailbox, or both,
the last active first.
"""

from typing import Any

from quadline.simulator import phones
from quadline.simulator.carrier import SimulatedCarrier
from quadline.simulator.mail import boxes
from quadline.simulator.records import Mailbox, SimulatedPhone

Owner = SimulatedPhone | Mailbox


def list_texting_students(
    carrier: SimulatedCarrier,
    *,
    search: str = "",
    limit: int = 60,
) -> dict[str, Any]:
    words = search.casefold().split()
    digits = "".join(char for char in search if char.isdigit())
    found = [each for each in _everyone(carrier) if _fits(each, words, digits)]

    def latest_first(owner: Owner) -> tuple[float, str, str]:
        return (
            -_active_at(carrier, owner),
            owner.name.casefold(),
            owner_key(owner),
        )

    found.sort(key=latest_first)
    return {
        "total": len(found),
        "students": [_summary(carrier, each) for each in found[:limit]],
    }


def describe_student(carrier: SimulatedCarrier, key: str) -> dict[str, Any]:
    """Who is behind a phone number or an address."""
    if "@" in key:
        address = key.lower()
        box = carrier.mailboxes.get(address) or Mailbox(address=address)
        # A student with both is one entry on the screens, under the phone.
        return _who(carrier.phones.get(box.phone_number) or box)
    phone = carrier.phones.get(key) or SimulatedPhone(phone_number=key)
    return _who(phone)


def owner_key(owner: Owner) -> str:
    return owner.phone_number if isinstance(owner, SimulatedPhone) else owner.address


def _everyone(carrier: SimulatedCarrier) -> list[Owner]:
    with_mail_only = [
        box
        for box in carrier.mailboxes.values()
        if box.phone_number not in carrier.phones
    ]
    return [*phones.everyone(carrier), *with_mail_only]


def _mailbox(carrier: SimulatedCarrier, owner: Owner) -> Mailbox | None:
    if isinstance(owner, Mailbox):
        return owner
    return carrier.mailboxes.get(owner.email)


def _active_at(carrier: SimulatedCarrier, owner: Owner) -> float:
    active_at = 0.0
    box = _mailbox(carrier, owner)
    if box is not None:
        active_at = box.last_active_at
    if isinstance(owner, SimulatedPhone):
        active_at = max(active_at, phones.active_at(carrier, owner))
    return active_at


def _fits(
    owner: Owner,
    words: list[str],
    digits: str,
) -> bool:
    if digits and digits in owner.phone_number:
        return True
    said = f"{owner.name} {owner.detail} {_address(owner)}".casefold()
    return all(word in said for word in words)


def _who(owner: Owner) -> dict[str, Any]:
    key = owner_key(owner)
    is_phone = isinstance(owner, SimulatedPhone)
    return {
        "key": key,
        "name": owner.name,
        "detail": owner.detail,
        "phone_number": owner.phone_number if is_phone else None,
        "shown": phones.shown_phone(key) if is_phone else key,
        "email": _address(owner) or None,
    }


def _address(owner: Owner) -> str:
    return owner.email if isinstance(owner, SimulatedPhone) else owner.address


def _summary(carrier: SimulatedCarrier, owner: Owner) -> dict[str, Any]:
    """With the last thing that came or went, by text or by mail."""
    found = [_last_text(carrier, owner), _last_mail(carrier, owner)]
    latest = [each for each in found if each is not None]
    return {
        **_who(owner),
        "last": max(latest, key=lambda each: each["at"], default=None),
    }


def _last_text(carrier: SimulatedCarrier, owner: Owner) -> dict[str, Any] | None:
    if not isinstance(owner, SimulatedPhone):
        return None
    text = phones.last_text(carrier, owner.phone_number)
    if text is None:
        return None
    return {
        "at": text["at"],
        "words": text["body"],
        "is_mail": False,
        "by_student": text["direction"] == "from_student",
    }


def _last_mail(carrier: SimulatedCarrier, owner: Owner) -> dict[str, Any] | None:
    box = _mailbox(carrier, owner)
    mail = boxes.summary(carrier, box)["last"] if box else None
    if mail is None:
        return None
    return {
        "at": mail["at"],
        "words": mail["subject"],
        "is_mail": True,
        "by_student": mail["is_from_student"],
    }
