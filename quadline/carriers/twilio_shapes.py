"""The shape that each of Twilio's answers must have before anything is believed of it.

A status alone says little: a gateway in between answers 200 with an error's body, a
page of its own, or half an answer. What does not have the shape of Twilio's published
API (https://github.com/twilio/twilio-oai, read 2026-11) leaves the outcome unknown.
"""

import json
from typing import Any
from urllib.parse import urlsplit

from quadline.carriers.protocol import OutcomeUnknown

ANSWER_UNREADABLE = "The carrier's answer could not be read."
# The last part of a list's address, and the name under which the answer holds its rows.
LISTS = {
    "Messages.json": "messages",
    "IncomingPhoneNumbers.json": "incoming_phone_numbers",
    "PhoneNumbers": "phone_numbers",
    "Local.json": "available_phone_numbers",
    "Sinks": "sinks",
    "Subscriptions": "subscriptions",
    "Usa2p": "compliance",
}
NAMED_BY_PHONE = "available_phone_numbers"  # what nobody owns has no id yet
ANSWERED_IN_ITEMS = "Bulk"


class UnreadableAnswer(OutcomeUnknown):
    """The carrier answered, and it cannot be said what."""

    def __init__(self) -> None:
        super().__init__(ANSWER_UNREADABLE, is_final=False)


def checked_client(client: type) -> type:
    """The HTTP client class of Twilio's own library,
    made to pass on only what has its shape.
    """

    class CheckedClient(client):  # type: ignore[misc]  # the library has no types
        def request(self, method: str, url: str, *rest: Any, **options: Any) -> Any:
            response = super().request(
                method,
                url,
                *rest,
                **options,
            )
            check_shape(
                method,
                url,
                status=response.status_code,
                body=response.text,
            )
            return response

    return CheckedClient


def check_shape(
    method: str,
    url: str,
    *,
    status: int,
    body: str,
) -> None:
    """Raises UnreadableAnswer unless it is an error of Twilio's own, or just what
    Twilio answers there.
    """
    if status >= 400:
        return  # the library raises it, and answers.problem() reads its code
    if method.upper() == "DELETE":
        is_whole = status == 204
    else:
        is_whole = status in (200, 201, 202) and _is_whole(method, url, _object(body))
    if not is_whole:
        raise UnreadableAnswer


def agrees(answer: Any, **expected: object) -> None:
    """Raises UnreadableAnswer when an answer is about something else
    than was asked for.
    """
    for name, value in expected.items():
        if getattr(answer, name, None) != value:
            raise UnreadableAnswer


def _object(
    body: str,
) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _is_whole(
    method: str,
    url: str,
    answer: dict[str, Any],
) -> bool:
    if "code" in answer and "message" in answer:
        return False  # an error's body, whatever the status
    place = urlsplit(url).path.rpartition("/")[2]
    if method.upper() == "GET" and place in LISTS:
        return _has_rows(answer, LISTS[place])
    if place == ANSWERED_IN_ITEMS:
        return isinstance(answer.get("items"), list)
    return _is_named(answer, "sid")


def _has_rows(answer: dict[str, Any], key: str) -> bool:
    rows = answer.get(key)
    if not isinstance(rows, list):
        return False
    named_by = "phone_number" if key == NAMED_BY_PHONE else "sid"
    return all(_is_named(row, named_by) for row in rows)


def _is_named(row: Any, key: str) -> bool:
    if not isinstance(row, dict):
        return False
    name = row.get(key)
    return isinstance(name, str) and name != ""
