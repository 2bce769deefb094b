"""Whose password opens Quadline while people sign in with their campus account."""

from quadline.accounts.models import User
from quadline.accounts.single_sign_on import rules
from quadline.accounts.single_sign_on.models import (
    current_policy,
    is_break_glass,
    live_connection,
)


def may_use_password(user: User) -> bool:
    if not are_passwords_off():
        return True
    return rules.opens_by_password(
        user.email,
        is_named=is_break_glass(user),
        rules=current_policy().rules,
    )


def are_passwords_off() -> bool:
    """For the people of the college's domains; others have no campus account."""
    return live_connection() is not None and current_policy().passwords_off
