"""How many texts are at the carrier at once, beside carriers
that are fast, far away, or slow.
"""

from quadline.delivery.sending.send_queue import MIN_WINDOW, ConcurrencyWindow

MOST = 200


def beside(*, pace: float, distance: float, seconds: float) -> ConcurrencyWindow:
    """After so long with a carrier that takes ``pace`` texts a second, one after the
    other, ``distance`` seconds away.
    """
    window = ConcurrencyWindow(most=MOST, now=0.0)
    now, free_at = 0.0, 0.0
    under_way: list[tuple[float, float]] = []  # when each call ends, and when it began
    while now < seconds:
        while len(under_way) < window.size:
            free_at = max(now, free_at) + 1 / pace
            under_way.append((free_at + distance, now))
        ends, began = under_way.pop(0)
        now = max(now, ends)
        window.record_call(now - began, now)
    return window


def test_a_fast_carrier_gets_few_at_once_so_that_none_waits_here() -> None:
    assert beside(pace=3000, distance=0.001, seconds=1).size == MIN_WINDOW


def test_a_carrier_far_away_gets_as_many_as_allowed_within_a_moment() -> None:
    assert beside(pace=100_000, distance=0.1, seconds=0.6).size == MOST


def test_in_between_it_is_about_twice_what_can_be_under_way() -> None:
    assert 90 <= beside(pace=1000, distance=0.05, seconds=3).size <= 115


def test_a_rest_is_not_taken_for_a_slow_carrier() -> None:
    window = ConcurrencyWindow(most=MOST, now=0.0)
    window.restart(1000.0)
    for place in range(4 * MIN_WINDOW):
        window.record_call(0.1, 1000.0 + place / 1000)
    assert window.size > MIN_WINDOW


def test_never_more_than_allowed_however_few_those_are() -> None:
    window = ConcurrencyWindow(most=2, now=0.0)
    for place in range(100):
        window.record_call(0.5, place / 1000)
    assert window.size == 2
