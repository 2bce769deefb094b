"""Addresses in headers, read in one pass: who wrote, and to whom.

Python's own readers nest with the parentheses they are given. This one knows the shapes
that mail programs write, and takes what stands in angle brackets.
"""

import re

MAX_ADDRESS = 254  # RFC 5321, 4.5.3.1.3
MAX_READ = 100_000  # characters of one header
MAX_ADDRESSES = 300

_QUOTED = re.compile(r'"(?:[^"\\]|\\.){0,998}"')
_COMMENT = re.compile(r"\([^()]*\)")
_ANGLE = re.compile(r"<\s*([^<>\s]{1,500})\s*>")
_BARE = re.compile(
    r"(?<![^\s<>()\[\],;:\"@])[^\s<>()\[\],;:\"@]{1,64}@[^\s<>()\[\],;:\"@]{1,190}"
)


def addresses_in(header: str) -> list[str]:
    """Every address of a header such as To, in lower case, each once."""
    text = _without_names(header[:MAX_READ])
    found = [_cleaned(each[0]) for each in _BARE.finditer(text)]
    addresses = dict.fromkeys(filter(None, found))
    return list(addresses)[:MAX_ADDRESSES]


def address_in_header(header: str) -> str:
    """The one address of a header such as From, in lower case; "" when there is none.

    Read from the header as it came: an encoded name may decode to another address.
    """
    text = _without_names(header[:MAX_READ])
    for angle in _ANGLE.finditer(text):
        if found := _cleaned(angle[1]):
            return found
    return next(iter(addresses_in(header)), "")


def _without_names(header: str) -> str:
    """Without what is quoted or in parentheses;
    an address may be meant for show there.
    """
    return _COMMENT.sub(" ", _QUOTED.sub(" ", header))


def _cleaned(found: str) -> str:
    address = found.strip().strip(".'").lower()
    name, _, domain = address.rpartition("@")
    if not name or not domain or len(address) > MAX_ADDRESS:
        return ""
    return address
