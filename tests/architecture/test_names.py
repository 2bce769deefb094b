"""One name, one thing: a public name is defined in one module of the package.

What was defined in several when this was written stands in doubled_names.txt. Never add
to it: choose another name, or import the one that is there.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import code_of_the_house, text, tree

ALLOWED = Path("tests/architecture/doubled_names.txt")
# Names that a framework looks for in each module, and each module's own logger.
CONVENTIONS = {"Command", "log", "logger", "urlpatterns"}


def names_in(module: ast.Module) -> Iterator[str]:
    """The public classes, functions and constants that a module defines at its top."""
    for node in module.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (each.id for target in node.targets for each in names_of(target))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def names_of(target: ast.expr) -> Iterator[ast.Name]:
    """Also of ``A = B = 1`` and ``A, B = 1, 2``; an attribute or an item is no name."""
    if isinstance(target, ast.Name):
        yield target
    elif isinstance(target, ast.Tuple | ast.List):
        for each in target.elts:
            yield from names_of(each)


def is_public(name: str) -> bool:
    return not name.startswith("_") and name not in CONVENTIONS


def defined() -> dict[str, set[str]]:
    """Each public name, with the modules that define it."""
    found: dict[str, set[str]] = {}
    for path in code_of_the_house():
        for name in filter(is_public, names_in(tree(path))):
            found.setdefault(name, set()).add(str(path))
    return found


def doubled() -> dict[str, set[str]]:
    return {name: paths for name, paths in defined().items() if len(paths) > 1}


def allowed() -> list[str]:
    lines = text(ALLOWED).splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_no_public_name_is_defined_in_a_second_module() -> None:
    new = {name: sorted(paths) for name, paths in doubled().items() if name not in allowed()}
    assert new == {}


def test_a_name_that_is_doubled_no_more_leaves_the_list() -> None:
    assert set(allowed()) - set(doubled()) == set()


def test_the_list_is_in_order_and_says_each_name_once() -> None:
    assert allowed() == sorted(set(allowed()))


def test_all_kinds_of_definitions_are_seen_and_nothing_else() -> None:
    source = """
import one
from two import three as four
A, (B, C) = 1, (2, 3)
D = E = 1
F: int = 1
a.b = c[0] = 1
class G: H = 1
def i(j): k = 1
async def l(): pass
"""
    assert "".join(names_in(ast.parse(source))) == "ABCDEFGil"


def test_the_measure_sees_the_house() -> None:
    names = defined()
    assert "quadline/delivery/outbox/accepting.py" in names["accept_text"]
    assert len(names) > 1000
