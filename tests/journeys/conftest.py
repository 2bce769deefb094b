"""The stage of these tests: real processes, real browser, nothing mocked."""

from tests.stage import at_the_screen, browser, people, the_house

__all__ = ["at_the_screen", "browser", "people", "the_house"]
