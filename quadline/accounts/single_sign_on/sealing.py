"""Secrets of the campus sign-in, sealed with a key made from SECRET_KEY: who reads the
database or a backup of it alone cannot open them.
"""

from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.crypto import salted_hmac

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

SEAL_SALT = "quadline.accounts.single_sign_on.sealing"


class SealBroken(ValueError):
    """It was sealed with another SECRET_KEY, or changed since."""


def seal(secret: str) -> str:
    """For the database; "" stays ""."""
    if not secret:
        return ""
    return _fernet().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """Raises SealBroken."""
    from cryptography.fernet import InvalidToken

    if not sealed:
        return ""
    try:
        return str(_fernet().decrypt(sealed.encode()).decode())
    except InvalidToken as error:
        raise SealBroken from error


def _fernet() -> "Fernet":
    # Here: few processes ever open a seal.
    from cryptography.fernet import Fernet

    # Fernet wants 32 bytes; SECRET_KEY is of any length, and signs other things, too.
    key = salted_hmac(SEAL_SALT, "key", secret=settings.SECRET_KEY, algorithm="sha256")
    return Fernet(urlsafe_b64encode(key.digest()))
