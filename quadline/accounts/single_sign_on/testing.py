"""A test sign-in: an administrator goes to the provider and back, and reads what would
have become of them. Nobody is signed in by it.
"""

from typing import Any

from django.http import HttpRequest

from quadline import clock
from quadline.accounts.single_sign_on.models import SignInConnection
from quadline.accounts.single_sign_on.rules import CampusIdentity, NoEntry
from quadline.audit.models import record_audit

PENDING, RESULT = "campus_test_under_way", "campus_test_result"
# A session's row holds them until they are shown: what a person can look through.
MAX_SHOWN = 60  # claims; each with some values
# They say nothing of a person that a rule could go by (OpenID Connect Core, 2).
OF_THE_TOKEN = frozenset(
    (
        *("at_hash", "aud", "auth_time", "azp", "c_hash", "exp"),
        *("iat", "iss", "jti", "nbf", "nonce", "sid"),
    )
)
MAX_SHOWN_VALUES, MAX_SHOWN_LETTERS = 20, 200


def begin_test(request: HttpRequest) -> None:
    request.session[PENDING] = True


def is_testing(request: HttpRequest) -> bool:
    """Only while somebody is signed in: a test ends with their session."""
    return request.user.is_authenticated and bool(request.session.get(PENDING))


def note_fault(request: HttpRequest, words: str, detail: str) -> None:
    request.session.pop(PENDING, None)
    request.session[RESULT] = {"words": words, "detail": detail[:300], "is_good": False}


def note_success(
    request: HttpRequest, identity: CampusIdentity, connection: SignInConnection
) -> None:
    from quadline.accounts.single_sign_on.admitting import look_at

    request.session.pop(PENDING, None)
    _, verdict = look_at(identity, connection)
    now = clock.now()
    # Not one that was saved again while this test was under way.
    SignInConnection.objects.filter(
        pk=connection.pk, changed_at=connection.changed_at
    ).update(tested_at=now)
    record_audit(
        "campus sign-in tested",
        subject=connection,
        actor=request.user,
        provider=connection.issuer,
    )
    request.session[RESULT] = {
        "is_good": True,
        "email": identity.email,
        "verified": _verified_words(identity),
        "refusal": verdict.value if isinstance(verdict, NoEntry) else "",
        "role": "" if isinstance(verdict, NoEntry) else verdict.role.value,
        "office": "" if isinstance(verdict, NoEntry) else verdict.office or "",
        "claims": _shown(identity),
    }


def take_result(request: HttpRequest) -> dict[str, Any] | None:
    """Shown once."""
    result: dict[str, Any] | None = request.session.pop(RESULT, None)
    return result


def _verified_words(identity: CampusIdentity) -> str:
    if identity.email_verified is None:
        return "you vouch for it" if identity.is_vouched_for else "not said"
    return "verified" if identity.email_verified else "not verified"


def _shown(identity: CampusIdentity) -> list[list[Any]]:
    shown = []
    claims = [each for each in sorted(identity.claims) if each not in OF_THE_TOKEN]
    for name in claims[:MAX_SHOWN]:
        values = identity.claims[name]
        shown.append(
            [name, [value[:MAX_SHOWN_LETTERS] for value in values[:MAX_SHOWN_VALUES]]]
        )
    return shown
