"""The pages as the architecture tests read them: their links, names and steps."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import ROOT, files, text

HISTORY = Path("docs/adr")  # says what was so when it was decided
STEP = re.compile(r"^\d+\. `(quadline/[\w/]+\.py)` → `([\w.]+)`", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
QUOTED = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def pages() -> list[Path]:
    """Every page of today, by its path from the root."""
    at_the_root = [
        path for path in files() if path.suffix == ".md" and len(path.parts) == 1
    ]
    docs = [
        path for path in files() if path.suffix == ".md" and path.parts[0] == "docs"
    ]
    return [path for path in at_the_root + docs if not path.is_relative_to(HISTORY)]


def quoted(page: Path) -> list[str]:
    """What a page has in backticks within its sentences and tables."""
    return QUOTED.findall(FENCE.sub("", text(page)))


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """The links of a page to others of ours: each file, and the heading in it or ""."""
    for target in LINK.findall(FENCE.sub("", text(page))):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, heading = target.partition("#")
        yield (ROOT / page.parent / path).resolve() if path else ROOT / page, heading


def anchors(page: Path) -> set[str]:
    """Where a link may point within a page, as GitHub names its headings."""
    bare = [re.sub(r"[`*_]", "", heading) for heading in HEADING.findall(text(page))]
    return {
        re.sub(r"[^\w\- ]", "", each).strip().lower().replace(" ", "-") for each in bare
    }


def steps(page: Path) -> dict[str, list[str]]:
    """The steps of each journey on a page, as "quadline/room/file.py function"."""
    parts = re.split(r"^### (.+)$", text(page), flags=re.MULTILINE)
    found = {}
    for heading, part in zip(parts[1::2], parts[2::2], strict=True):
        section = re.split(r"^## ", part, flags=re.MULTILINE)[0]
        if named := [f"{path} {name}" for path, name in STEP.findall(section)]:
            found[heading] = named
    return found
