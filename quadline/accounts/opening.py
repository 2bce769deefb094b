"""An account is opened: its user, the address it signs in with, and the record."""

from allauth.account.models import EmailAddress
from django.db import transaction

from quadline.accounts.models import User
from quadline.audit.models import record_audit


@transaction.atomic
def open_account(user: User, *, actor: User | None) -> None:
    """Save a new user who can sign in. ``actor``: nobody, for a command.

    Raises ValidationError when a field cannot be what it is, or the address has an
    account.
    """
    user.full_clean()
    user.save()
    EmailAddress.objects.create(
        user=user,
        email=user.email,
        verified=True,
        primary=True,
    )
    record_audit(
        "account made",
        subject=user,
        actor=actor,
        role=user.role,
    )
