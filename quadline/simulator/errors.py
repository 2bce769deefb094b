"""Twilio's refusals: code, HTTP status
and words (twilio.com/docs/api/errors, 2026-11).
"""

from dataclasses import dataclass, field
from typing import Any

_TABLE: dict[int, tuple[int, str]] = {
    20001: (400, "Unknown parameters"),
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "Internal Server Error"),
    20503: (503, "Service unavailable"),
    21211: (400, "Invalid 'To' Phone Number"),
    21212: (400, "Invalid From Number (caller ID)"),
    21408: (400, "Permission to send an SMS has not been enabled for the region"),
    21421: (400, "PhoneNumber is invalid"),
    21422: (400, "PhoneNumber is not available"),
    21451: (400, "Invalid area code"),
    21452: (400, "No phone numbers found in area code"),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number or MessagingServiceSid is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (
        400,
        "The 'From' phone number is not a valid, SMS-capable inbound phone number",
    ),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (
        400,
        "This 'From' number has exceeded the maximum number of queued messages",
    ),
    21612: (400, "The 'To' number cannot be reached from this 'From' number"),
    21614: (400, "'To' number is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21620: (400, "Invalid media URL"),
    21623: (400, "Number of media files exceeds allowed limit"),
    21701: (404, "The Messaging Service does not exist"),
    21703: (400, "The Messaging Service has no sender that can send this message"),
    21704: (400, "The Messaging Service contains no phone numbers"),
    21705: (400, "The Messaging Service Sid is invalid"),
    21710: (409, "Phone Number or Short Code is already in the Messaging Service"),
    21712: (
        409,
        "Phone Number or Short Code is associated with another Messaging Service",
    ),
    21714: (
        400,
        "The Messaging Service has reached the maximum number of phone numbers",
    ),
}
_WORDS_ON_DELIVERY: dict[int, str] = {
    30001: "Queue overflow",
    30002: "Account suspended",
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
    30008: "Unknown error",
    30022: "US A2P 10DLC - rate limits exceeded",
    30023: "US A2P 10DLC - daily message cap reached",
    30024: "Numeric sender ID not provisioned on carrier",
    30034: "US A2P 10DLC - message from an unregistered number",
    30035: "US A2P 10DLC - number is still being configured",
}


@dataclass(frozen=True)
class Refusal(Exception):
    """An answer that says no, in Twilio's words."""

    code: int
    detail: str = ""
    # In place of the table's, or for a code that is not in it.
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def http_status(self) -> int:
        status, _ = _TABLE.get(self.code, (400, ""))
        return self.status or status

    def body(self) -> dict[str, Any]:
        _, words = _TABLE.get(self.code, (400, "Refused"))
        return {
            "code": self.code,
            "message": self.detail or words,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.http_status,
        }


def slow_down(retry_after: int | None) -> Refusal:
    """``retry_after``: seconds; None does not say how long."""
    # Not every 429 of the carrier says for how long: a client must do without.
    if retry_after is None:
        return Refusal(20429)
    return Refusal(20429, headers={"Retry-After": str(retry_after)})


def delivery_words(code: int | None) -> str | None:
    if code is None:
        return None
    _, words = _TABLE.get(code, (400, "Unknown error"))
    return _WORDS_ON_DELIVERY.get(code, words)
