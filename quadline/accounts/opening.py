"""An account is opened: its user, the address it signs in with, and the record.

The one place where an account begins: invited, by the college's directory, by a command
or with the sample.
"""

from allauth.account.models import EmailAddress
from django.db import transaction

from quadline.accounts.models import User
from quadline.audit.models import record_audit

# Rows that the caller has just read; to ask for each again would double what an
# invitation of hundreds asks.
READ_BY_CALLER = {"office", "invited_by"}


def open_account(
    user: User, *, actor: User | None, action: str = "account made"
) -> None:
    """Save a new user who can sign in. ``actor``: nobody, for a command or the
    directory. ``action``: how it came about, in the audit trail's words.

    Raises ValidationError when a field cannot be what it is; IntegrityError when the
    address has an account, for which the caller's transaction must be undone.
    """
    user.clean_fields(exclude=READ_BY_CALLER)
    # Without a savepoint: whoever opens many at once opens all of them or none.
    with transaction.atomic(savepoint=False):
        # Whether the address is free is the database's to say: to ask first would leave
        # room for another request between the two.
        user.save(force_insert=True)
        # Verified: an administrator or the directory answers for it, and a link to
        # choose a password goes to it and nowhere else.
        EmailAddress.objects.create(
            user=user,
            email=user.email,
            verified=True,
            primary=True,
        )
        record_audit(action, subject=user, actor=actor, role=user.role)
