"""Replies with what a reasonable person would take them for: ``stop`` or ``talk``. What
the classifier learns and is tried on.

``training`` and ``held_back`` were parted once, by families: no reply in one is nearly
one in the other. Labels follow the rule in docs/opt-outs.md.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
FOLDER = HERE / "replies"
# what the phrases were written against: for training only
LINES = HERE / "stop_lines.toml"


@dataclass(frozen=True)
class Reply:
    language: str
    is_stop: bool
    body: str


def training() -> list[Reply]:
    return [*in_folder("training"), *lines()]


def held_back() -> list[Reply]:
    return in_folder("held_back")


def in_folder(name: str) -> list[Reply]:
    return [
        reply
        for path in sorted((FOLDER / name).glob("*.txt"))
        for reply in in_file(path)
    ]


def in_file(path: Path) -> list[Reply]:
    """One reply a line, below a heading such as ``== stop: a polite student``."""
    replies, label = list[Reply](), ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            label = line.split()[1].rstrip(":")
        elif line.strip():
            replies.append(Reply(path.stem, label == "stop", line))
    return replies


def lines() -> list[Reply]:
    data = tomllib.loads(LINES.read_text(encoding="utf-8"))
    kinds = (("asks", True), ("talk", False))
    return [
        Reply(language, is_stop, line)
        for language, of_it in data.items()
        for kind, is_stop in kinds
        for line in of_it[kind]
    ]
