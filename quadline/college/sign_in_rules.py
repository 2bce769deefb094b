"""What the college decides about signing in: second factors, and how long a session
lasts. No database here.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

ROLES = ("advisor", "lead", "administrator", "auditor")
IDLE_MINUTES = (5, 14 * 24 * 60)
# NIST SP 800-63B: nobody stays signed in for more than 30 days.
WHOLE_HOURS = (1, 30 * 24)


def _roles(written: str) -> str:
    """In the order of ROLES, whatever order it was written in."""
    names = _names(written)
    if names in ([], ["none"]):
        return "none"
    for name in names:
        if name not in ROLES:
            raise ValueError(f"{name!r} is not a role. Use {_listed(ROLES)}, or none.")
    return ",".join(role for role in ROLES if role in names)


def _day(written: str) -> str:
    try:
        return date.fromisoformat(written).isoformat() if written else ""
    except ValueError as error:
        raise ValueError("is not a day. Write it as 2027-01-31.") from error


def _minutes(written: str) -> str:
    return _for_each_role(written, *IDLE_MINUTES)


def _hours(written: str) -> str:
    return _for_each_role(written, *WHOLE_HOURS)


def _for_each_role(written: str, least: int, most: int) -> str:
    found: dict[str, int] = {}
    for part in _names(written):
        name, _, number = (each.strip() for each in part.partition(":"))
        is_number = (
            number.isascii() and number.isdigit() and len(number) <= len("99999")
        )
        if name not in ROLES or not is_number:
            raise ValueError(f"cannot be read at {part!r}. Write advisor:60,lead:60,…")
        found[name] = int(number)
        if not least <= found[name] <= most:
            raise ValueError(f"has {number} for {name}; use {least} to {most}.")
    if missing := [role for role in ROLES if role not in found]:
        raise ValueError(f"says nothing for {_listed(missing)}.")
    return ",".join(f"{role}:{found[role]}" for role in ROLES)


def _names(written: str) -> list[str]:
    parts = [part.strip() for part in written.split(",")]
    return [part for part in parts if part]


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(names)


class SignInSettings(BaseModel):
    """A part of ``CollegeSettings``."""

    second_factor_roles: Annotated[str, AfterValidator(_roles)] = Field(
        default="administrator",
        description=(
            "Roles that must sign in with a second factor:"
            " administrator,auditor; or none."
        ),
    )
    second_factor_from: Annotated[str, AfterValidator(_day)] = Field(
        default="",
        description="From which day on they must, such as 2027-01-31. Empty: at once.",
    )
    confirm_again_minutes: int = Field(
        default=15,
        ge=1,
        le=24 * 60,
        description=(
            "How long after signing in or confirming, exports, API tokens and the like"
            " ask nobody to confirm again."
        ),
    )
    session_idle_minutes: Annotated[str, AfterValidator(_minutes)] = Field(
        default="advisor:480,lead:480,administrator:60,auditor:60",
        description=(
            "Minutes without anything done after which each role signs in again."
        ),
    )
    session_hours: Annotated[str, AfterValidator(_hours)] = Field(
        default="advisor:336,lead:336,administrator:24,auditor:24",
        description=(
            "Hours after which each role signs in again, whatever was done. At most"
            " 720."
        ),
    )

    @property
    def roles_with_second_factor(self) -> frozenset[str]:
        return frozenset(_names(self.second_factor_roles)) - {"none"}

    @property
    def second_factor_day(self) -> date | None:
        """None: at once."""
        written = self.second_factor_from
        return date.fromisoformat(written) if written else None

    @property
    def confirm_again(self) -> timedelta:
        return timedelta(minutes=self.confirm_again_minutes)

    def session_idle(self, role: str) -> timedelta:
        return timedelta(minutes=_by_role(self.session_idle_minutes)[role])

    def session_whole(self, role: str) -> timedelta:
        return timedelta(hours=_by_role(self.session_hours)[role])


@lru_cache
def _by_role(written: str) -> Mapping[str, int]:
    pairs = (part.partition(":") for part in _names(written))
    return {role: int(number) for role, _, number in pairs}
