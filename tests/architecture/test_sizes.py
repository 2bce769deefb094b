"""Sizes of functions, files and templates. What is larger
stands on a list that may only shrink.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.source import nodes, ours, text

MOST_LINES_OF_A_FUNCTION = 80
MOST_POSITIONAL_PARAMETERS = 5
MOST_LINES = {"rules.py": 200, ".py": 600, ".html": 80, ".css": 150, ".js": 100}

# What is too large today. Never add to it: split what you wrote. Take out what has
# become small enough.
TOO_LONG_FUNCTIONS = {
    "tests/faults/harness/nemesis.py:planned",
    "tests/journeys/test_caseload.py:test_the_review_equals_what_arrived_student_by_student",
}
TOO_MANY_PARAMETERS: set[str] = set()
TOO_LONG_FILES: set[str] = set()


@cache
def functions() -> list[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    return [
        (f"{path}:{node.name}", node)
        for path in ours(".py")
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def lines_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def parameters_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Those that a caller may give by position. pytest gives a test its
    fixtures by name, however many there are.
    """
    if any(
        isinstance(mark, ast.Attribute) and mark.attr == "fixture"
        for mark in node.decorator_list
    ):
        return 0
    if node.name.startswith("test_"):
        return 0
    names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    return len([name for name in names if name not in ("self", "cls")])


def limit_of(path: Path) -> int:
    return MOST_LINES.get(path.name, MOST_LINES.get(path.suffix, 10**9))


def too_long_functions() -> set[str]:
    return {
        name for name, node in functions() if lines_of(node) > MOST_LINES_OF_A_FUNCTION
    }


def functions_with_too_many_parameters() -> set[str]:
    return {
        name
        for name, node in functions()
        if parameters_of(node) > MOST_POSITIONAL_PARAMETERS
    }


def too_long_files() -> set[str]:
    return {
        str(path)
        for path in ours(".py", ".html", ".css", ".js")
        if len(text(path).splitlines()) > limit_of(path)
    }


RATCHETS = [
    pytest.param(too_long_functions, TOO_LONG_FUNCTIONS, id="functions"),
    pytest.param(
        functions_with_too_many_parameters, TOO_MANY_PARAMETERS, id="parameters"
    ),
    pytest.param(too_long_files, TOO_LONG_FILES, id="files"),
]


@pytest.mark.parametrize(("measure", "allowed"), RATCHETS)
def test_nothing_new_is_too_large(measure: object, allowed: set[str]) -> None:
    assert callable(measure)
    assert measure() - allowed == set()


@pytest.mark.parametrize(("measure", "allowed"), RATCHETS)
def test_what_has_become_small_enough_leaves_the_list(
    measure: object, allowed: set[str]
) -> None:
    assert callable(measure)
    assert allowed - measure() == set()


def test_the_measures_see_the_house() -> None:
    assert len(functions()) > 500
    assert limit_of(Path("quadline/consent/rules.py")) == 200
    assert len(ours(".html")) > 20
