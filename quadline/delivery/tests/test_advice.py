"""What somebody can do about a failure is said of each."""

from quadline.carriers.protocol import Failure
from quadline.delivery.failure_policy import (
    ADVICE,
    ADVICE_BY_REASON,
    COLLEGE_REASONS,
    concerns_administrators,
    reason_of,
)


def test_every_failure_says_what_to_do() -> None:
    assert set(ADVICE) == set(Failure)
    assert ADVICE_BY_REASON.keys() == {reason_of(failure) for failure in Failure}


def test_what_is_the_colleges_to_fix_concerns_administrators() -> None:
    found = [each for each in Failure if reason_of(each) in COLLEGE_REASONS]

    assert Failure.NOT_SET_UP in found
    assert all(concerns_administrators(failure) for failure in found)
