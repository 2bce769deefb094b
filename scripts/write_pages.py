"""Write the tables of the pages that say what the code says; --check only compares.

A table stands between ``<!-- table: NAME (make pages) -->`` and
``<!-- end of table -->``. Its rows are read from the code: nobody edits them by hand.
"""

import ast
import os
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- table: {name} (make pages) -->", "<!-- end of table -->"
EXAMPLE = ".env.example"
Row = tuple[str, ...]

# What ARCHITECTURE calls the floors from this package downwards.
KINDS = {
    "demo": "demo",
    "config": "config",
    "web": "door",
    "health": "room",
    "reports": "room",
    "live": "leaf",
    "worker": "ground",
}
# Folders that every room may have: they hold no part of it.
NO_WINGS = ("tests", "migrations", "management")
TIMES = {
    "* * * * * */10": "Every 10 seconds",
    "* * * * *": "Every minute",
    "*/15 * * * *": "Every 15 minutes",
    "20 7 * * *": "Every night, 7:20 UTC",
}


def main() -> int:
    stale = [path for path, text in written() if read(path) != text]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path} is not what the code says. Run: make pages")
        return 1 if stale else 0
    for path, text in written():
        (ROOT / path).write_text(text, encoding="utf-8")
    return 0


def written() -> Iterator[tuple[str, str]]:
    """Each page that has tables, by its path from the root, as it should be."""
    for path, tables in PAGES.items():
        text = read(path)
        for name, rows in tables.items():
            text = replaced(text, name, as_table(rows()))
        yield path, text
    yield EXAMPLE, with_meanings(read(EXAMPLE))


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def replaced(text: str, name: str, lines: Iterable[str]) -> str:
    """The page with this table in it. Raises ValueError when it has no place for it."""
    begin = BEGIN.format(name=name)
    before, found, rest = text.partition(begin)
    _, ended, after = rest.partition(END)
    if not (found and ended):
        raise ValueError(f"no place for the table: {begin} … {END}")
    table = "\n".join(lines)
    return f"{before}{begin}\n{table}\n{END}{after}"


def as_table(rows: list[Row]) -> list[str]:
    """Markdown. The first row holds the heads of the columns."""
    columns = len(rows[0])
    head, *lines = [_as_line(cells) for cells in rows]
    rule = "|---" * columns + "|"
    return [head, rule, *lines]


def _as_line(cells: Row) -> str:
    words = " | ".join(cells)
    return f"| {words} |"


def floors() -> list[Row]:
    """Every package of the first import contract, highest floor first."""
    settings = tomllib.loads(read("pyproject.toml"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    rows: list[Row] = [("Floor", "Kind", "Package", "What lives there")]
    kind = ""
    for place, layer in enumerate(layers):
        floor = str(len(layers) - place)
        for package in layer.replace("quadline.", "").split(" | "):
            kind = KINDS.get(package, kind)
            path = source_of(package)
            name = f"`{name_of(path)}`"
            rows.append((floor, kind, name, summary_of(path)))
    return rows


def wings() -> list[Row]:
    """Every folder of a room or door that holds a part of it."""
    rows: list[Row] = [("Package", "Wing", "What lives there")]
    found = (ROOT / "quadline").glob("*/*/__init__.py")
    for path in sorted(found):
        package, wing = path.parts[-3:-1]
        if wing in NO_WINGS or package in ("simulator", "demo"):
            continue
        rows.append((f"`{package}`", f"`{wing}/`", summary_of(path)))
    return rows


def source_of(package: str) -> Path:
    place = ROOT / "quadline" / package
    if place.is_dir():
        return place / "__init__.py"
    return place.with_suffix(".py")


def name_of(path: Path) -> str:
    is_package = path.name == "__init__.py"
    return path.parent.name if is_package else path.name


def summary_of(path: Path) -> str:
    """The first paragraph of a file's docstring."""
    module = ast.parse(path.read_text(encoding="utf-8"))
    docstring = ast.get_docstring(module) or ""
    summary = " ".join(docstring.partition("\n\n")[0].split())
    return summary.replace("``", "`")


def queues() -> list[Row]:
    from quadline.config.schedule import QUEUES

    rows: list[Row] = [("Queue", "What its jobs do")]
    rows += [(f"`{name}`", does) for name, does in QUEUES.items()]
    return rows


def timed_jobs() -> list[Row]:
    """In the order of the timetable. A new time needs its words in TIMES."""
    from quadline.config.schedule import timetable

    rows: list[Row] = [("When", "Queue", "Job", "Where")]
    for timed in timetable():
        run = timed.run.func
        where = run.__module__.replace(".", "/") + ".py"
        rows.append(
            (
                TIMES[timed.cron],
                f"`{timed.run.queue}`",
                f"`{run.__name__}`",
                f"`{where}`",
            )
        )
    return rows


def statuses() -> list[Row]:
    from quadline.conversations.rules import RANK, STATUS_WORDS, Status

    meanings = comments_of(Status)
    rows: list[Row] = [("Status", "Rank", "On the screens", "Meaning")]
    for status, rank in sorted(RANK.items(), key=lambda each: each[1]):
        on_screen = STATUS_WORDS[status][0]
        meaning = meanings[status.name]
        rows.append((f"`{status}`", str(rank), f"*{on_screen}*", meaning))
    return rows


def waiting_reasons() -> list[Row]:
    from quadline.conversations.rules import WaitingFor

    meanings = comments_of(WaitingFor)
    rows: list[Row] = [("Reason", "What the text waits for")]
    rows += [(f"`{reason}`", meanings[reason.name]) for reason in WaitingFor]
    return rows


def causes() -> list[Row]:
    from quadline.conversations.causes import RECEIPT_WORDS, Cause

    rows: list[Row] = [("Cause", "On the timeline")]
    rows += [(f"`{cause}`", cause.words) for cause in Cause if cause.words]
    for status, words in RECEIPT_WORDS.items():
        rows.append((f"`receipt`: `{status}`", words))
    return rows


def comments_of(members: type[Enum]) -> dict[str, str]:
    """What an enum says of each member: beside it, or else in the lines above it.

    Raises ValueError for one that says nothing.
    """
    module = sys.modules[members.__module__]
    lines = Path(str(module.__file__)).read_text(encoding="utf-8").splitlines()
    found: dict[str, str] = {}
    for name, line in members_in(ast.parse("\n".join(lines)), members.__name__):
        beside = lines[line - 1].partition("  # ")[2]
        found[name] = beside or " ".join(comment_above(lines, line))
        if not found[name]:
            raise ValueError(f"{members.__name__}.{name} does not say what it means")
    return found


def members_in(tree: ast.Module, name: str) -> Iterator[tuple[str, int]]:
    """The names that a class assigns, each with the line on which that ends."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            for line in node.body:
                if isinstance(line, ast.Assign) and isinstance(
                    line.targets[0], ast.Name
                ):
                    yield line.targets[0].id, line.end_lineno or line.lineno


def comment_above(lines: list[str], line: int) -> list[str]:
    above: list[str] = []
    for text in reversed(lines[: line - 1]):
        if not text.strip().startswith("# "):
            break
        above.insert(0, text.strip().removeprefix("# "))
    return above


def with_meanings(example: str) -> str:
    """The example of settings with each meaning as the code has it, above its line.

    Raises ValueError for a setting that it does not name.
    """
    from quadline.config.environment import Environment

    for name, setting in Environment.model_fields.items():
        line = re.compile(rf"^(?:# .*\n)?({name.upper()}=)", re.MULTILINE)
        meaning = f"# {setting.description}\n"
        example, count = line.subn(
            lambda found, meaning=meaning: meaning + found[1], example
        )
        if count != 1:
            raise ValueError(f"{name.upper()} is not in {EXAMPLE} once")
    return example


PAGES: dict[str, dict[str, Callable[[], list[Row]]]] = {
    "ARCHITECTURE.md": {"floors": floors, "wings": wings, "queues": queues},
    "GLOSSARY.md": {
        "statuses": statuses,
        "waiting reasons": waiting_reasons,
        "causes": causes,
    },
    "docs/operating.md": {"timetable": timed_jobs},
}


if __name__ == "__main__":
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "quadline.config.settings"
    django.setup()
    sys.exit(main())
