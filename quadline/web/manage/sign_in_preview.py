"""What settings of signing in mean before they are saved: for whom, from when on."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.utils.dateformat import format as date_format

from quadline.accounts.factors import TOTP, WEBAUTHN, today
from quadline.accounts.models import User
from quadline.college.rules import CollegeSettings
from quadline.college.sign_in_rules import ROLES

MAX_NAMES_SHOWN = 5


def signing_in(
    then: CollegeSettings, now: CollegeSettings, user: User, sample: str
) -> dict[str, Any]:
    """Of the accounts as they are, so that nobody is surprised."""
    must = User.objects.filter(
        role__in=then.roles_with_second_factor, is_active=True
    ).order_by("name")
    have = Authenticator.objects.filter(type__in=[TOTP, WEBAUTHN]).values("user_id")
    without = list(must.exclude(pk__in=have))
    day, roles = then.second_factor_day, then.roles_with_second_factor
    return {
        "roles": [f"{role}s" for role in ROLES if role in roles],
        "must": must.count(),
        "without": [person.name for person in without[:MAX_NAMES_SHOWN]],
        "more": max(0, len(without) - MAX_NAMES_SHOWN),
        "is_me": user in without,
        "from_day": date_format(day, "F j, Y") if day and day > today() else "",
        "nobody_manages_safely": "administrator" not in roles,
        "is_shorter": any(_is_shorter(then, now, role) for role in ROLES),
    }


def _is_shorter(then: CollegeSettings, now: CollegeSettings, role: str) -> bool:
    return then.session_idle(role) < now.session_idle(role) or then.session_whole(
        role
    ) < now.session_whole(role)
