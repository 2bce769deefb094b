"""What django-allauth asks us about second factors: MFA_ADAPTER."""

import base64
import hashlib
from typing import Any

import structlog
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from quadline.accounts.device_words import device_words
from quadline.accounts.factors import LAST_ONE, LastFactor, check_removable
from quadline.college.current import college_settings

log = structlog.get_logger(__name__)
WRONG_CODE = "This code is wrong or was used already. Wait for the next one."


class StaffFactors(DefaultMFAAdapter):  # type: ignore[misc]  # allauth is untyped
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": WRONG_CODE,
        "cannot_delete_authenticator": LAST_ONE,
    }

    def get_totp_issuer(self) -> str:
        return f"Quadline, {college_settings().college_name}"

    def encrypt(self, text: str) -> str:
        """Who reads a copy of the database cannot make codes of it."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """A secret nobody has when SECRET_KEY is another by now: no code fits it."""
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            log.warning("a second factor of another SECRET_KEY: reset it")
            return str(generate_totp_secret())

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        try:
            check_removable(authenticator)
        except LastFactor:
            return False
        return True

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        return device_words(context.request.headers.get("User-Agent", ""))

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The name in the address: ALLOWED_HOSTS has only ours."""
        host = context.request.get_host()
        return {"id": host.partition(":")[0], "name": college_settings().college_name}


def _cipher() -> Fernet:
    key = hashlib.sha256(b"quadline.accounts.factors" + settings.SECRET_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(key.digest()))
