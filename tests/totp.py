"""An authenticator app, as RFC 6238 has it, without a line of ours or of allauth's."""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta


def code_at(secret: str, at: datetime, *, steps_later: int = 0) -> str:
    moment = at + timedelta(seconds=30 * steps_later)
    counter = (int(moment.timestamp()) // 30).to_bytes(8, "big")
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    place = digest[-1] & 15
    number = int.from_bytes(digest[place : place + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"
