"""When to try again, when to look, when to stop."""

from datetime import timedelta

import pytest

from quadline.delivery.rules import (
    FIRST_LOOK_AFTER,
    LONGEST_WAIT,
    LOST_AFTER,
    MOST_LOOKS,
    SECOND_LOOK_AFTER,
    STALE_AFTER,
    next_look,
    wait_before_retry,
)

LONGEST_CALL = timedelta(seconds=15)  # carriers/twilio.py, SEND_TIMEOUT


@pytest.mark.parametrize(
    ("attempts", "asked_for", "jitter", "seconds"),
    [
        (1, 0.0, 0.5, 2),
        (2, 0.0, 0.5, 4),
        (3, 0.0, 0.5, 8),
        (3, 0.0, 0.0, 6),
        (3, 0.0, 1.0, 10),
        (7, 0.0, 0.5, 128),
        (9, 0.0, 0.5, 300),  # never longer than five minutes by ourselves
        (5000, 0.0, 1.0, 300),
        (1, 7.0, 0.0, 7),  # as asked by the carrier
        (1, 10.0, 1.0, 11),
        (9, 3600.0, 0.0, 3600),
    ],
)
def test_a_text_is_tried_again_as_asked_else_ever_later(attempts: int, asked_for: float, jitter: float, seconds: float) -> None:
    wait = wait_before_retry(attempts, asked_for=asked_for, jitter=jitter)
    assert wait == timedelta(seconds=seconds)
    assert asked_for or wait <= LONGEST_WAIT


@pytest.mark.parametrize(("looks", "after"), [(0, FIRST_LOOK_AFTER), (1, SECOND_LOOK_AFTER), (MOST_LOOKS, None), (9, None)])
def test_the_carriers_log_is_read_twice(looks: int, after: timedelta | None) -> None:
    assert next_look(looks) == after


def test_nobody_settles_an_attempt_that_may_still_be_made() -> None:
    assert STALE_AFTER + LONGEST_CALL < LOST_AFTER
