"""Mailboxes: what arrives is kept once, and every arrival is written to the ledger."""

from typing import Any

from quadline.simulator import areas
from quadline.simulator.carrier import SimulatedCarrier
from quadline.simulator.mail import reading
from quadline.simulator.records import Mail, Mailbox, new_sid


def take(
    carrier: SimulatedCarrier,
    raw: bytes,
    *,
    address: str,
    return_path: str,
    bounced: bool = False,
) -> Mail:
    """A mail arrives.

    One that is there already is only counted; one that bounces is not kept.
    """
    facts = reading.headers_of(raw)
    mail = _mail(
        carrier,
        raw,
        facts,
        address=address.lower(),
        return_path=return_path,
    )
    # Mail servers may bring one email twice: the same Message-ID is one in the mailbox,
    # and the ledger has both arrivals.
    known = carrier.mail_of.get((mail.address, mail.header_id))
    carrier.ledger.write(
        "mail",
        to=mail.address,
        **{"from": facts.get("From", "")},
        subject=mail.subject,
        message_id=mail.header_id,
        return_path=return_path,
        size=len(raw),
        repeated=known is not None,
        bounced=bounced,
    )
    if bounced:
        return mail
    if known:
        known.arrivals += 1
    carrier.keep(known or mail)
    _touch(carrier, mail.address)
    return known or mail


def keep_sent(
    carrier: SimulatedCarrier,
    raw: bytes,
    *,
    address: str,
) -> Mail:
    """What the student wrote, in their own mailbox."""
    mail = _mail(
        carrier,
        raw,
        reading.headers_of(raw),
        address=address,
        return_path=address,
    )
    mail.is_from_student = True
    carrier.keep(mail)
    _touch(carrier, address)
    return mail


def mails_of(carrier: SimulatedCarrier, address: str) -> list[Mail]:
    """Oldest first."""
    mails = carrier.mails.get(address, {})
    # By turn: two mails may come in one moment.
    return sorted(mails.values(), key=lambda mail: mail.turn)


def list_mailboxes(
    carrier: SimulatedCarrier,
    *,
    search: str = "",
    limit: int = 60,
) -> dict[str, Any]:
    """Mailboxes with activity first, then by name."""
    words = search.casefold().split()
    found = [box for box in carrier.mailboxes.values() if _fits(box, words)]

    def latest_first(box: Mailbox) -> tuple[float, str, str]:
        return (
            -box.last_active_at,
            box.name.casefold(),
            box.address,
        )

    found.sort(key=latest_first)
    return {
        "total": len(found),
        "mailboxes": [summary(carrier, box) for box in found[:limit]],
    }


def describe_mailbox(carrier: SimulatedCarrier, address: str) -> dict[str, Any]:
    box = carrier.mailboxes.get(address) or Mailbox(address=address)
    return {
        **_who(box),
        "mails": [_described(mail) for mail in mails_of(carrier, address)],
    }


def summary(carrier: SimulatedCarrier, box: Mailbox) -> dict[str, Any]:
    mails = mails_of(carrier, box.address)
    return {
        **_who(box),
        "mails": len(mails),
        "last": _shortly(mails[-1]) if mails else None,
    }


def _shortly(mail: Mail) -> dict[str, Any]:
    return {
        "at": mail.at,
        "subject": mail.subject,
        "is_from_student": mail.is_from_student,
    }


def _mail(
    carrier: SimulatedCarrier,
    raw: bytes,
    facts: dict[str, str],
    *,
    address: str,
    return_path: str,
) -> Mail:
    return Mail(
        sid=new_sid("ML"),
        turn=carrier.next_turn(),
        address=address,
        raw=raw.decode("latin-1"),
        header_id=facts.get("Message-ID", ""),
        subject=facts.get("Subject", ""),
        at=carrier.clock.now(),
        return_path=return_path,
    )


def _touch(carrier: SimulatedCarrier, address: str) -> None:
    box = carrier.mailboxes.get(address)
    # Any address takes mail, on the roster or not: a wrong one must be seen to arrive
    # somewhere.
    if box is None:
        box = Mailbox(address=address)
    box.last_active_at = carrier.clock.now()
    carrier.keep(box)


def _bytes(mail: Mail) -> bytes:
    # Records are JSON, which has no bytes: Latin-1 gives each byte a letter, and back.
    return mail.raw.encode("latin-1")


def _described(mail: Mail) -> dict[str, Any]:
    return {
        "at": mail.at,
        "message_id": mail.header_id,
        "is_from_student": mail.is_from_student,
        "arrivals": mail.arrivals,
        "return_path": mail.return_path,
        **reading.read_mail(_bytes(mail)),
    }


def _fits(box: Mailbox, words: list[str]) -> bool:
    said = f"{box.name} {box.detail} {box.address}".casefold()
    return all(word in said for word in words)


def _who(box: Mailbox) -> dict[str, Any]:
    return {
        "address": box.address,
        "name": box.name,
        "detail": box.detail,
        "phone_number": box.phone_number or None,
        "shown": areas.national_format(box.phone_number) if box.phone_number else "",
        "last_active_at": box.last_active_at or None,
    }
