"""A connection and rules as an administrator would have saved them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from quadline.accounts.models import SignInConnection, SignInPolicy, User
from quadline.accounts.single_sign_on import configuring
from quadline.accounts.single_sign_on.configuring import PolicyGiven
from quadline.accounts.single_sign_on.models import current_policy
from quadline.accounts.tests.conftest import plain_files, visitor
from tests.cast import Cast

__all__ = ["decide", "live", "plain_files", "visitor"]
Decide = Callable[..., SignInPolicy]
ROLES = (
    ("groups", "text-admins", "administrator"),
    ("groups", "text-leads", "lead"),
)


@pytest.fixture
def live(people: Cast) -> SignInConnection:
    return SignInConnection.objects.create(
        protocol="oidc",
        issuer="https://idp.alder.example",
        client_id="quadline",
        described={},
        is_live=True,
        changed_at=timezone.now(),
    )


@pytest.fixture
def decide(people: Cast) -> Decide:
    def save(actor: User | None = None, **changes: Any) -> SignInPolicy:
        rules: dict[str, Any] = {
            "domains": ("alder.example",),
            "role_rules": ROLES,
            "office_claim": "",
            "office_rules": (),
            "unmapped": "refuse",
            "links_accounts": True,
            "creates_accounts": True,
            "follows_claims": True,
            "passwords_off": False,
            "trusts_second_factor": False,
            "break_glass": frozenset(),
        }
        version = changes.pop("version", current_policy().version)
        return configuring.save_policy(
            PolicyGiven(**(rules | changes)), version=version, actor=actor or people.ada
        )

    return save
