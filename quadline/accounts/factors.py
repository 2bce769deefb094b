"""Second factors: who must have one, who has which, and what changes them.

The rows are django-allauth's. Each change here is one transaction: rows, audit entry,
and an email to the owner.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils import timezone

from quadline import clock
from quadline.accounts.models import Throttle, User
from quadline.accounts.rules import CODE_KNOWN_BROWSER, CODE_STRANGERS, May
from quadline.accounts.session_rules import FactorRule
from quadline.accounts.sessions import end_all_sessions
from quadline.audit.models import record_audit
from quadline.college.current import college_settings
from quadline.emails import sign_in_letters
from quadline.jobs import enqueue, job

TOTP = Authenticator.Type.TOTP
WEBAUTHN = Authenticator.Type.WEBAUTHN
RECOVERY_CODES = Authenticator.Type.RECOVERY_CODES
MAX_PASSKEYS = 10
LAST_ONE = (
    "Your role requires a second factor, and this is your only one. Nothing was"
    " removed. Add another first."
)
# In the audit trail, and how the owner reads of it in the email.
CHANGES = {
    "authenticator app added": "An authenticator app was added.",
    "authenticator app removed": "Your authenticator app was removed.",
    "passkey added": "A passkey was added.",
    "passkey removed": "A passkey was removed.",
    "recovery codes made": "New recovery codes were made. The old ones no longer work.",
    "recovery code used": "A recovery code was used to sign in or to confirm.",
    "second factors reset": (
        "Your second factors were removed by your Quadline administrator, and you were"
        " signed out everywhere. Next time you sign in with your password."
    ),
}


class LastFactor(Exception):
    """It is the last one that the role requires. Nothing was removed."""


class ResetRefused(Exception):
    """Nothing was reset; the message says why, in plain words."""


@dataclass(frozen=True)
class FactorState:
    """What somebody has, and what their role requires."""

    app: Authenticator | None
    passkeys: tuple[Authenticator, ...]
    codes_left: int | None  # None: never made
    is_required: bool
    required_from: date | None  # None: at once

    @property
    def has_factor(self) -> bool:
        return self.app is not None or bool(self.passkeys)


def factor_rule() -> FactorRule:
    college = college_settings()
    return FactorRule(college.roles_with_second_factor, college.second_factor_day)


def today() -> date:
    return timezone.localtime(clock.now(), college_settings().zone).date()


def has_factor(user: User) -> bool:
    return bool(_factors_of(user).exists())


def lacks_required_factor(user: User) -> bool:
    """Whether nothing else is open to them before they set one up."""
    if not factor_rule().counts(user.role, today=today()):
        return False
    return not has_factor(user)


def factor_state(user: User) -> FactorState:
    rows = list(Authenticator.objects.filter(user_id=user.pk).order_by("created_at"))
    return state_in(user, rows)


def state_in(user: User, rows: Iterable[Authenticator]) -> FactorState:
    rows, rule = list(rows), factor_rule()
    codes = next((each for each in rows if each.type == RECOVERY_CODES), None)
    left = None if codes is None else len(codes.wrap().get_unused_codes())
    return FactorState(
        app=next((each for each in rows if each.type == TOTP), None),
        passkeys=tuple(each for each in rows if each.type == WEBAUTHN),
        codes_left=left,
        is_required=rule.asks(user.role),
        required_from=rule.from_day,
    )


def check_removable(authenticator: Authenticator) -> None:
    """Raises LastFactor. In a transaction it holds until its end: two removals at once
    wait for each other.
    """
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=authenticator.user_id)
        others = _factors_of(user).exclude(pk=authenticator.pk)
        if factor_rule().asks(user.role) and not others.exists():
            raise LastFactor(LAST_ONE)


def note_change(
    change: str, *, user: User, actor: Any, at: datetime, **detail: Any
) -> None:
    """Put a change on record and tell its owner, in the transaction that made it."""
    record_audit(change, subject=user, actor=actor, **detail)
    enqueue(tell_of_change, user_id=user.pk, change=change, at=at.isoformat())


@job(queue="letters")
def tell_of_change(user_id: int, change: str, at: str) -> None:
    user = User.objects.get(pk=user_id)
    sign_in_letters.factors_changed(
        to=user.email, at=datetime.fromisoformat(at), what=CHANGES[change]
    )


def reset_factors(user: User, *, actor: User | None) -> int:
    """Take all second factors from somebody who has lost them, and end their sessions.
    How many factors there were.

    ``actor``: an administrator; None from the command line. Raises ResetRefused.
    """
    if actor is not None and not actor.may[May.MANAGE]:
        raise ResetRefused("Only administrators reset second factors.")
    if actor == user:
        raise ResetRefused(
            "Nothing was reset: your own are under My profile, Security."
        )
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        theirs = Authenticator.objects.filter(user_id=user.pk)
        types = sorted(theirs.values_list("type", flat=True))
        theirs.delete()
        # Who mistyped often before they asked for help is not kept waiting.
        _forget_wrong_codes(user)
        if types:
            note_change(
                "second factors reset",
                user=user,
                actor=actor,
                at=clock.now(),
                were=types,
                # Whoever stole what was lost may sit in one of them.
                sessions_ended=end_all_sessions(user),
            )
    return len(types)


def _factors_of(user: User) -> Any:
    """Without recovery codes: they stand in for another factor."""
    return Authenticator.objects.filter(user_id=user.pk, type__in=[TOTP, WEBAUTHN])


def _forget_wrong_codes(user: User) -> None:
    kinds = [limit.kind for limit in (*CODE_STRANGERS, *CODE_KNOWN_BROWSER)]
    counted = Throttle.objects.filter(kind__in=kinds)
    counted.filter(name=str(user.pk)).delete()
    counted.filter(name__startswith=f"{user.pk}:").delete()
