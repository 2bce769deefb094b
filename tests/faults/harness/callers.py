"""Those who come to the doors, by hand: a signed-in browser, the carrier
and a program, each with its own proof.
"""

import json
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.utils import timezone
from twilio.request_validator import RequestValidator

from quadline.accounts.models import User
from quadline.accounts.tokens import make_token
from tests.house import House
from tests.stage import session_of

FORM = "application/x-www-form-urlencoded"
CSRF = "a" * 32  # a browser says the same in its cookie and in its header


@dataclass(frozen=True)
class Call:
    """One request: its head, without the length, and its body."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


def page_call(staff: User, path: str, form: dict[str, str]) -> Call:
    """A form as its page sends it."""
    cookies = (
        f"{settings.SESSION_COOKIE_NAME.removeprefix('__Host-')}={session_of(staff.email)};"
        f" csrftoken={CSRF}"
    )
    headers = {"Cookie": cookies, "X-CSRFToken": CSRF, "Content-Type": FORM}
    return Call("POST", path, headers, urlencode(form).encode())


def carrier_call(house: House, path: str, form: dict[str, str]) -> Call:
    """The carrier's, truly signed."""
    signature = RequestValidator(settings.ENV.twilio_auth_token).compute_signature(
        house.url + path, form
    )
    headers = {"X-Twilio-Signature": signature, "Content-Type": FORM}
    return Call("POST", path, headers, urlencode(form).encode())


def program_call(staff: User, path: str, content: object, *, key: str = "") -> Call:
    """A campus system's."""
    _, token = make_token(user=staff, name="Test", actor=staff, now=timezone.now())
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    if key:
        headers["Idempotency-Key"] = key
    return Call("POST", f"/api/v1/{path}", headers, json.dumps(content).encode())
