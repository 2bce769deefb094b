"""A browser for whoever is hired."""

from tests.architecture.conftest import enter

__all__ = ["enter"]
