"""The list on the screens: every student with a phone, a mailbox, or both,
the last active first.
"""

from typing import Any

from quadline.simulator import phones
from quadline.simulator.carrier import Carrier
from quadline.simulator.mail import boxes
from quadline.simulator.records import Mailbox, Phone

Owner = Phone | Mailbox


def list_students(
    carrier: Carrier, *, search: str = "", limit: int = 60
) -> dict[str, Any]:
    words = search.casefold().split()
    digits = "".join(char for char in search if char.isdigit())
    found = [each for each in _everyone(carrier) if _fits(each, words, digits)]
    found.sort(
        key=lambda each: (
            -_active_at(carrier, each),
            each.name.casefold(),
            key_of(each),
        )
    )
    return {
        "total": len(found),
        "students": [_summary(carrier, each) for each in found[:limit]],
    }


def describe_student(carrier: Carrier, key: str) -> dict[str, Any]:
    """Who is behind a phone number or an address."""
    if "@" in key:
        box = carrier.mailboxes.get(key.lower()) or Mailbox(address=key.lower())
        return _who(carrier.phones.get(box.phone_number) or box)
    return _who(carrier.phones.get(key) or Phone(phone_number=key))


def key_of(owner: Owner) -> str:
    return owner.phone_number if isinstance(owner, Phone) else owner.address


def _everyone(carrier: Carrier) -> list[Owner]:
    with_mail_only = [
        box
        for box in carrier.mailboxes.values()
        if box.phone_number not in carrier.phones
    ]
    return [*phones.everyone(carrier), *with_mail_only]


def _mailbox(carrier: Carrier, owner: Owner) -> Mailbox | None:
    return owner if isinstance(owner, Mailbox) else carrier.mailboxes.get(owner.email)


def _active_at(carrier: Carrier, owner: Owner) -> float:
    box = _mailbox(carrier, owner)
    by_mail = box.last_active_at if box else 0.0
    return (
        max(by_mail, phones.active_at(carrier, owner))
        if isinstance(owner, Phone)
        else by_mail
    )


def _fits(owner: Owner, words: list[str], digits: str) -> bool:
    if digits and digits in owner.phone_number:
        return True
    address = owner.email if isinstance(owner, Phone) else owner.address
    text = f"{owner.name} {owner.detail} {address}".casefold()
    return all(word in text for word in words)


def _who(owner: Owner) -> dict[str, Any]:
    is_phone = isinstance(owner, Phone)
    return {
        "key": key_of(owner),
        "name": owner.name,
        "detail": owner.detail,
        "phone_number": owner.phone_number if is_phone else None,
        "shown": phones.shown(owner.phone_number) if is_phone else key_of(owner),
        "email": (owner.email or None) if isinstance(owner, Phone) else owner.address,
    }


def _summary(carrier: Carrier, owner: Owner) -> dict[str, Any]:
    """With the last thing that came or went, by text or by mail."""
    latest = []
    if isinstance(owner, Phone) and (
        text := phones.last_text(carrier, owner.phone_number)
    ):
        latest.append(
            {
                "at": text["at"],
                "words": text["body"],
                "is_mail": False,
                "by_student": text["direction"] == "from_student",
            }
        )
    box = _mailbox(carrier, owner)
    if box and (mail := boxes.summary(carrier, box)["last"]):
        latest.append(
            {
                "at": mail["at"],
                "words": mail["subject"],
                "is_mail": True,
                "by_student": mail["is_from_student"],
            }
        )
    return {
        **_who(owner),
        "last": max(latest, key=lambda each: each["at"], default=None),
    }
