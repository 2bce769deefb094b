"""A staff user: an advisor, coach, faculty member, or
one who looks after the system.
"""

from pathlib import PurePosixPath
from typing import Any, ClassVar

import pgtrigger
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.auth.password_validation import validate_password
from django.db import models
from django.templatetags.static import static
from django.urls import reverse
from django.utils.crypto import salted_hmac

from quadline.accounts.rules import (
    WHILE_AWAY,
    FirstTab,
    May,
    Role,
    allows,
    office_key,
)
from quadline.accounts.single_sign_on.models import SignInConnection, SignInPolicy
from quadline.sms import phones

__all__ = [
    "ApiToken",
    "Office",
    "SignInConnection",
    "SignInPolicy",
    "Throttle",
    "User",
]
TINTS = 8  # of the face that stands for somebody without a photo


class OfficeQuerySet(models.QuerySet["Office"]):
    def look_up(self, name: str) -> "Office | None":
        """The office of this name; a new one, not saved yet;
        None for a name without letters.
        """
        key = office_key(name)
        if not key:
            return None
        return self.filter(key=key).first() or self.model(
            name=" ".join(name.split()), key=key
        )

    def named(self, name: str) -> "Office | None":
        """Find the office of this name, or make it; None for a name without letters.

        Raises ValidationError for a name that is too long.
        """
        office = self.look_up(name)
        if office is None or office.pk:
            return office
        office.clean_fields()
        made, _ = self.get_or_create(key=office.key, defaults={"name": office.name})
        return made


class Office(models.Model):
    """A unit of the college. A lead sees the caseloads and inboxes of their own."""

    name = models.CharField(max_length=120)
    # Two spellings that differ in case or white space only are one office.
    key = models.TextField(unique=True, editable=False)
    phone = models.CharField(max_length=16, blank=True)  # E.164

    objects = OfficeQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def phone_written(self) -> str:
        return phones.written(self.phone)

    def save(self, *args: Any, **options: Any) -> None:
        self.key = office_key(self.name)
        super().save(*args, **options)


class UserManager(BaseUserManager["User"]):
    def create_user(
        self, email: str, password: str | None = None, **fields: Any
    ) -> "User":
        """A user whose address is stored in lower case; without a
        password nobody can sign in as them.

        ``office``: an Office, or the name of one.
        """
        office = fields.pop("office", None)
        if isinstance(office, str):
            office = Office.objects.named(office)
        user = self.model(
            office=office,
            email=email.strip().lower(),
            **fields,
        )
        user.set_password(password)
        user.save()
        return user

    def create_superuser(
        self, email: str, password: str | None = None, **fields: Any
    ) -> "User":
        """What Django's command ``createsuperuser`` calls: an administrator who can
        sign in at once.

        Raises ValidationError, also for a password that is easy to guess.
        """
        from quadline.accounts.opening import open_account  # it imports us

        user = self.model(
            email=email.strip().lower(), role=Role.ADMINISTRATOR, **fields
        )
        if password is not None:
            validate_password(password, user)
        user.set_password(password)
        # Django's command says in words what this finds, a taken address too.
        user.full_clean()
        open_account(user, actor=None)
        return user

    def with_address(self, email: str) -> "User | None":
        """The user who signs in with this address, however it is
        written. None for what no address can be.
        """
        written = email.strip().lower().replace("\x00", "")
        return self.filter(email=written).first()

    def who_manage(self) -> "models.QuerySet[User]":
        """The people who are told when something needs an administrator."""
        return self.filter(
            role=Role.ADMINISTRATOR,
            is_active=True,
            is_away=False,
        )


class User(AbstractBaseUser):
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    title = models.CharField(max_length=120, blank=True)
    role = models.CharField(
        max_length=20,
        choices=[(role.value, role.name.title()) for role in Role],
        default=Role.ADVISOR,
    )
    office = models.ForeignKey(
        Office,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="staff",
    )
    office_phone = models.CharField(max_length=16, blank=True)  # E.164
    time_zone = models.CharField(max_length=60, blank=True)
    # a file under static/portraits
    portrait = models.CharField(max_length=200, blank=True)
    # Their own picture, as photos.py has made it; it comes before a portrait.
    photo = models.FileField(upload_to="photos", blank=True, default="", db_default="")
    pronouns = models.CharField(max_length=40, blank=True, default="", db_default="")
    # Closes the emails that Quadline writes for them; several lines.
    signature = models.TextField(blank=True, default="", db_default="")
    is_active = models.BooleanField(default=True)
    # On leave, by the college's rule: they sign in and read, and do nothing else.
    is_away = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    # When an administrator last sent them a link to set their first password, and who.
    invited_at = models.DateTimeField(null=True, blank=True)
    invited_by = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    # How often all sessions ended at once: part of what proves a session.
    sessions_ended = models.PositiveIntegerField(default=0, db_default=0)
    # What they prefer: accounts/profiles.py.
    emails_when_active = models.BooleanField(default=True, db_default=True)
    enter_sends = models.BooleanField(default=True, db_default=True)
    opens_on = models.CharField(
        max_length=10,
        choices=[(tab.value, tab.name.title()) for tab in FirstTab],
        default=FirstTab.LAST_USED,
        db_default=FirstTab.LAST_USED.value,
    )

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=[role.value for role in Role]),
                name="user_role_known",
            )
        ]
        triggers = [
            # However an account is switched off, its tokens do not come back with it.
            pgtrigger.Trigger(
                name="tokens_end_with_account",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("is_active"),  # type: ignore[no-untyped-call]
                condition=pgtrigger.Q(old__is_active=True, new__is_active=False),
                func="""
                    UPDATE accounts_apitoken SET revoked_at = statement_timestamp()
                    WHERE user_id = NEW.id AND revoked_at IS NULL;
                    RETURN NEW;
                """,
            ),
            # Nor do its sessions. An object that was read before writes an old count:
            # it only rises.
            pgtrigger.Trigger(
                name="sessions_end_with_account",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF NEW.is_active <> OLD.is_active THEN
                        NEW.sessions_ended = OLD.sessions_ended + 1;
                    ELSIF NEW.sessions_ended < OLD.sessions_ended THEN
                        NEW.sessions_ended = OLD.sessions_ended;
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Django's, which ends sessions with the password; here also with the count.

        Django asks this one for each key of SECRET_KEY_FALLBACKS, too.
        """
        if not self.sessions_ended:
            return super()._get_session_auth_hash(secret=secret)  # type: ignore[misc,no-any-return]
        return salted_hmac(
            "quadline.accounts.sessions",
            f"{self.password}:{self.sessions_ended}",
            secret=secret,
            algorithm="sha256",
        ).hexdigest()

    @property
    def has_signed_in(self) -> bool:
        return self.last_login is not None

    @property
    def may(self) -> dict[str, bool]:
        """Each permission by its name, for views and
        templates: ``user.may["text"]``.
        """
        return {
            permission.value: self.is_active
            and allows(self.role, permission)
            and (not self.is_away or permission in WHILE_AWAY)
            for permission in May
        }

    @property
    def initials(self) -> str:
        return initials_of(self.name)

    @property
    def tint(self) -> int:
        return (self.pk or 0) % TINTS

    @property
    def photo_url(self) -> str:
        if self.photo:
            return reverse("photo", args=[PurePosixPath(str(self.photo)).name])
        if not self.portrait:
            return ""
        return static(f"portraits/{self.portrait}")

    @property
    def office_phone_written(self) -> str:
        return phones.written(self.office_phone) if self.office_phone else ""


class SecretToken(models.Model):
    """A key that opens something. Only a digest is kept: the key is shown once."""

    KIND: ClassVar[str]  # as the audit trail calls it

    name = models.CharField(max_length=80)
    # its first characters, by which people tell tokens apart
    prefix = models.CharField(max_length=12)
    # SHA-256: of 256 random bits, so nothing to guess
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class ApiToken(SecretToken):
    """A key with which a program acts as a staff user."""

    KIND = "API token"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")


class DirectoryToken(SecretToken):
    """The key with which the college's directory keeps accounts.

    It is nobody's own: it goes on working when the one who made it leaves.
    """

    KIND = "directory token"

    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")


class DirectoryEntry(models.Model):
    """An account as the college's directory last described it."""

    user = models.OneToOneField(
        User,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="directory_entry",
    )
    user_name = models.CharField(max_length=254, unique=True)  # in lower case
    attributes = models.JSONField()  # as SCIM has them (RFC 7643, 4.1)
    changed_at = models.DateTimeField()
    # Whom the directory has deleted, it does not see again until it adds them again.
    removed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.user_name


class Throttle(models.Model):
    """How often something was tried in a time that has not
    ended: accounts/throttles.py.
    """

    pk = models.CompositePrimaryKey("kind", "name")
    kind = models.CharField(max_length=20)  # of a Limit: accounts/rules.py
    name = models.CharField(max_length=60)
    count = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}: {self.count}"


def initials_of(name: str) -> str:
    """Up to two letters that stand for a name; "?" when it has none."""
    letters = [part[0] for part in name.split() if part[0].isalnum()]
    if not letters:
        return "?"
    initials = letters[0] if len(letters) == 1 else letters[0] + letters[-1]
    return initials.upper()
