"""The link to the first account: made while there is no account, opened once, and
closed for good by the first account, however it is made.
"""

import hashlib
import secrets
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from quadline.accounts.models import User
from quadline.setup.models import SetupLink
from quadline.setup.rules import LINK_LASTS, may_open

KEY_BYTES = 32
FIRST_RUN_IN_TURN = "SELECT pg_advisory_xact_lock(hashtextextended('first run', 0))"


class SetupClosed(Exception):
    """There is an account: nobody makes a first one any more."""


def is_closed() -> bool:
    """Also when every account was deactivated, or taken out of the database by hand."""
    if User.objects.exists():
        return True
    return SetupLink.objects.exclude(used_at=None).exists()


def make_link(*, now: datetime) -> str:
    """A new link, printed once and kept as a digest; those before it count no more.

    The key stands behind a #: a browser sends that to nobody, so no proxy logs it.
    Raises SetupClosed.
    """
    key = secrets.token_urlsafe(KEY_BYTES)
    with transaction.atomic():
        in_turn()
        if is_closed():
            raise SetupClosed
        SetupLink.objects.all().delete()
        SetupLink.objects.create(
            digest=_digest_of(key),
            made_at=now,
            expires_at=now + LINK_LASTS,
        )
    return f"{settings.PUBLIC_URL}/setup/#{key}"


def open_link(key: str, *, now: datetime) -> int | None:
    """Exchange a key: the id of its link, for a session; None for one that is wrong,
    too old, or was opened before. Raises SetupClosed.
    """
    with transaction.atomic():
        in_turn()
        if is_closed():
            raise SetupClosed
        link = SetupLink.objects.filter(digest=_digest_of(key)).first()
        if link is None or not may_open(link.facts, now=now):
            return None
        link.opened_at = now
        link.save(update_fields=["opened_at"])
    return link.pk


def in_turn() -> None:
    """Until the caller's transaction ends nobody else makes or uses a link: a row that
    is not there yet cannot be locked.
    """
    with connection.cursor() as cursor:
        cursor.execute(FIRST_RUN_IN_TURN)


def _digest_of(key: str) -> str:
    """No salt: there is nothing to guess in 256 random bits."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
