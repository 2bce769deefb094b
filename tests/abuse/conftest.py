"""A browser for each person of the cast, as in the architecture tests."""

from tests.architecture.conftest import enter
from tests.architecture.test_access import actors

__all__ = ["actors", "enter"]
