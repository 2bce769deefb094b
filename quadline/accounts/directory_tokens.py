"""Keys of the college's directory: make one, and know one again. They are taken back as
API tokens are.
"""

import secrets
from datetime import datetime

from django.db import transaction

from quadline.accounts.models import DirectoryToken, User
from quadline.accounts.tokens import (
    RANDOM_BYTES,
    digest_of,
    kept_of,
    name_of_token,
    note_use,
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
            name=name, made_by=actor, created_at=now, **kept_of(words)
        )
        record_audit("directory token made", subject=token, actor=actor, name=name)
    return token, words


def is_directory(words: str, *, now: datetime) -> bool:
    """Whether these are the words of a key that counts."""
    live = DirectoryToken.objects.filter(digest=digest_of(words), revoked_at=None)
    token = live.first()
    if token is None:
        return False
    note_use(token, now=now)
    return True
