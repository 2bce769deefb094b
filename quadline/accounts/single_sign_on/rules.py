"""Who gets in with a campus account, and as what: what the identity provider said in,
a verdict out. No database here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from quadline.accounts.rules import Role, office_key

MAX_SAID = 254  # characters of an address: RFC 5321, 4.5.3.1.3
Claims = Mapping[str, Sequence[str]]  # each claim by its name, with all its values


class Unmapped(StrEnum):
    """What becomes of a person whose claims name no role."""

    REFUSE = "refuse"
    ADVISOR = "advisor"


class NoEntry(StrEnum):
    """Why somebody whom the identity provider knows does not get in."""

    NO_ADDRESS = "no address"  # no email came
    OTHER_DOMAIN = "other domain"  # the email is not the college's
    NOT_VERIFIED = "not verified"  # nobody vouches for the email
    SWITCHED_OFF = "switched off"  # the account here is
    OTHER_PERSON = "other person"  # the account belongs to another campus account
    NOT_LINKED = "not linked"  # the college links no account by its address alone
    NO_ACCOUNT = "no account"  # and none is made
    NO_ROLE = "no role"  # the claims name none, and the college gives none


@dataclass(frozen=True)
class RoleRule:
    claim: str
    value: str
    role: Role


@dataclass(frozen=True)
class OfficeRule:
    value: str
    office: str


@dataclass(frozen=True)
class SignInRules:
    """What the college chose on Manage › Signing in.

    ``domains``: in lower case. ``role_rules``: the first that holds counts.
    ``office_rules``: none: a value of ``office_claim`` is the name of the office.
    ``links_accounts``: a verified address opens the account that has it already.
    """

    domains: frozenset[str] = frozenset()
    role_rules: tuple[RoleRule, ...] = ()
    office_claim: str = ""
    office_rules: tuple[OfficeRule, ...] = ()
    unmapped: Unmapped = Unmapped.REFUSE
    links_accounts: bool = False
    creates_accounts: bool = False
    follows_claims: bool = False
    passwords_off: bool = False


@dataclass(frozen=True)
class CampusIdentity:
    """What a valid answer of the identity provider says of a person.

    ``subject``: never another person's. ``is_vouched_for``: the college's own provider
    assigns addresses, and people cannot change them. ``email_verified``: None when the
    provider does not say.
    """

    subject: str
    email: str
    email_verified: bool | None
    is_vouched_for: bool
    name: str = ""
    claims: Claims = field(default_factory=dict)


@dataclass(frozen=True)
class KnownAccount:
    """The account that an identity leads to, by its subject or else by its address."""

    role: Role
    is_active: bool
    is_linked: bool  # to this very identity
    is_linked_to_another: bool  # to another subject of the same provider
    is_last_administrator: bool
    keeps_role: bool  # a named administrator, whose role no claim changes


@dataclass(frozen=True)
class Admission:
    """They get in. ``office``: None: it stays as it is."""

    role: Role
    office: str | None
    makes_account: bool = False
    links_account: bool = False
    kept_last_administrator: bool = False


def domain_of(email: str) -> str:
    """In lower case; "" for what is no address."""
    written = email.strip().lower()
    before, at, domain = written.rpartition("@")
    # A line break would end in the head of an email, a NUL in no database.
    is_plain = written.isprintable() and " " not in written
    return domain if before and at and is_plain and len(written) <= MAX_SAID else ""


def admit(
    identity: CampusIdentity, account: KnownAccount | None, rules: SignInRules
) -> Admission | NoEntry:
    """The order is the order of what a person should hear first."""
    # First, so that nobody learns of an account by an address that is not theirs.
    if not (account and account.is_linked):
        refusal = _refused_address(identity, rules)
        if refusal:
            return refusal
    # Before roles are looked at: no rule and no claim can open it.
    if account and not account.is_active:
        return NoEntry.SWITCHED_OFF
    if account is None:
        return _admit_new(identity, rules)
    if account.is_linked_to_another:
        return NoEntry.OTHER_PERSON
    # An address may have been another person's; the college says whether it counts.
    if not account.is_linked and not rules.links_accounts:
        return NoEntry.NOT_LINKED
    return _admit_known(identity, account, rules)


def _refused_address(identity: CampusIdentity, rules: SignInRules) -> NoEntry | None:
    """An address that leads to an account must be the college's, and surely theirs."""
    domain = domain_of(identity.email)
    if not domain:
        return NoEntry.NO_ADDRESS
    if domain not in rules.domains:
        return NoEntry.OTHER_DOMAIN
    said = identity.email_verified
    # What the provider denies, nobody can vouch for.
    is_sure = identity.is_vouched_for if said is None else said
    return None if is_sure else NoEntry.NOT_VERIFIED


def _admit_new(identity: CampusIdentity, rules: SignInRules) -> Admission | NoEntry:
    role = _role_of(identity.claims, rules)
    if not rules.creates_accounts:
        return NoEntry.NO_ACCOUNT
    if role is None:
        return NoEntry.NO_ROLE
    return Admission(role, _office_of(identity.claims, rules), makes_account=True)


def _admit_known(
    identity: CampusIdentity, account: KnownAccount, rules: SignInRules
) -> Admission | NoEntry:
    links = not account.is_linked
    stays = Admission(account.role, None, links_account=links)
    if account.keeps_role or not rules.follows_claims:
        return stays
    role = _role_of(identity.claims, rules)
    if account.is_last_administrator and role != Role.ADMINISTRATOR:
        return replace(stays, kept_last_administrator=True)
    if role is None:
        return NoEntry.NO_ROLE
    return Admission(role, _office_of(identity.claims, rules), links_account=links)


def _role_of(claims: Claims, rules: SignInRules) -> Role | None:
    # In the college's order, not by rank: who writes the rules sees what counts.
    for rule in rules.role_rules:
        if rule.value in claims.get(rule.claim, ()):
            return rule.role
    return Role.ADVISOR if rules.unmapped == Unmapped.ADVISOR else None


def _office_of(claims: Claims, rules: SignInRules) -> str | None:
    """The name of an office; None when the claims name none."""
    given = claims.get(rules.office_claim, ()) if rules.office_claim else ()
    if not rules.office_rules:
        return next((value for value in given if office_key(value)), None)
    for rule in rules.office_rules:
        if rule.value in given:
            return rule.office
    return None


def opens_by_password(email: str, *, is_named: bool, rules: SignInRules | None) -> bool:
    """``rules``: None while no campus sign-in is on. ``is_named``: keeps a password."""
    if rules is None or not rules.passwords_off:
        return True
    return is_named or domain_of(email) not in rules.domains
