"""Names for the phones, from a roster CSV. Columns are found by their headers."""

import csv
from collections.abc import Iterator
from pathlib import Path

import phonenumbers

from quadline.simulator.carrier import SimulatedCarrier
from quadline.simulator.records import Mailbox, SimulatedPhone


def normal_number(text: str) -> str | None:
    """A number in any common US notation as +1…; none when it is not a number."""
    try:
        number = phonenumbers.parse(text, "US")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def name_phones(carrier: SimulatedCarrier, roster: Path) -> int:
    count = 0
    # utf-8-sig: Excel writes a byte order mark, which would be part of the first name
    with roster.open(newline="", encoding="utf-8-sig") as lines:
        for row in csv.DictReader(lines):
            cells = {_plain(name): (value or "").strip() for name, value in _cells(row)}
            phones = list(_phones_of(cells))
            for phone in phones:
                put_phone(carrier, phone)
            if not phones and cells.get("email"):
                put_mailbox(carrier, _mailbox_of(cells))
            count += len(phones)
    return count


def _mailbox_of(cells: dict[str, str]) -> Mailbox:
    name, detail = _named(cells)
    return Mailbox(
        address=cells["email"].lower(),
        name=name,
        detail=detail,
    )


def put_phone(carrier: SimulatedCarrier, phone: SimulatedPhone) -> None:
    """Add a phone, or rename one and keep its history."""
    if known := carrier.phones.get(phone.phone_number):
        phone.last_active_at = known.last_active_at
    carrier.keep(phone)
    if phone.email:
        box = Mailbox(
            address=phone.email,
            name=phone.name,
            detail=phone.detail,
            phone_number=phone.phone_number,
        )
        put_mailbox(carrier, box)


def put_mailbox(carrier: SimulatedCarrier, box: Mailbox) -> None:
    """Add a mailbox, or rename one and keep its history.

    The first of a student's phones stays with it.
    """
    if known := carrier.mailboxes.get(box.address):
        box.last_active_at = known.last_active_at
        box.phone_number = known.phone_number or box.phone_number
    carrier.keep(box)


def _named(cells: dict[str, str]) -> tuple[str, str]:
    """Name and detail, as the screens show them."""
    given = cells.get("preferred_name") or cells.get("first_name", "")
    family = cells.get("last_name", "")
    name = f"{given} {family}".strip()
    facts = [cells.get("pronouns", ""), cells.get("institutional_id", "")]
    return name, " · ".join(filter(None, facts))


def _phones_of(cells: dict[str, str]) -> Iterator[SimulatedPhone]:
    name, detail = _named(cells)
    email = cells.get("email", "").lower()
    mobile = normal_number(cells.get("mobile", ""))
    landline = normal_number(cells.get("landline", ""))
    if mobile:
        is_landline = cells.get("landline", "").lower() in ("yes", "true", "1", "x")
        yield SimulatedPhone(
            phone_number=mobile,
            name=name,
            detail=detail,
            is_landline=is_landline,
            email=email,
        )
    if landline and landline != mobile:
        # the mailbox is beside the mobile, where there is one
        home = "" if mobile else email
        yield SimulatedPhone(
            phone_number=landline,
            name=f"{name} (home)",
            detail="Landline",
            is_landline=True,
            email=home,
        )


def _cells(row: dict[str | None, str | None]) -> Iterator[tuple[str, str | None]]:
    for name, value in row.items():
        # The reader keeps cells beyond the headers in a list, under no name.
        if name and not isinstance(value, list):
            yield name, value


def _plain(header: str) -> str:
    return header.strip().lower().replace(" ", "_")
