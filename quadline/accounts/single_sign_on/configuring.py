"""Acts of an administrator: say which identity provider, and whom it lets in."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import connection as database
from django.db import transaction

from quadline import clock
from quadline.accounts.models import User
from quadline.accounts.rules import Role
from quadline.accounts.single_sign_on import discovery, metadata
from quadline.accounts.single_sign_on.admitting import ADMITTED_IN_TURN
from quadline.accounts.single_sign_on.models import (
    MAX_PROVIDER_ID,
    Protocol,
    SignInConnection,
    SignInPolicy,
    current_policy,
    draft_connection,
    live_connection,
)
from quadline.accounts.single_sign_on.our_key import make_key
from quadline.accounts.single_sign_on.rules import Unmapped, domain_of
from quadline.accounts.single_sign_on.sealing import seal
from quadline.audit.models import record_audit

DOMAIN = re.compile(
    r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}"
)
# A form of more is no longer read by anybody; each is asked at every sign-in.
MAX_RULES = 50


class NotConfigured(ValueError):
    """Nothing was changed. ``field``: what is wrong; the message says how."""

    def __init__(
        self,
        field: str,
        words: str,
    ) -> None:
        super().__init__(words)
        self.field = field


class ConfiguredMeanwhile(Exception):
    """Somebody else saved the rules since they were read. Nothing was changed."""


@dataclass(frozen=True)
class OpenIDGiven:
    issuer: str
    client_id: str
    secret: str  # "": the one that is kept already
    is_vouched_for: bool


@dataclass(frozen=True)
class SamlGiven:
    """``written``: metadata; "" when ``url`` says where they are."""

    url: str
    written: str
    is_vouched_for: bool
    signs_requests: bool


@dataclass(frozen=True)
class PolicyGiven:
    domains: tuple[str, ...]
    role_rules: tuple[tuple[str, str, str], ...]
    office_claim: str
    office_rules: tuple[tuple[str, str], ...]
    unmapped: str
    links_accounts: bool
    creates_accounts: bool
    follows_claims: bool
    passwords_off: bool
    trusts_second_factor: bool
    break_glass: frozenset[int]


def save_openid(given: OpenIDGiven, *, actor: User) -> SignInConnection:
    """Asks the provider, then keeps it to be tried. Raises NotConfigured."""
    if not given.client_id or len(given.client_id) > 255:
        raise NotConfigured("client_id", "Enter the client id that the provider shows.")
    if len(given.issuer) > MAX_PROVIDER_ID:
        raise NotConfigured("issuer", f"It has over {MAX_PROVIDER_ID} characters.")
    sealed = seal(given.secret) or _kept_secret(given)
    if not sealed:
        raise NotConfigured("secret", "Enter the client secret.")
    try:
        described = discovery.discover(given.issuer)
    except discovery.NotFound as error:
        raise NotConfigured("issuer", str(error)) from error
    return _save_draft(
        actor,
        protocol=Protocol.OPENID_CONNECT,
        issuer=given.issuer,
        client_id=given.client_id,
        sealed_secret=sealed,
        described=described,
        is_vouched_for=given.is_vouched_for,
    )


def save_saml(given: SamlGiven, *, actor: User) -> SignInConnection:
    """Reads the provider's metadata and keeps them to be tried.

    Raises NotConfigured.
    """
    field = "metadata_url" if given.url and not given.written else "metadata"
    try:
        written = given.written or metadata.fetch_metadata(given.url)
        described = metadata.read_metadata(written)
    except metadata.NotUsable as error:
        raise NotConfigured(field, str(error)) from error
    key, certificate = _our_key() if given.signs_requests else ("", "")
    return _save_draft(
        actor,
        protocol=Protocol.SAML,
        issuer=described.pop("entity_id"),
        metadata_url="" if given.written else given.url,
        described=described,
        is_vouched_for=given.is_vouched_for,
        signs_requests=given.signs_requests,
        sealed_key=key,
        our_certificate=certificate,
    )


def switch_on(*, actor: User) -> SignInConnection:
    """What was tried is everybody's from now on. Raises NotConfigured."""
    with transaction.atomic():
        _in_turn()
        draft = draft_connection()
        if draft is None:
            raise NotConfigured("connection", "There is no connection to switch on.")
        if draft.tested_at is None:
            raise NotConfigured("connection", "Test the sign-in first.")
        if not current_policy().domains:
            raise NotConfigured("domains", "Enter the email domains of the college.")
        # First: at most one may be live, by a constraint.
        SignInConnection.objects.filter(is_live=True).delete()
        draft.is_live = True
        draft.save(update_fields=["is_live"])
        record_audit(
            "campus sign-in switched on",
            subject=draft,
            actor=actor,
            provider=draft.issuer,
        )
    return draft


def switch_off(*, actor: User | None) -> bool:
    """Passwords open every account again. False when it was off already.

    ``actor``: None on the server's own command line.
    """
    with transaction.atomic():
        _in_turn()
        live = live_connection()
        if live is None:
            return False
        # It becomes the draft, so that it is switched on again without being typed.
        SignInConnection.objects.filter(is_live=False).delete()
        live.is_live = False
        live.save(update_fields=["is_live"])
        record_audit(
            "campus sign-in switched off",
            subject=live,
            actor=actor,
            provider=live.issuer,
        )
    return True


def save_policy(given: PolicyGiven, *, version: int, actor: User) -> SignInPolicy:
    """Raises NotConfigured, ConfiguredMeanwhile."""
    _require_sound(given)
    with transaction.atomic():
        _in_turn()
        policy = current_policy()
        if policy.version != version:
            raise ConfiguredMeanwhile
        named = _named_administrators(given)
        _require_way_in(given)
        before = _on_record(policy)
        _write(policy, given)
        policy.break_glass.set(named)
        after = _on_record(policy)
        changed = {name: after[name] for name in after if after[name] != before[name]}
        if changed:
            was = {name: before[name] for name in changed}
            record_audit(
                "campus sign-in rules changed",
                subject=policy,
                actor=actor,
                was=was,
                now=changed,
            )
    return policy


def forget_link(
    user: User,
    *,
    actor: User,
) -> bool:
    """Whose campus account was replaced can be linked again. False: none was linked."""
    with transaction.atomic():
        ended, _ = SocialAccount.objects.filter(user=user).delete()
        if ended:
            record_audit("campus account unlinked", subject=user, actor=actor)
    return bool(ended)


def _require_sound(given: PolicyGiven) -> None:
    for domain in given.domains:
        if not DOMAIN.fullmatch(domain):
            raise NotConfigured(
                "domains", f"{domain[:80]!r} is not a domain, such as example.edu."
            )
    if max(len(given.role_rules), len(given.office_rules)) > MAX_RULES:
        raise NotConfigured("role_rules", f"At most {MAX_RULES} rules can be kept.")
    for rule in given.role_rules:
        claim, value, role = rule
        if not claim or not value:
            raise NotConfigured(
                "role_rules", "Each rule needs a claim, a value and a role."
            )
        if role not in list(Role):
            raise NotConfigured("role_rules", "Choose a role for each rule.")
    if given.office_rules and not given.office_claim:
        raise NotConfigured("office_claim", "Enter the claim that names the office.")
    if given.unmapped not in list(Unmapped):
        raise NotConfigured("unmapped", "Choose what happens when no rule matches.")
    needs_domains = given.links_accounts or given.creates_accounts
    if (needs_domains or given.passwords_off) and not given.domains:
        raise NotConfigured("domains", "Enter the email domains of the college.")


def _named_administrators(given: PolicyGiven) -> list[User]:
    """Without one who can get in, nobody could repair anything while the provider is
    away.
    """
    named = list(User.objects.who_manage().filter(pk__in=given.break_glass))
    if not given.passwords_off:
        return named
    if not any(user.has_usable_password() for user in named):
        raise NotConfigured(
            "break_glass",
            "Name at least one administrator who has a password. Without one, nobody"
            " gets in while the identity provider is away.",
        )
    return named


def _require_way_in(given: PolicyGiven) -> None:
    """Nobody is left with neither a password nor a campus account that opens theirs."""
    if not given.passwords_off or given.links_accounts:
        return
    live = live_connection()
    linked = SocialAccount.objects.filter(provider=live.provider_id if live else "")
    others = User.objects.filter(is_active=True).exclude(pk__in=given.break_glass)
    emails = others.exclude(pk__in=linked.values("user_id")).values_list("email")
    left = [email for (email,) in emails if domain_of(email) in given.domains]
    if left:
        people = "person has" if len(left) == 1 else "people have"
        raise NotConfigured(
            "links_accounts",
            f"{len(left)} {people} no linked campus account and could not get in."
            " Let a verified email address open accounts, or leave passwords on.",
        )


def _write(
    policy: SignInPolicy,
    given: PolicyGiven,
) -> None:
    policy.domains = list(given.domains)
    policy.role_rules = [list(rule) for rule in given.role_rules]
    policy.office_claim = given.office_claim
    policy.office_rules = [list(rule) for rule in given.office_rules]
    policy.unmapped = given.unmapped
    policy.links_accounts = given.links_accounts
    policy.creates_accounts = given.creates_accounts
    policy.follows_claims = given.follows_claims
    policy.passwords_off = given.passwords_off
    policy.trusts_second_factor = given.trusts_second_factor
    policy.version += 1
    policy.save()


def _on_record(policy: SignInPolicy) -> dict[str, Any]:
    fields = (
        *("domains", "role_rules", "office_claim", "office_rules", "unmapped"),
        *("links_accounts", "creates_accounts", "follows_claims", "passwords_off"),
        "trusts_second_factor",
    )
    # Addresses, not ids: who reads the trail later knows them by these.
    kept: dict[str, Any] = {name: getattr(policy, name) for name in fields}
    named: Iterable[str] = ()
    if policy.version:
        named = policy.break_glass.values_list("email", flat=True)
    return kept | {"break_glass": sorted(named)}


def _save_draft(actor: User, **values: Any) -> SignInConnection:
    with transaction.atomic():
        _in_turn()
        SignInConnection.objects.filter(is_live=False).delete()
        draft = SignInConnection.objects.create(changed_at=clock.now(), **values)
        record_audit(
            "campus sign-in connection saved",
            subject=draft,
            actor=actor,
            provider=draft.issuer,
            protocol=draft.protocol,
            vouched_for=draft.is_vouched_for,
        )
    return draft


def _kept_secret(given: OpenIDGiven) -> str:
    """Only for the same client of the same provider: nobody sends it elsewhere."""
    kept = SignInConnection.objects.filter(
        protocol=Protocol.OPENID_CONNECT,
        issuer=given.issuer,
        client_id=given.client_id,
    )
    same = kept.order_by("is_live").first()
    return same.sealed_secret if same else ""


def _our_key() -> tuple[str, str]:
    """The one that the provider may know already, sealed, and its certificate."""
    # A new key would be unknown there until somebody sends the metadata again.
    having = SignInConnection.objects.exclude(sealed_key="").order_by("-is_live")
    kept = having.first()
    if kept:
        return kept.sealed_key, kept.our_certificate
    host = urlsplit(settings.PUBLIC_URL).hostname or "quadline"
    key, certificate = make_key(host=host, now=clock.now())
    return seal(key), certificate


def _in_turn() -> None:
    with database.cursor() as cursor:
        cursor.execute(ADMITTED_IN_TURN)
