"""What is noted when somebody comes in: by the campus account, or by a password that an
administrator keeps for when the identity provider is away.
"""

from typing import Any

from django.http import HttpRequest

from quadline.accounts.models import User
from quadline.accounts.single_sign_on import letters_about
from quadline.accounts.single_sign_on.models import is_break_glass
from quadline.accounts.single_sign_on.passwords_off import are_passwords_off
from quadline.accounts.visitors import visitor_address
from quadline.audit.models import record_audit

CAMPUS_SESSION = "campus_sign_in"  # how to sign out at the provider, too


def campus_login_in(hooks: dict[str, Any]) -> Any:
    """allauth's login of a campus account; None for any other way in."""
    return (hooks.get("signal_kwargs") or {}).get("sociallogin")


def is_trusted_session(request: HttpRequest) -> bool:
    """Whether the identity provider has asked for a second factor in our place."""
    return bool(request.session.get(CAMPUS_SESSION, {}).get("is_trusted"))


def note_sign_in(request: HttpRequest, user: User, campus: Any) -> None:
    """``campus``: None for a way in of ours."""
    if campus:
        _note_campus_sign_in(request, user, campus.state["campus"])
        return
    # Of whoever used this browser before.
    request.session.pop(CAMPUS_SESSION, None)
    if are_passwords_off():
        _note_break_glass(request, user)


def _note_campus_sign_in(
    request: HttpRequest, user: User, kept: dict[str, Any]
) -> None:
    request.session[CAMPUS_SESSION] = kept
    record_audit(
        "signed in with a campus account",
        subject=user,
        actor=user,
        provider=kept["provider"],
    )


def _note_break_glass(request: HttpRequest, user: User) -> None:
    """A named administrator used a password while campus sign-in is on; somebody of
    another domain may, and nobody needs to hear of it.
    """
    if is_break_glass(user):
        address = visitor_address(request)
        record_audit(
            "signed in with a kept password", subject=user, actor=user, address=address
        )
        letters_about.tell_of_break_glass(user, address)
