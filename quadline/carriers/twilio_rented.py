"""The numbers that a Twilio account has rented: which there are, where their texts and
calls go, and whether one is still there
(https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource, read
2026-11).
"""

from collections.abc import Mapping
from typing import Any

from quadline.carriers import twilio_shapes as shapes
from quadline.carriers.protocol import NumberProblem, OwnedNumber, RentedNumber
from quadline.carriers.twilio_setup import Ask, MessagingService

TAG = "quadline "  # before our reference, in the name of a number
# What has webhooks of its own: where one is set, those of the number count for nothing.
TAKES_THEIR_PLACE = ("sms_application_sid", "voice_application_sid", "trunk_sid")
MOST_ROWS = 1000  # rows in one answer
NOT_FOUND_CODE = "20404"


def has(ask: Ask, number: OwnedNumber) -> bool:
    """Whether the account still has it. Raises NumberProblem."""
    try:
        found = ask(
            lambda client: client.incoming_phone_numbers(
                number.carrier_number_id
            ).fetch()
        )
    except NumberProblem as problem:
        if problem.carrier_code == NOT_FOUND_CODE:
            return False
        raise
    shapes.agrees(found, sid=number.carrier_number_id)
    return True


def rented_numbers(
    ask: Ask,
    service: MessagingService,
    webhooks: Mapping[str, str],
) -> list[RentedNumber]:
    """Every number of the account, and whether it is in the Messaging Service.

    Raises NumberProblem.
    """
    members = ask(
        lambda client: service(client).phone_numbers.list(page_size=MOST_ROWS)
    )
    attached = {member.sid for member in members}
    rows = ask(lambda client: client.incoming_phone_numbers.list(page_size=MOST_ROWS))
    return [_rented(row, webhooks, is_attached=row.sid in attached) for row in rows]


def point(
    ask: Ask,
    number: OwnedNumber,
    webhooks: Mapping[str, str],
    *,
    tag: str,
) -> None:
    """Set both webhooks and our tag, and take away what would come before them."""
    changed = ask(
        lambda client: client.incoming_phone_numbers(number.carrier_number_id).update(
            friendly_name=tag,
            sms_url=webhooks["sms_url"],
            voice_url=webhooks["voice_url"],
            # each would come before the webhooks
            sms_application_sid="",
            voice_application_sid="",
            trunk_sid="",
        )
    )
    shapes.agrees(changed, sid=number.carrier_number_id, **webhooks)


def _rented(
    row: Any,
    webhooks: Mapping[str, str],
    *,
    is_attached: bool,
) -> RentedNumber:
    """Raises UnreadableAnswer for a row that does not say which number it is."""
    if not isinstance(row.phone_number, str) or not row.phone_number:
        raise shapes.UnreadableAnswer
    name = row.friendly_name or ""
    is_pointed = all(getattr(row, field) == url for field, url in webhooks.items())
    is_replaced = any(getattr(row, field, None) for field in TAKES_THEIR_PLACE)
    return RentedNumber(
        phone=row.phone_number,
        carrier_number_id=row.sid,
        reference=name.removeprefix(TAG) if name.startswith(TAG) else "",
        is_attached=is_attached,
        calls_us=is_pointed and not is_replaced,
    )
