"""Twilio on who is out: the replies it acts on automatically, and how it is told of an
opt-out that no reply told.

The Consent Management API is in public beta and opened on request:
https://www.twilio.com/docs/messaging/features/consent-api, read 2026-11. There is none
that lists who is out.
"""

import uuid
from datetime import UTC, datetime
from typing import Any

from quadline.carriers.protocol import KeywordWish

# As the whole message
# (https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out).
WISHES: dict[str, KeywordWish] = {
    **dict.fromkeys(
        ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "REVOKE"),
        KeywordWish.STOP,
    ),
    **dict.fromkeys(("START", "YES", "UNSTOP"), KeywordWish.START),
}
_TRIMMED = " \t\r\n"
# the account may not tell: asking again changes nothing
CONSENT_API_CLOSED = frozenset({"20403", "20404"})


def wish_in(body: str) -> KeywordWish | None:
    """What a reply is to Twilio: one word and nothing else, in any case.

    What it makes of other than plain ASCII around or in the word nobody has written
    down: it counts as nothing.
    """
    word = body.strip(_TRIMMED)
    return WISHES.get(word.upper()) if word.isascii() else None


def opt_out(
    *,
    system_phone: str,
    student_phone: str,
    at: datetime,
) -> dict[str, str]:
    """One item of Consents/Bulk.

    The same opt-out has the same id, so telling it twice is once.
    """
    return {
        "contact_id": student_phone,
        "correlation_id": (
            uuid.uuid5(
                uuid.NAMESPACE_URL, f"{student_phone} {system_phone} {at.isoformat()}"
            ).hex
        ),
        "sender_id": system_phone,
        "status": "opt-out",
        "source": "others",
        "date_of_consent": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def are_taken(results: Any) -> bool:
    """Whether every item of the answer was."""
    if not isinstance(results, list) or not results:
        return False
    return all(_is_taken(result) for result in results)


def _is_taken(result: Any) -> bool:
    if not isinstance(result, dict):
        return False
    return result.get("error_code") == 0
