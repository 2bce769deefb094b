"""How many numbers a college may have. No database here."""


def spares_to_request(
    *,
    wanted: int,
    spares: int,
    in_use: int,
    limit: int,
) -> int:
    """How many numbers to buy for the warm pool. ``spares`` are among those ``in_use``;
    ``limit`` is what the networks allow.
    """
    return max(0, min(wanted - spares, limit - in_use))


def is_nearly_used(in_use: int, *, limit: int) -> bool:
    """Whether the college should ask for a larger number pool: from 45 of 49 on."""
    return limit - in_use <= max(4, limit // 20)
