"""How the college's identity provider is reached, and what the college chose for those
who come from it.
"""

from typing import TYPE_CHECKING

from django.db import models

from quadline.accounts.rules import Role
from quadline.accounts.single_sign_on.rules import (
    OfficeRule,
    RoleRule,
    SignInRules,
    Unmapped,
)

if TYPE_CHECKING:
    from quadline.accounts.models import User

# Characters: what allauth's accounts hold, the kind of provider before it.
MAX_PROVIDER_ID = 190
MAX_SUBJECT_ID = 191


class Protocol(models.TextChoices):
    OPENID_CONNECT = "oidc", "OpenID Connect"
    SAML = "saml", "SAML 2.0"


class SignInConnection(models.Model):
    """One identity provider. At most one is live, and one is being tried."""

    protocol = models.CharField(max_length=10, choices=Protocol.choices)
    # OpenID Connect: its address. SAML: its entity id.
    issuer = models.CharField(max_length=MAX_PROVIDER_ID)
    client_id = models.CharField(max_length=255, blank=True)
    sealed_secret = models.TextField(blank=True)  # sealing.py
    metadata_url = models.CharField(max_length=500, blank=True)
    # What the provider says of itself: its discovery document, or what its SAML
    # metadata come to.
    described = models.JSONField(default=dict)
    is_vouched_for = models.BooleanField(default=False)
    signs_requests = models.BooleanField(default=False)
    # Kept when a connection is saved again: the provider knows this one.
    our_certificate = models.TextField(blank=True)  # PEM
    sealed_key = models.TextField(blank=True)
    is_live = models.BooleanField(default=False)
    changed_at = models.DateTimeField()
    tested_at = models.DateTimeField(null=True)  # with these values

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["is_live"], name="one_sign_in_of_a_kind")
        ]

    def __str__(self) -> str:
        return f"{self.get_protocol_display()} {self.issuer}"

    @property
    def provider_id(self) -> str:
        """What allauth calls it in the accounts that are linked to it."""
        return f"{self.protocol}:{self.issuer}"

    @property
    def is_saml(self) -> bool:
        return self.protocol == Protocol.SAML


class SignInPolicy(models.Model):
    """One row: which addresses, which roles and offices, and whose passwords."""

    ONLY = 1

    domains = models.JSONField(default=list)
    role_rules = models.JSONField(default=list)  # [claim, value, role]
    office_claim = models.CharField(max_length=200, blank=True)
    office_rules = models.JSONField(default=list)  # [value, office]
    unmapped = models.CharField(max_length=10, default=Unmapped.REFUSE.value)
    links_accounts = models.BooleanField(default=False)
    creates_accounts = models.BooleanField(default=False)
    follows_claims = models.BooleanField(default=False)
    passwords_off = models.BooleanField(default=False)
    # It asks for a second factor itself, so that Quadline need not.
    trusts_second_factor = models.BooleanField(default=False)
    # who may use a password then, for when the provider is away
    break_glass = models.ManyToManyField("accounts.User", related_name="+")
    # Each form brings the one that it showed: two at once do not overwrite each other.
    version = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return "Signing in"

    @property
    def rules(self) -> SignInRules:
        return SignInRules(
            domains=frozenset(self.domains),
            role_rules=tuple(
                RoleRule(claim, value, Role(role))
                for claim, value, role in self.role_rules
            ),
            office_claim=self.office_claim,
            office_rules=tuple(OfficeRule(*rule) for rule in self.office_rules),
            unmapped=Unmapped(self.unmapped),
            links_accounts=self.links_accounts,
            creates_accounts=self.creates_accounts,
            follows_claims=self.follows_claims,
            passwords_off=self.passwords_off,
        )


def live_connection() -> SignInConnection | None:
    """None while nobody signs in with a campus account."""
    return SignInConnection.objects.filter(is_live=True).first()


def draft_connection() -> SignInConnection | None:
    """The one that an administrator is trying out."""
    return SignInConnection.objects.filter(is_live=False).first()


def current_policy() -> SignInPolicy:
    return SignInPolicy.objects.filter(pk=SignInPolicy.ONLY).first() or SignInPolicy(
        pk=SignInPolicy.ONLY
    )


def named_with_password(policy: SignInPolicy) -> list["User"]:
    """The named administrators who can still come in by theirs."""
    named = policy.break_glass.filter(is_active=True, role=Role.ADMINISTRATOR)
    return [user for user in named if user.has_usable_password()]


def is_break_glass(user: "User") -> bool:
    """Named, and still an active administrator."""
    named = SignInPolicy.break_glass.through.objects.filter(user_id=user.pk)
    return user.is_active and user.role == Role.ADMINISTRATOR and named.exists()
