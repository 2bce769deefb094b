"""Files of a roster, written as a test says."""

from collections.abc import Callable
from pathlib import Path

import pytest

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A file of these lines, in this encoding."""

    def lines(
        *lines: str,
        name: str = "students.csv",
        encoding: str = "utf-8",
        ending: str = "\n",
    ) -> Path:
        path = tmp_path / name
        path.write_bytes((ending.join(lines) + ending).encode(encoding))
        return path

    return lines
