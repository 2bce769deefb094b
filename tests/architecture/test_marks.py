"""Tests are marked by what they raise, and one that takes
long without a mark is named.
"""

from types import SimpleNamespace
from typing import Any
from typing import cast as typed

import pytest

from tests import marks
from tests.architecture.source import ROOT, text


def item(
    *fixtures: str, at: str = "quadline/consent/tests/test_rules.py", **database: Any
) -> pytest.Item:
    def closest(name: str) -> Any:
        return (
            SimpleNamespace(kwargs=database)
            if name == "django_db" and database
            else None
        )

    found = SimpleNamespace(
        nodeid=f"{at}::test", fixturenames=fixtures, get_closest_marker=closest
    )
    return typed(pytest.Item, found)


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        (item(), set()),
        (item("db", "people"), set()),
        (item("db", transaction=False), set()),
        (item("box", "simulator_process"), {"simulator"}),
        (item("committed_people", "transactional_db"), {"commits"}),
        (item("db", transaction=True), {"commits"}),
        (item("browser", "the_house"), {"browser", "house"}),
        (item(at="tests/faults/test_stop.py"), {"house"}),
    ],
)
def test_a_test_is_marked_by_what_it_asks_for(
    marked: pytest.Item, expected: set[str]
) -> None:
    assert marks.marks_of(marked) == expected


def report(
    name: str, *keywords: str, seconds: float, when: str = "call"
) -> pytest.TestReport:
    given = dict.fromkeys(keywords, 1)
    at = (name, None, name)
    return pytest.TestReport(name, at, given, "passed", None, when, duration=seconds)  # type: ignore[arg-type]


def test_only_what_is_slow_itself_and_has_no_mark_is_named() -> None:
    reports = [
        report("quick", seconds=4.9),
        report("slow", seconds=5.1),
        report("marked", "slow", seconds=60),
        report("long", "long", seconds=600),
        report("the first of a fixture", seconds=20, when="setup"),
    ]
    reporter = SimpleNamespace(
        getreports=lambda kind: reports if kind == "passed" else []
    )
    named = list(marks._slow_without_mark(typed(pytest.TerminalReporter, reporter)))
    assert named == [(5.1, "slow")]


def test_make_test_fast_leaves_out_every_mark_there_is() -> None:
    left_out = "browser or house or simulator or processes or commits or slow or long"
    assert f"SLOW_TO_RAISE := {left_out}\n" in (ROOT / "Makefile").read_text()
    settings = text(ROOT / "pyproject.toml")
    assert all(f'"{mark}: ' in settings for mark in left_out.split(" or "))
