"""Letters are run by hand, as in the tests of numbers."""

from quadline.numbers.tests.conftest import run_letters

__all__ = ["run_letters"]
