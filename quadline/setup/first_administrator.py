"""The first account: one person wins, whoever else has the form before them."""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from quadline.accounts.models import User
from quadline.accounts.opening import open_account
from quadline.accounts.rules import Role
from quadline.audit.models import record_audit
from quadline.setup.links import SetupClosed, in_turn, is_closed
from quadline.setup.models import SetupLink
from quadline.setup.rules import may_use


class LinkGone(Exception):
    """A newer link was made, or this one was opened too long ago. Nothing was made."""


def open_first_account(
    *,
    link_id: int,
    email: str,
    name: str,
    password: str,
    now: datetime,
) -> User:
    """Make the administrator that all others come from, and close the first run.

    ``link_id``: of the link that the same person opened. Raises ValidationError,
    LinkGone, SetupClosed.
    """
    user = User(email=email.strip().lower(), name=name, role=Role.ADMINISTRATOR)
    validate_password(password, user)
    # Before the turn: a hash is slow on purpose, and the other person would wait.
    user.set_password(password)
    with transaction.atomic():
        in_turn()
        if is_closed():
            raise SetupClosed
        link = SetupLink.objects.filter(pk=link_id).first()
        if link is None or not may_use(link.facts, now=now):
            raise LinkGone
        open_account(user, actor=None)
        link.used_at, link.used_by = now, user
        link.save(update_fields=["used_at", "used_by"])
        record_audit("first run", subject=user, actor=user)
    return user


def may_make_first_account(link_id: int | None, *, now: datetime) -> bool:
    link = SetupLink.objects.filter(pk=link_id or 0).first()
    return link is not None and may_use(link.facts, now=now)
