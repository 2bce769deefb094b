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
_JOINED_UCS2 = 67


def count_segments(body: str) -> int:
    costs = [_septets(char) for char in body]
    if 0 in costs:
        return _parts(list(_units(body)), 70, _JOINED_UCS2)
    return _parts(costs, 160, 153)


def _septets(char: str) -> int:
    return 1 if char in _PLAIN else 2 if char in _ESCAPED else 0


def _units(body: str) -> Iterator[int]:
    """UTF-16 code units of each character as a reader sees it, or of each code point of
    an endless one.
    """
    for seen in regex.findall(r"\r|\X", body):
        whole = _utf16(seen)
        yield from [whole] if whole <= _JOINED_UCS2 else map(_utf16, seen)


def _utf16(char: str) -> int:
    return len(char.encode("utf-16-le", "surrogatepass")) // 2


def _parts(costs: list[int], single: int, joined: int) -> int:
    if sum(costs) <= single:
        return 1
    parts, room = 1, joined
    for cost in costs:
        if cost > room:
            parts, room = parts + 1, joined
        room -= cost
    return parts
