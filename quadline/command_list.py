"""Every command of Quadline with one line on what it does.

Read from the sources: the list is there before anything is set up.
"""

import ast
from collections.abc import Mapping
from pathlib import Path

HOME_OF_ROOMS = Path(__file__).parent
# Django's own that an operator needs.
OF_DJANGO = {
    "createsuperuser": "Make an administrator, who can sign in at once.",
    "dbshell": "Open psql on the database of these settings.",
    "shell": "Open Python with every model at hand.",
}
TO_TRY = ("demo", "dev", "simulator")
TO_RUN = ("prepare", "web", "worker", "mail_intake", "run")
HEAD = """\
Quadline: two-way texting between a college's staff and its students.

Usage: quadline COMMAND [options]
       quadline COMMAND --help"""
FOOT = """\
Settings come from the environment or a file .env; the first three that are needed are
SECRET_KEY, PUBLIC_URL and DATABASE_URL. demo, simulator, version and help need none."""


def command_table(verbs: Mapping[str, str]) -> str:
    """The page that ``quadline help`` prints. ``verbs``: those of cli.py, each with its
    line.
    """
    lines = {**OF_DJANGO, **of_the_rooms(), **verbs}
    others = sorted(set(lines) - {*TO_TRY, *TO_RUN})
    groups = {
        "Try it": TO_TRY,
        "Run it": TO_RUN,
        "Set it up and look after it": others,
    }
    parts = [HEAD]
    for title, names in groups.items():
        rows = [f"  {name:<17}{lines[name]}" for name in names]
        parts.append("\n".join([f"{title}:", *rows]))
    return "\n\n".join([*parts, FOOT])


def of_the_rooms() -> dict[str, str]:
    """The commands that our rooms add to Django's, each with the first sentence of its
    ``help``.
    """
    files = sorted(HOME_OF_ROOMS.glob("*/management/commands/*.py"))
    return {
        file.stem: _first_sentence(_help_of(file))
        for file in files
        if file.stem != "__init__"
    }


def _help_of(file: Path) -> str:
    """Not imported: that would take the settings, and a second."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "help":
            return str(ast.literal_eval(node.value))
    raise ValueError(f"{file} has no help")


def _first_sentence(words: str) -> str:
    first, _, _ = words.partition(". ")
    return f"{first.removesuffix('.')}."
