"""How many segments a text is billed as: GSM-7 or UCS-2, single or joined."""

_PLAIN = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED = frozenset("^{}\\[~]|€\f")


def count_segments(body: str) -> int:
    costs = [_septets(char) for char in body]
    if 0 in costs:
        return _parts([len(char.encode("utf-16-le")) // 2 for char in body], 70, 67)
    return _parts(costs, 160, 153)


def _septets(char: str) -> int:
    return 1 if char in _PLAIN else 2 if char in _ESCAPED else 0


def _parts(costs: list[int], single: int, joined: int) -> int:
    if sum(costs) <= single:
        return 1
    parts, room = 1, joined
    for cost in costs:
        if cost > room:  # an escaped character or a surrogate pair is never split
            parts, room = parts + 1, joined
        room -= cost
    return parts
