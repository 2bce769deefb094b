"""API tokens: make one, take it back, and find whose it is. The tokens of the college's
directory (directory_tokens.py) are made and taken back in the same way.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from quadline.accounts.models import ApiToken, SecretToken, User
from quadline.audit.models import record_audit

# So that people, and scanners for secrets in code, know one when they see it.
KEY_PREFIX = "ql_"
RANDOM_BYTES = 32
SHOWN_CHARACTERS = (
    8  # characters that are kept, so that its owner knows which one it is
)
MAX_TOKEN_NAME = 80
NOTED_EVERY = timedelta(minutes=1)  # a use is not worth a write each time


class TokenRefused(ValueError):
    """No token was made; the message says why, in plain words."""


def make_token(
    *,
    user: User,
    name: str,
    actor: User | None,
    now: datetime,
) -> tuple[ApiToken, str]:
    """A new token of a staff user, and its words, which nobody can
    read again. Raises TokenRefused.
    """
    name = name_of_token(name)
    if not user.is_active:
        raise TokenRefused(f"{user.name}'s account is deactivated. No token was made.")
    words = KEY_PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    with transaction.atomic():
        token = ApiToken.objects.create(
            user=user, name=name, created_at=now, **kept_of(words)
        )
        record_audit(
            "API token made",
            subject=token,
            actor=actor,
            of=user.email,
            name=name,
        )
    return token, words


def name_of_token(name: str) -> str:
    """On one line. Raises TokenRefused for none, and for one that is too long."""
    name = " ".join(name.replace("\x00", "").split())
    if not name:
        raise TokenRefused(
            "Give the token a name that says what it is for. No token was made."
        )
    if len(name) > MAX_TOKEN_NAME:
        raise TokenRefused(
            f"A name has at most {MAX_TOKEN_NAME} characters. No token was made."
        )
    return name


def kept_of(words: str) -> dict[str, str]:
    """What a row has of a token: enough to know it again, and not to use it."""
    return {"prefix": words[:SHOWN_CHARACTERS], "digest": digest_of(words)}


def revoke_token(
    token: SecretToken,
    *,
    actor: User,
    now: datetime,
) -> bool:
    """From now on it opens nothing. False when it was revoked already."""
    with transaction.atomic():
        # By the row as it is: of two who revoke it at once, one is on record.
        live = type(token)._default_manager.filter(pk=token.pk, revoked_at=None)
        if not live.update(revoked_at=now):
            return False
        action = f"{token.KIND} revoked"
        record_audit(action, subject=token, actor=actor, name=token.name)
        return True


def user_of(words: str, *, now: datetime) -> User | None:
    """Whose token this is; None when it is unknown or revoked,
    or the account is switched off.
    """
    live = ApiToken.objects.filter(digest=digest_of(words), revoked_at=None)
    token = live.select_related("user").first()
    if token is None or not token.user.is_active:
        return None
    note_use(token, now=now)
    return token.user


def note_use(token: SecretToken, *, now: datetime) -> None:
    """Once a minute at most: programs ask many times in a row."""
    # In the statement: two processes that ask at once write once.
    is_due = Q(last_used_at=None) | Q(last_used_at__lt=now - NOTED_EVERY)
    same = type(token)._default_manager.filter(is_due, pk=token.pk)
    same.update(last_used_at=now)


def digest_of(words: str) -> str:
    # A header may bring half of a surrogate pair, which has no bytes.
    given = words.encode("utf-8", "replace")
    return hashlib.sha256(given).hexdigest()
