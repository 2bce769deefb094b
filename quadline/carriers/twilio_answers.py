"""What Twilio answers and sends, in our words: the outcome of a send, a problem with a
number, a registration.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from quadline.carriers.protocol import (
    Accepted,
    Failure,
    InboundText,
    NumberProblem,
    NumberTaken,
    OutcomeUnknown,
    Receipt,
    ReceiptProgress,
    Refused,
    Registration,
    Remedy,
    SendOutcome,
    Unknown,
    Unsent,
)
from quadline.carriers.twilio_codes import NUMBER_PROBLEMS, PROGRESS, failure

REGISTRATION_TYPE = "com.twilio.messaging.compliance.number-registration"
MAX_RETRY_AFTER = 3600.0  # seconds
RETRY_UNSENT_SECONDS = 300.0  # a person or time fixes it; the text is kept


def outcome(
    status: int,
    body: bytes,
    headers: Mapping[str, str],
) -> SendOutcome:
    """What became of one text.

    An answer that does not have Twilio's own shape says nothing, whatever its status.
    """
    answer = _object(body)
    code = _code(answer)
    if status in (200, 201) and not code and _is_message_id(answer.get("sid")):
        return Accepted(answer["sid"])
    if not 400 <= status < 500 or not code:
        return Unknown(f"answer {status}")
    if status == 429:  # "never processed and always safe to retry" (error 20429)
        return Unsent(
            "the carrier asked us to slow down",
            retry_after_seconds(headers.get("Retry-After")),
            Failure.TOO_MANY,
            code,
        )
    why = failure(code)
    if why.remedy in (Remedy.LATER, Remedy.COLLEGE):
        return Unsent(
            f"{code}: {why.words}",
            RETRY_UNSENT_SECONDS,
            why,
            code,
        )
    return Refused(why, code)


def _code(answer: Mapping[str, Any]) -> str:
    """The number of an error of Twilio's own;
    a gateway in between has words there, or nothing.
    """
    code = answer.get("code")
    # bool is a kind of int.
    if not isinstance(code, int) or isinstance(code, bool):
        return ""
    return str(code) if code > 0 else ""


def _is_message_id(sid: Any) -> bool:
    if not isinstance(sid, str):
        return False
    return sid.startswith(("SM", "MM")) and len(sid) > 2


def _object(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def retry_after_seconds(retry_after: str | None) -> float:
    """A Retry-After header, in seconds or as a date: from one second to an hour."""
    try:
        asked = float(retry_after or "")
    except ValueError:
        asked = _seconds_until(retry_after or "")
    return min(max(1.0, asked), MAX_RETRY_AFTER)


def _seconds_until(date: str) -> float:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return 0.0
    return (
        moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)
    ).total_seconds()


def number_problem(
    status: int,
    code: str,
    *,
    wait: float = 1.0,
) -> NumberProblem:
    """``wait``: seconds, when the answer is "slow down"."""
    if code == "21422":
        return NumberTaken(
            "Somebody else took this number first.", is_final=False, carrier_code=code
        )
    if status == 429:
        return NumberProblem(
            "The carrier asked us to slow down.",
            is_final=False,
            carrier_code=code,
            retry_after=wait,
        )
    if status >= 500:
        return OutcomeUnknown(
            "The carrier had a fault of its own.", is_final=False, carrier_code=code
        )
    words = NUMBER_PROBLEMS.get(code)
    return NumberProblem(
        words or f"The carrier answered {code or status}.",
        is_final=words is not None,
        carrier_code=code,
    )


def list_problem(error: Exception) -> NumberProblem:
    """The library's list calls raise without a code (9.13); the carrier's answer is
    their second argument.
    """
    answer = error.args[1] if len(error.args) > 1 else None
    if answer is None or not hasattr(answer, "status_code"):
        return OutcomeUnknown("The carrier did not answer.", is_final=False)
    wait = retry_after_seconds((answer.headers or {}).get("Retry-After"))
    return number_problem(
        int(answer.status_code),
        str(_object(str(answer.text).encode()).get("code", "")),
        wait=wait,
    )


def inbound_text(form: Mapping[str, str]) -> InboundText:
    """Raises KeyError or ValueError for a call that is no text of anybody."""
    if not (form["MessageSid"] and form["From"] and form["To"]):
        raise ValueError("a text has an id, a sender and a receiver")
    return InboundText(
        carrier_message_id=form["MessageSid"],
        student_phone=form["From"],
        system_phone=form["To"],
        body=form.get("Body", ""),
    )


def receipt(form: Mapping[str, str]) -> Receipt | None:
    """A receipt that says something new, or None for a step on the way."""
    progress = PROGRESS.get(form.get("MessageStatus", ""))
    if progress is None:
        return None
    code = form.get("ErrorCode", "")
    went_wrong = progress in (ReceiptProgress.UNDELIVERED, ReceiptProgress.FAILED)
    return Receipt(
        carrier_message_id=form.get("MessageSid", ""),
        reference=form.get("ref", ""),
        progress=progress,
        failure=failure(code) if went_wrong else None,
        carrier_code=code if went_wrong else "",
    )


def registrations_in(raw_body: bytes) -> list[Registration]:
    """Raises KeyError or ValueError for a body that is no array of CloudEvents."""
    try:
        events = json.loads(raw_body)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(events, list) or not all(
        isinstance(event, dict) for event in events
    ):
        raise ValueError("an array of events was expected")
    ours = [
        event
        for event in events
        if str(event.get("type", "")).startswith(REGISTRATION_TYPE)
    ]
    return [registration(event) for event in ours]


def registration(event: Mapping[str, Any]) -> Registration:
    data = event["data"]
    if not isinstance(data, dict):
        raise ValueError("an event with data was expected")
    ending = str(event["type"]).rsplit(".", 1)[-1]
    return Registration(
        key=str(event["id"]),
        phone=str(data.get("phonenumber", "")),
        carrier_number_id=str(data.get("phonenumbersid", "")),
        is_registered={"successful": True, "failed": False}.get(ending),
        reason=str(data.get("failurereason") or ""),
    )
