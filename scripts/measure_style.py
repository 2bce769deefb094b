"""Density, widths, lengths, comments and import cycles, beside what is to be reached.

Prints the figures; with ``--check`` it also fails when one is worse than what is held
below. Tests and migrations are not counted.
"""

import argparse
import ast
import io
import statistics
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "quadline"
NOT_CODE = {"tests", "migrations"}
WIDTH = 88  # columns; Black's, and ruff's own
# Grammar, and no step a reader takes: operators, and whether a name is read or written.
NOT_COUNTED = (ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Figure:
    """``most`` and ``least`` are held today. They only get nearer to ``to_reach``."""

    name: str
    value: float
    most: float
    to_reach: str
    least: float = 0.0

    @property
    def is_held(self) -> bool:
        printed = round(self.value, 2)
        return self.least <= printed <= self.most


def main() -> None:
    options = argparse.ArgumentParser("measure_style.py", description=__doc__)
    options.add_argument(
        "--check", action="store_true", help="fail when a ceiling is broken"
    )
    options.add_argument(
        "--cycles", action="store_true", help="name the files of each cycle of imports"
    )
    chosen = options.parse_args()
    files = counted_files(PACKAGE)
    cycles = import_cycles(PACKAGE)
    figures = measured(files, cycles)
    for figure in figures:
        print(_line(figure))
    if chosen.cycles:
        for cycle in cycles:
            print("cycle:", " ".join(sorted(cycle)))
    broken = [figure.name for figure in figures if not figure.is_held]
    if chosen.check and broken:
        sys.exit(
            f"Worse than what is held (measured(), {__file__}): {', '.join(broken)}"
        )


def _line(figure: Figure) -> str:
    held = f"at most {figure.most:g}"
    if figure.least:
        held = f"{figure.least:g} to {figure.most:g}"
    mark = "" if figure.is_held else "   BROKEN"
    return (
        f"{figure.name:<37} {figure.value:7.2f}   "
        f"held {held:<14} to reach {figure.to_reach}{mark}"
    )


def measured(files: list[Path], cycles: list[set[str]]) -> list[Figure]:
    """What is held is what was reached last: lower it with the code, never raise it."""
    sources = [path.read_text() for path in files]
    functions = [each for source in sources for each in functions_of(source)]
    densities = [density(function) for function in functions]
    lengths = [float(length(function)) for function in functions]
    lines = [line for source in sources for line in source.splitlines()]
    wide = 100 * sum(len(line) > WIDTH for line in lines) / len(lines)
    comments = sum(comments_in(source) for source in sources)
    commented = 100 * comments / len(lines)
    in_cycles = float(sum(len(cycle) for cycle in cycles))
    middle = statistics.median
    return [
        Figure("density, median", middle(densities), 4.9, "<= 4.9"),
        Figure("density, 90th percentile", percentile(densities, 90), 7.5, "<= 7.5"),
        Figure(f"lines over {WIDTH} characters, %", wide, 1, "<= 1"),
        Figure("lines of a function, median", middle(lengths), 9, "<= 9"),
        Figure(
            "lines of a function, 90th percentile", percentile(lengths, 90), 25, "<= 25"
        ),
        Figure("comments in 100 lines", commented, 6, "4 to 6", least=3.9),
        Figure("files in import cycles", in_cycles, 0, "0"),
    ]


def counted_files(package: Path) -> list[Path]:
    """Every module but tests and migrations."""
    found = sorted(package.rglob("*.py"))
    return [
        path for path in found if not NOT_CODE & set(path.relative_to(package).parts)
    ]


def functions_of(source: str) -> list[Function]:
    """Every function and method, those within others too."""
    tree = ast.parse(source)
    return [node for node in ast.walk(tree) if isinstance(node, Function)]


def length(function: Function) -> int:
    """Lines from ``def`` to the last of the body."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def density(function: Function) -> float:
    """Nodes of the syntax tree in each line of the function."""
    nodes = sum(not isinstance(node, NOT_COUNTED) for node in ast.walk(function))
    return nodes / length(function)


def comments_in(source: str) -> int:
    """Comments, of which each line counts; a line that also has code counts as well."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return sum(token.type == tokenize.COMMENT for token in tokens)


def percentile(values: list[float], rank: int) -> float:
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return cuts[rank - 1]


def import_cycles(package: Path) -> list[set[str]]:
    """Groups of modules that import each other,
    directly or through others, when loaded.

    An import within a function closes no cycle.
    """
    names = {_name_of(path, package): path for path in counted_files(package)}
    graph = {name: set(_imported(path, name, names)) for name, path in names.items()}
    return [group for group in _strongly_connected(graph) if len(group) > 1]


def _name_of(path: Path, package: Path) -> str:
    inside = path.relative_to(package).with_suffix("")
    parts = [package.name, *inside.parts]
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts)


def _imported(path: Path, importer: str, known: dict[str, Path]) -> Iterator[str]:
    tree = ast.parse(path.read_text())
    for node in _loaded_statements(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            yield from (name for name in names if name in known)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from _named_by(node, known)


def _named_by(node: ast.ImportFrom, known: dict[str, Path]) -> Iterator[str]:
    """``from package import module`` imports that module; else, what holds the name."""
    for alias in node.names:
        module = f"{node.module}.{alias.name}"
        if module in known:
            yield module
        elif node.module in known:
            yield str(node.module)


def _loaded_statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """What runs at import: no bodies of functions, nothing for type checkers only."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, Function | ast.Lambda) or _is_for_types_only(child):
                continue
            if isinstance(child, ast.stmt):
                yield child
            waiting.append(child)


def _is_for_types_only(node: ast.AST) -> bool:
    if not isinstance(node, ast.If):
        return False
    return ast.unparse(node.test).endswith("TYPE_CHECKING")


def _strongly_connected(graph: dict[str, set[str]]) -> list[set[str]]:
    """Tarjan's algorithm: the largest groups in
    which each module reaches each other.
    """
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    groups: list[set[str]] = []

    def visit(name: str) -> None:
        order[name] = lowest[name] = len(order)
        stack.append(name)
        for target in graph[name]:
            if target not in order:
                visit(target)
                lowest[name] = min(lowest[name], lowest[target])
            elif target in stack:
                lowest[name] = min(lowest[name], order[target])
        if lowest[name] == order[name]:
            group = set(stack[stack.index(name) :])
            del stack[stack.index(name) :]
            groups.append(group)

    for name in graph:
        if name not in order:
            visit(name)
    return groups


if __name__ == "__main__":
    main()
