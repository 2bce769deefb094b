"""Keys of the college's directory: make one, take it back, and know one again."""

import secrets
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from quadline.accounts.models import DirectoryToken, User
from quadline.accounts.tokens import (
    NOTED_EVERY,
    RANDOM_BYTES,
    SHOWN_CHARACTERS,
    digest_of,
    name_of_token,
)
from quadline.audit.models import record_audit

# Another one than that of API tokens: neither is taken for the other.
DIRECTORY_KEY_PREFIX = "qd_"


def make_directory_token(
    *, name: str, actor: User, now: datetime
) -> tuple[DirectoryToken, str]:
    """A new key and its words, which nobody can read again. Raises TokenRefused."""
    name = name_of_token(name)
    words = DIRECTORY_KEY_PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    with transaction.atomic():
        token = DirectoryToken.objects.create(
            name=name,
            prefix=words[:SHOWN_CHARACTERS],
            digest=digest_of(words),
            made_by=actor,
            created_at=now,
        )
        record_audit("directory token made", subject=token, actor=actor, name=name)
    return token, words


def revoke_directory_token(
    token: DirectoryToken, *, actor: User, now: datetime
) -> bool:
    """From now on it opens nothing. False when it was revoked already."""
    with transaction.atomic():
        live = DirectoryToken.objects.filter(pk=token.pk, revoked_at=None)
        if not live.update(revoked_at=now):
            return False
        record_audit(
            "directory token revoked", subject=token, actor=actor, name=token.name
        )
    return True


def is_directory(words: str, *, now: datetime) -> bool:
    """Whether these are the words of a key that counts."""
    live = DirectoryToken.objects.filter(digest=digest_of(words), revoked_at=None)
    token = live.first()
    if token is None:
        return False
    # A directory asks thousands of times in a row.
    is_due = Q(last_used_at=None) | Q(last_used_at__lt=now - NOTED_EVERY)
    live.filter(is_due).update(last_used_at=now)
    return True
