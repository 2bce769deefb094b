"""Twilio's codes in our words.

A code we do not know is Failure.UNKNOWN and is shown as it came.

Source: https://www.twilio.com/docs/api/errors, read 2026-11. Twilio adds codes without
notice and may change their meaning, so a code decides only the words and the remedy,
never whether a text was sent.
"""

from quadline.carriers.protocol import Failure, ReceiptProgress

FAILURES: dict[str, Failure] = {
    "11200": Failure.NOT_SET_UP,  # our webhook failed
    "11205": Failure.NOT_SET_UP,
    "11751": Failure.NOT_SET_UP,
    # more than 15 replies in 30 s between two phones: a loop
    "14107": Failure.NOT_ALLOWED,
    "20003": Failure.NOT_SET_UP,  # authentication
    "20404": Failure.NOT_SET_UP,
    "20429": Failure.TOO_MANY,
    "21211": Failure.INVALID_NUMBER,
    "21214": Failure.INVALID_NUMBER,
    "21217": Failure.INVALID_NUMBER,
    "21219": Failure.NOT_ALLOWED,  # trial account, unverified phone
    "21408": Failure.NOT_ALLOWED,  # texting this country is switched off
    "21602": Failure.MALFORMED,  # no body
    "21603": Failure.NOT_SET_UP,
    "21604": Failure.MALFORMED,  # no recipient
    "21606": Failure.NOT_SET_UP,  # we do not own the sending number
    "21608": Failure.NOT_ALLOWED,
    "21610": Failure.OPTED_OUT,
    "21611": Failure.TOO_MANY,  # ten hours of texts are queued on this number
    "21612": Failure.NO_ROUTE,  # not from this number to that one
    "21614": Failure.LANDLINE,
    "21617": Failure.MALFORMED,  # more than 1,600 characters
    "21620": Failure.MALFORMED,
    "21623": Failure.MALFORMED,
    "21701": Failure.NOT_SET_UP,
    "21702": Failure.NOT_SET_UP,
    "21703": Failure.NOT_SET_UP,
    "21704": Failure.NOT_SET_UP,
    "21705": Failure.NOT_SET_UP,
    "30001": Failure.TOO_MANY,
    "30002": Failure.NOT_SET_UP,  # account suspended
    "30003": Failure.UNREACHABLE,
    "30004": Failure.REFUSED_BY_PHONE,
    "30005": Failure.DISCONNECTED,
    "30006": Failure.LANDLINE,
    "30007": Failure.FILTERED,
    "30008": Failure.NETWORK,
    "30010": Failure.NOT_SET_UP,
    "30011": Failure.TOO_LARGE,
    "30017": Failure.TOO_MANY,
    "30019": Failure.TOO_LARGE,
    "30022": Failure.TOO_MANY,
    "30023": Failure.DAILY_LIMIT,
    "30024": Failure.NOT_REGISTERED,  # with the student's network
    "30032": Failure.NOT_SET_UP,
    "30033": Failure.NOT_SET_UP,  # campaign suspended
    "30034": Failure.NOT_IN_CAMPAIGN,
    "30035": Failure.NOT_REGISTERED,  # being configured
    "30036": Failure.EXPIRED,
    "30037": Failure.NOT_SET_UP,
    "30039": Failure.NOT_ALLOWED,
    "30046": Failure.NETWORK,
    "30410": Failure.CARRIER_TROUBLE,
    "30450": Failure.HELD_BACK,
    "30453": Failure.HELD_BACK,
    "30454": Failure.HELD_BACK,
    "30500": Failure.CARRIER_TROUBLE,
    "30610": Failure.HELD_BACK,  # quiet hours, as the carrier sees them
    "30640": Failure.REFUSED_BY_PHONE,
    "63038": Failure.DAILY_LIMIT,
}

# Final statuses climb our ladder; the others ("queued", "accepted", "sending",
# "scheduled") say nothing new.
PROGRESS: dict[str, ReceiptProgress] = {
    "sent": ReceiptProgress.SENT,
    "delivered": ReceiptProgress.DELIVERED,
    "read": ReceiptProgress.DELIVERED,
    "undelivered": ReceiptProgress.UNDELIVERED,
    "failed": ReceiptProgress.FAILED,
    "canceled": ReceiptProgress.FAILED,
}

# Why a number could not be bought or attached, for the administrator. What is not
# listed is tried again.
NUMBER_PROBLEMS: dict[str, str] = {
    "20003": "The carrier did not accept our account or token.",
    "21404": "The carrier's trial account may not rent another number.",
    "21453": "The number is verified on another account of the carrier.",
    "21615": "The carrier asks for an address before it rents this number.",
    "21631": "The carrier asks for an address before it rents this number.",
    "21649": "The carrier asks for registration papers before it rents this number.",
    "21650": "The carrier asks for registration papers before it rents this number.",
    "21712": "The number already belongs to another Messaging Service.",
    "21714": "The Messaging Service is full; it holds no more numbers.",
    "21717": "The college's brand registration does not allow this use.",
}


def failure(code: str) -> Failure:
    return FAILURES.get(code, Failure.UNKNOWN)
