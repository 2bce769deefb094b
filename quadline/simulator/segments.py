"""How many segments a text is billed as: GSM-7 or UCS-2, single or joined.

What a reader sees as one character is never split over two parts, as in Twilio's
message segment calculator: https://github.com/TwilioDevEd/message-segment-calculator.
"""

from collections.abc import Iterator

import regex

_PLAIN = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED = frozenset("^{}\\[~]|€\f")
# Septets, or UTF-16 code units. Joined parts are shorter: a header says which is which.
_SINGLE_GSM7 = 160
_JOINED_GSM7 = 153
_SINGLE_UCS2 = 70
_JOINED_UCS2 = 67


def count_segments(body: str) -> int:
    costs = [_septets(char) for char in body]
    if 0 not in costs:
        return _parts(costs, _SINGLE_GSM7, _JOINED_GSM7)
    # One character beyond GSM-7 makes the whole text UCS-2.
    units = list(_units(body))
    return _parts(units, _SINGLE_UCS2, _JOINED_UCS2)


def _septets(char: str) -> int:
    """0: not in GSM-7."""
    if char in _PLAIN:
        return 1
    if char in _ESCAPED:
        return 2
    return 0


def _units(body: str) -> Iterator[int]:
    """UTF-16 code units of each character as a reader sees it, or of each code point of
    an endless one.
    """
    for seen in regex.findall(r"\r|\X", body):
        whole = _utf16(seen)
        if whole <= _JOINED_UCS2:
            yield whole
        else:
            yield from map(_utf16, seen)


def _utf16(text: str) -> int:
    encoded = text.encode("utf-16-le", "surrogatepass")
    return len(encoded) // 2


def _parts(
    costs: list[int],
    single: int,
    joined: int,
) -> int:
    if sum(costs) <= single:
        return 1
    parts, room = 1, joined
    for cost in costs:
        if cost > room:
            parts += 1
            room = joined
        room -= cost
    return parts
