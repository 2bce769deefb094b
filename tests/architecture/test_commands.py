"""Every make target that a page names is one, and each
that people run says what it does.
"""

import re
import subprocess
from pathlib import Path

from tests.architecture.source import ROOT, ours, text

NAMED = re.compile(r"(?:`|^\s*|[\"'])make ([a-z][a-z-]*)", re.MULTILINE)
TARGET = re.compile(r"^([a-z][a-z-]*):(?!=)(.*)$", re.MULTILINE)
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
# Parts of others, which nobody has to know.
INNER = {
    "test-rooms",
    "test-faults",
    "test-short-run",
    "test-journeys",
    "chromium",
    "faketime",
    "deploy-tools",
}


def targets() -> dict[str, str]:
    """Each target with the rest of its line."""
    return dict(TARGET.findall(text(Path("Makefile"))))


def named_in(path: Path) -> set[str]:
    """The targets that a page's code names; of a settings
    file, those anywhere in it.
    """
    whole = text(path)
    if path.suffix == ".md":
        whole = "\n".join(part.strip("`") for part in CODE.findall(whole))
    return set(NAMED.findall(whole))


def pages() -> list[Path]:
    return [
        path
        for path in ours(".md", ".yml", ".yaml", ".json")
        if "tests" not in path.parts
    ]


def test_every_target_that_a_page_names_is_there() -> None:
    unknown = {
        f"{path}: make {name}"
        for path in pages()
        for name in named_in(path)
        if name not in targets()
    }
    assert unknown == set()


def test_the_pages_are_read() -> None:
    assert {"demo", "test"} <= named_in(Path("README.md"))
    assert {"check", "test"} <= named_in(Path("CONTRIBUTING.md"))


def test_bare_make_lists_every_target_with_what_it_does() -> None:
    shown = subprocess.run(
        ["make", "--no-print-directory"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    listed = {
        line.split()[1]: line.split(maxsplit=2)[2:]
        for line in shown.splitlines()
        if line.startswith("make ")
    }
    assert set(listed) == set(targets()) - INNER
    assert all(listed.values())
