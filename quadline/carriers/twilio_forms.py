"""A form as Twilio reads it.

What the standard library and aiohttp do byte by byte takes a quarter of the time
of a call.
"""

import re

_APART = re.compile(rb"[^A-Za-z0-9_.~ -]")
_WRITTEN = {bytes([byte]): b"%%%02X" % byte for byte in range(256)}


def encoded(**fields: str) -> bytes:
    """The body of application/x-www-form-urlencoded;
    the names of the fields need no encoding.
    """
    return b"&".join(
        name.encode() + b"=" + _quoted(value) for name, value in fields.items()
    )


def _quoted(value: str) -> bytes:
    return _APART.sub(lambda found: _WRITTEN[found[0]], value.encode()).replace(
        b" ", b"+"
    )
