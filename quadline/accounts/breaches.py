"""Whether a password was in a known breach, asked by k-anonymity: only five characters
of its digest are sent.

The range API of Have I Been Pwned, or a copy of it:
https://haveibeenpwned.com/API/v3#PwnedPasswords
"""

import hashlib
from http.client import HTTPException
from urllib.request import Request, urlopen

import structlog

log = structlog.get_logger(__name__)
BREACH_TIMEOUT_SECONDS = 2.0
MAX_RANGE_BYTES = 1_000_000  # a range has about 1,000 lines of 40
DIGEST_PREFIX = 5  # characters of the digest


def is_breached(password: str, range_url: str) -> bool:
    """False, too, while nobody is asked or no answer comes: a password is
    then judged by the rest of the rules.
    """
    if not range_url:
        return False
    # SHA-1 because that is what the list is made of.
    typed = password.encode("utf-8", "replace")
    digest = hashlib.sha1(typed, usedforsecurity=False).hexdigest().upper()
    try:
        lines = _ask(f"{range_url}{digest[:DIGEST_PREFIX]}").splitlines()
    except (OSError, HTTPException) as error:
        log.warning(
            "the list of breached passwords could not be asked", fault=repr(error)
        )
        return False
    return any(_is_hit(line, digest[DIGEST_PREFIX:]) for line in lines)


def _ask(url: str) -> str:
    # Padded answers all have the same size: their length does not tell which range was
    # asked for.
    headers = {"Add-Padding": "true", "User-Agent": "Quadline"}
    request = Request(url, headers=headers)  # noqa: S310  # the operator's own setting
    with urlopen(request, timeout=BREACH_TIMEOUT_SECONDS) as answer:  # noqa: S310
        listed = answer.read(MAX_RANGE_BYTES)
    return str(listed.decode("ascii", "replace"))


def _is_hit(line: str, rest: str) -> bool:
    """``REST:COUNT``; padding has the count 0."""
    suffix, _, count = line.strip().partition(":")
    is_padding = count.strip("0, ") == ""
    return suffix.upper() == rest and not is_padding
