"""The repository as the architecture tests read it: its files, its trees, its rooms."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOUSE = ROOT / "quadline"
# Doors first, leaves last; rooms on one line may not see each other. The same order as
# in pyproject.toml.
FLOORS = (
    ("demo",),
    ("config",),
    ("web", "api", "webhooks"),
    ("health",),
    ("reports", "handovers", "setup"),
    ("broadcasts",),
    ("delivery",),
    ("conversations",),
    ("roster", "numbers", "consent"),
    ("inboxes",),
    ("accounts",),
    ("live", "emails", "carriers"),
    ("college",),
    ("audit",),
    ("worker",),
    ("sms", "jobs", "client_address", "outages", "pictures"),
    ("clock", "stopping"),
)
# not in the house: they talk to it over HTTP, or only start it
BESIDE = {"simulator", "cli", "command_list", "__main__", "__init__"}
# Folders of files that others wrote, or that a tool does.
NOT_OURS = ("migrations", "vendor")


@cache
def files() -> tuple[Path, ...]:
    """Every file that is committed or about to be, by its path from the root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    return tuple(
        sorted(
            path
            for name in listed.split("\0")
            if name and (path := Path(name)) and (ROOT / path).is_file()
        )
    )


def ours(*suffixes: str, under: str = "") -> list[Path]:
    """Our own files with one of these endings, in one folder."""
    return [
        path
        for path in files()
        if path.suffix in suffixes
        and path.is_relative_to(under or ".")
        and not set(NOT_OURS) & set(path.parts)
    ]


def code_of_the_house() -> list[Path]:
    return [path for path in ours(".py", under="quadline") if "tests" not in path.parts]


@cache
def text(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(text(path), str(path))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree(path)))


def imported_by(path: Path) -> set[str]:
    """The modules that a file names in its imports, each with what is taken from it."""
    found = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {
                node.module,
                *(f"{node.module}.{alias.name}" for alias in node.names),
            }
    return found


def room_of(module: str) -> str:
    """ "quadline.consent.rules" lies in "consent"."""
    return module.split(".")[1]


def floor_of(room: str) -> int:
    """How far down a room lies: 0 is the highest."""
    return next(depth for depth, rooms in enumerate(FLOORS) if room in rooms)
