"""What the page Signing in shows: the connections, the rules, and what was typed."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse

from quadline import clock
from quadline.accounts.models import Office, User
from quadline.accounts.rules import Role
from quadline.accounts.single_sign_on.configuring import NotConfigured, PolicyGiven
from quadline.accounts.single_sign_on.faults import REFUSAL_WORDS
from quadline.accounts.single_sign_on.models import (
    SignInConnection,
    SignInPolicy,
    current_policy,
    draft_connection,
    live_connection,
    named_with_password,
)
from quadline.accounts.single_sign_on.rules import NoEntry

BLANK_ROWS = 2
# Change windows of a campus come once a month.
SOON = timedelta(days=30)


def context(
    *,
    fault: NotConfigured | None = None,
    result: dict[str, Any] | None = None,
    openid: Any = None,
    saml: Any = None,
    policy: PolicyGiven | None = None,
    forgotten: str = "",
) -> dict[str, Any]:
    draft, live, kept = draft_connection(), live_connection(), current_policy()
    return {
        "fault": {fault.field: str(fault)} if fault else {},
        "fault_words": str(fault) if fault else "",
        "draft": draft,
        "live": live,
        "certificates": certificates_of(draft or live),
        "result": _result(result),
        "openid": _openid(openid, draft or live),
        "saml": _saml(saml, draft or live),
        "rules": rules_shown(policy, kept),
        "forgotten": forgotten,
        "ours": {
            "return_url": f"{settings.PUBLIC_URL}{reverse('account_campus_return')}",
            "entity_id": f"{settings.PUBLIC_URL}{reverse('account_campus_metadata')}",
            "acs_url": f"{settings.PUBLIC_URL}{reverse('account_campus_acs')}",
            "after_url": f"{settings.PUBLIC_URL}{reverse('account_login')}",
        },
    }


def rules_shown(
    given: PolicyGiven | None,
    kept: SignInPolicy,
) -> dict[str, Any]:
    """What was typed, or what is kept; with rows left to fill in."""
    from_form: Any = given or kept
    role_rows = [list(rule) for rule in from_form.role_rules]
    office_rows = [list(rule) for rule in from_form.office_rules]
    named = given.break_glass if given else _named(kept)
    return {
        "version": kept.version,
        "domains": " ".join(from_form.domains),
        "role_rows": role_rows + [["", "", ""] for _ in range(BLANK_ROWS)],
        "office_claim": from_form.office_claim,
        "office_rows": office_rows + [["", ""] for _ in range(BLANK_ROWS)],
        "unmapped": from_form.unmapped,
        "links_accounts": from_form.links_accounts,
        "creates_accounts": from_form.creates_accounts,
        "follows_claims": from_form.follows_claims,
        "passwords_off": from_form.passwords_off,
        "nobody_named": kept.passwords_off and not named_with_password(kept),
        "trusts_second_factor": from_form.trusts_second_factor,
        "roles": [(role.value, role.value.title()) for role in Role],
        "offices": [office.name for office in Office.objects.all()],
        "administrators": [
            {"user": user, "is_named": user.pk in named}
            for user in User.objects.who_manage().order_by("name")
        ],
    }


def certificates_of(connection: SignInConnection | None) -> list[dict[str, Any]]:
    """Until when each of the provider's is good."""
    if connection is None or not connection.is_saml:
        return []
    from quadline.accounts.single_sign_on.metadata import expiry_of

    now = clock.now()
    found = []
    for certificate in connection.described["certificates"]:
        ends_at: datetime = expiry_of(certificate)
        found.append(
            {"ends_at": ends_at, "ended": ends_at < now, "soon": ends_at < now + SOON}
        )
    return found


def _named(kept: SignInPolicy) -> set[int]:
    # Not saved yet: a row without a key has no names to ask for.
    if not kept.version:
        return set()
    return set(kept.break_glass.values_list("pk", flat=True))


def _result(result: dict[str, Any] | None) -> dict[str, Any] | None:
    if result and result.get("refusal"):
        words = REFUSAL_WORDS[NoEntry(result["refusal"])]
        return result | {"refusal_words": words}
    return result


def _openid(written: Any, connection: SignInConnection | None) -> dict[str, Any]:
    if written is not None:
        return {
            "issuer": written.get("issuer", ""),
            "client_id": written.get("client_id", ""),
            "vouched": "vouched" in written,
            "open": True,
        }
    if connection is None or connection.is_saml:
        return {"open": connection is None}
    return {
        "issuer": connection.issuer,
        "client_id": connection.client_id,
        "vouched": connection.is_vouched_for,
        "has_secret": bool(connection.sealed_secret),
        "open": True,
    }


def _saml(written: Any, connection: SignInConnection | None) -> dict[str, Any]:
    if written is not None:
        return {
            "metadata_url": written.get("metadata_url", ""),
            "metadata": written.get("metadata", ""),
            "vouched": "vouched" in written,
            "signs_requests": "signs_requests" in written,
            "open": True,
        }
    if connection is None or not connection.is_saml:
        return {"open": False}
    return {
        "metadata_url": connection.metadata_url,
        "metadata": "",
        "vouched": connection.is_vouched_for,
        "signs_requests": connection.signs_requests,
        "open": True,
    }
