"""Marks every test by what it raises, and names those over
five seconds that no mark does.

``make test-fast`` leaves out what a mark here is about. A test that starts processes
without one of these fixtures is marked ``processes`` where it stands, and one that
takes over five seconds ``slow``.
"""

from collections.abc import Iterator

import pytest

# The fixtures that raise something, by the mark of a test that asks for one of them,
# directly or through other fixtures.
FIXTURES = {
    "browser": {"browser"},
    "house": {"the_house"},
    "simulator": {"simulator_process", "simulator_url"},
    "commits": {"transactional_db"},
    # The wheel is built and installed for it.
    "slow": {"installed"},
}
# All tests in these folders raise a whole house, most without a fixture.
HOUSES = ("tests/journeys", "tests/faults")
SLOW_SECONDS = 5.0
MARKS_OF_SLOW = {"slow", "long"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for mark in sorted(marks_of(item)):
            item.add_marker(mark)


def marks_of(item: pytest.Item) -> set[str]:
    asked_for = set(getattr(item, "fixturenames", ()))
    marks = {mark for mark, fixtures in FIXTURES.items() if fixtures & asked_for}
    if _commits(item):
        marks.add("commits")
    if item.nodeid.startswith(HOUSES):
        marks.add("house")
    return marks


def _commits(item: pytest.Item) -> bool:
    database = item.get_closest_marker("django_db")
    return database is not None and bool(database.kwargs.get("transaction"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A report, and no failure: on a busy machine many tests take long."""
    unmarked = sorted(_slow_without_mark(terminalreporter), reverse=True)
    if unmarked:
        terminalreporter.section(f"over {SLOW_SECONDS:g} s, and not marked slow")
    for seconds, name in unmarked:
        terminalreporter.write_line(f"{seconds:6.1f} s  {name}")


def _slow_without_mark(
    reporter: pytest.TerminalReporter,
) -> Iterator[tuple[float, str]]:
    for report in reporter.getreports("passed") + reporter.getreports("failed"):
        if not isinstance(report, pytest.TestReport) or report.when != "call":
            continue
        is_marked = MARKS_OF_SLOW & set(report.keywords)
        if report.duration > SLOW_SECONDS and not is_marked:
            yield report.duration, report.nodeid
