"""Codes of an authenticator app and recovery codes: who may try, and each right one
counts once.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from django.db import transaction
from django.http import HttpRequest

from quadline import clock
from quadline.accounts import rules, throttles
from quadline.accounts.browsers import browser_of
from quadline.accounts.guessing import TooManyTries
from quadline.accounts.models import User
from quadline.accounts.throttles import ThrottleBucket
from quadline.accounts.visitors import visitor_address
from quadline.audit.models import record_audit
from quadline.emails import sign_in_letters
from quadline.jobs import enqueue, job

STEP_SECONDS = 30
# A phone's clock may be a little off, and typing takes time: one step each way is what
# RFC 6238, 5.2, recommends.
STEPS_AROUND = (0, -1, 1)
LAST_STEP = "last_step"
MAX_CODE = 20


def accept_code(request: HttpRequest, user: User, code: str) -> Authenticator | None:
    """What this code is of; None when it is wrong, or was used before.

    Raises TooManyTries: then it was not looked at.
    """
    attempt = _attempt_of(request, user)
    try:
        with transaction.atomic():
            attempt.begin()
            found = _use(user, "".join(code.split())[:MAX_CODE])
            if found is None:
                attempt.was_wrong()
    except TooManyTries:
        _tell_owner(user, visitor_address(request))
        raise
    return found


def step_of(secret: str, code: str, *, after: int, now: datetime) -> int | None:
    """The 30 seconds that a code is of, later than those of the last one; else None.

    ``secret``: in base 32, as the app has it.
    """
    current = int(now.timestamp()) // STEP_SECONDS
    for step in (current + around for around in STEPS_AROUND):
        expected = format_hotp_value(hotp_value(secret, step)).encode()
        if hmac.compare_digest(code.encode(), expected) and step > after:
            return step
    return None


@dataclass(frozen=True)
class CodeTry:
    buckets: tuple[ThrottleBucket, ...]

    def begin(self) -> None:
        for bucket in self.buckets:
            wait = throttles.lock_throttle(bucket)
            if wait:
                raise TooManyTries(wait)

    def was_wrong(self) -> None:
        for bucket in self.buckets:
            throttles.count_try(bucket)


def _attempt_of(request: HttpRequest, user: User) -> CodeTry:
    """Who guesses from elsewhere cannot use up the tries of a known browser."""
    browser = browser_of(request, user)
    limits, name = rules.CODE_STRANGERS, str(user.pk)
    if browser:
        limits, name = rules.CODE_KNOWN_BROWSER, f"{user.pk}:{browser}"
    return CodeTry(tuple(ThrottleBucket(limit, name) for limit in limits))


def _use(user: User, code: str) -> Authenticator | None:
    """In the transaction of the try: one code at a time of one person."""
    theirs = Authenticator.objects.select_for_update().filter(user_id=user.pk)
    by_type = {each.type: each for each in theirs}
    app = by_type.get(Authenticator.Type.TOTP)
    if app is not None and use_app_code(app, code):
        return app
    codes = by_type.get(Authenticator.Type.RECOVERY_CODES)
    if codes is not None and codes.wrap().validate_code(code):
        return codes
    return None


def use_app_code(app: Authenticator, code: str) -> bool:
    """Whether the code is right and later than the last one, which it then is."""
    secret = decrypt(app.data["secret"])
    step = step_of(secret, code, after=app.data.get(LAST_STEP, 0), now=clock.now())
    if step is None:
        return False
    app.data[LAST_STEP] = step
    app.save(update_fields=["data"])
    return True


def _tell_owner(user: User, address: str) -> None:
    """Once an hour: only who knows the password comes as far as the codes."""
    letter = ThrottleBucket(rules.CODE_LETTER, str(user.pk))
    if throttles.count_try(letter) is None:
        enqueue(tell_of_codes, user_id=user.pk, address=address)


@job(queue="letters")
def tell_of_codes(user_id: int, address: str) -> None:
    user = User.objects.get(pk=user_id)
    record_audit(
        "sign-in refused",
        subject=user,
        actor=None,
        why="too many wrong codes",
        address=address,
    )
    sign_in_letters.codes_guessed(to=user.email, at=clock.now(), address=address)
