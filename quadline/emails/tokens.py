"""Names that our emails carry: a Message-ID that stays the same, and an address that
says where an answer belongs.

The address is signed so that nobody can make one up. It is short and in lower case:
mail servers may change the case of what stands before the @, which holds 64 characters.
"""

import base64
import re
import uuid
from email.utils import parseaddr
from functools import lru_cache

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

REPLY_SALT = "quadline.emails.reply"
SIGNATURE_LENGTH = 16  # characters of five bits: 80 bits


def header_id(message_id: uuid.UUID, conversation_id: int) -> str:
    """The Message-ID of a message's one email.

    However often it is sent, a mail server can tell that it is the same.
    """
    domain = _domain_of(settings.DEFAULT_FROM_EMAIL)
    return f"<m.{message_id}.{conversation_id}@{domain}>"


def reply_address(conversation_id: int) -> str:
    """Where an answer in this conversation comes back to us;
    "" while EMAIL_REPLY_TO is not set.
    """
    name, _, domain = settings.ENV.email_reply_to.partition("@")
    return f"{name}+{_token(conversation_id)}@{domain}" if domain else ""


def conversation_in(address: str) -> int | None:
    """The conversation that an address of ours names; None for any other address, and
    for one that is made up.
    """
    name, _, _ = parseaddr(address)[1].lower().rpartition("@")
    _, plus, token = name.rpartition("+")
    written, dash, _ = token.partition("-")
    if not (
        plus
        and dash
        and written.isascii()
        and written.isdecimal()
        and len(written) <= 18
    ):
        return None
    return int(written) if constant_time_compare(token, _token(int(written))) else None


def reply_address_in(content: bytes) -> str:
    """A reply address of ours in something that could not be read; "" for none."""
    name, _, domain = settings.ENV.email_reply_to.partition("@")
    plus = rb"(?:\+|%2B|\\u002[bB])"
    token = rb"(\d{1,18}-[a-z2-7]{16})"
    if not name:
        return ""
    pattern = re.escape(name.encode()) + plus + token
    found = re.search(pattern, content, re.IGNORECASE)
    if found is None:
        return ""
    detail = found[1].decode().lower()
    return f"{name}+{detail}@{domain}"


@lru_cache(maxsize=8)  # one setting, for each of thousands of emails
def _domain_of(sender: str) -> str:
    _, address = parseaddr(sender)
    _, _, domain = address.rpartition("@")
    return domain


def _token(conversation_id: int) -> str:
    digest = salted_hmac(REPLY_SALT, str(conversation_id), algorithm="sha256").digest()
    # Base32, for mail servers may change the case of an address.
    letters = base64.b32encode(digest).decode().lower()
    return f"{conversation_id}-{letters[:SIGNATURE_LENGTH]}"
