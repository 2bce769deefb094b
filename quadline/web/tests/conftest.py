"""A browser for each person of the cast, as the architecture tests have it."""

from tests.architecture.conftest import enter

__all__ = ["enter"]
