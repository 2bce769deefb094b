"""``quadline`` says what it can do before anything is set up."""

import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from quadline.cli import OWN
from quadline.command_list import command_table, of_the_rooms

pytestmark = pytest.mark.processes

ROW = re.compile(r"^  ([a-z_]+) +(\S.*)$", re.MULTILINE)


def ask(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """In an empty folder, with no setting in the environment."""
    bare = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    command = [sys.executable, "-m", "quadline", *arguments]
    return subprocess.run(
        command, cwd=folder, env=bare, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("arguments", [[], ["help"], ["--help"], ["-h"]])
def test_the_list_needs_no_settings_and_has_each_command_on_a_line(
    tmp_path: Path, arguments: list[str]
) -> None:
    answer = ask(tmp_path, *arguments)
    assert answer.returncode == 0, answer.stderr
    said = dict(ROW.findall(answer.stdout))
    assert set(OWN) | set(of_the_rooms()) <= set(said)
    assert all(words.endswith(".") for words in said.values())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["version"], ["--version"]])
def test_the_version_is_that_of_the_package(
    tmp_path: Path, arguments: list[str]
) -> None:
    answer = ask(tmp_path, *arguments)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith(f"Quadline {metadata.version('quadline')}, ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["create_staff", "--help"], "--office-phone"),
        (["help", "create_staff"], "--office-phone"),
        (["createsuperuser", "-h"], "--email"),
        (["worker", "--help"], "every queue if none is named"),
        (["help", "demo"], "--fresh"),
    ],
)
def test_one_commands_help_needs_no_settings_either(
    tmp_path: Path, arguments: list[str], words: str
) -> None:
    answer = ask(tmp_path, *arguments)
    assert answer.returncode == 0, answer.stderr
    assert words in answer.stdout


def test_a_command_that_does_something_still_asks_for_its_settings(
    tmp_path: Path,
) -> None:
    answer = ask(tmp_path, "create_staff", "ada@alder.example", "Ada")
    assert answer.returncode != 0
    assert "SECRET_KEY: is not set" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_the_list_fits_a_terminal() -> None:
    verbs = {name: run.__doc__ or "" for name, run in OWN.items()}
    assert max(len(line) for line in command_table(verbs).splitlines()) <= 120
