"""docs/first-hour.md is followed as it stands, and a page that is not true is found."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from scripts import server_stand_ins
from scripts.try_the_docs import NotAsThePageSays, Server, Step, read_steps
from tests.architecture.source import ROOT

PAGE = ROOT / "docs" / "first-hour.md"
NEEDS = {"needs=root", "needs=dns", "needs=account", "needs=docker"}
FLAGS = {"checkout", "typed", "background", "first_text"} | NEEDS


@pytest.fixture
def server(tmp_path: Path) -> Server:
    (tmp_path / "home").mkdir()
    server_stand_ins.install(tmp_path / "stand-ins", tmp_path)
    return Server(tmp_path, tmp_path / "s", web_port=1, carrier_port=2)


def one_step(page: str) -> Step:
    [step] = read_steps(page)
    return step


@pytest.mark.processes
@pytest.mark.slow
def test_the_page_is_true_and_nothing_is_left_behind() -> None:
    # not pytest's own folder: the path of a socket has 107 bytes at most
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, str(ROOT / "scripts" / "try_the_docs.py")],
            cwd=ROOT,
            # Without compiling hundreds of modules that this hour never imports.
            env={**os.environ, "TMPDIR": folder, "PIP_NO_COMPILE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert running_in(folder) == []
    not_run = done.stdout.partition("NOT RUN")[2]
    assert {line.split()[1] for line in not_run.splitlines()[1:]} == {
        flag.removeprefix("needs=") + ":" for flag in NEEDS
    }


def running_in(folder: str) -> list[str]:
    shown = ["ps", "-eo", "args"]
    lines = subprocess.run(shown, capture_output=True, text=True, check=True).stdout
    return [line for line in lines.splitlines() if folder in line]


def test_every_fence_of_the_page_is_one_that_the_script_knows() -> None:
    steps = read_steps(PAGE.read_text())
    fences = PAGE.read_text().count("```") // 2
    shown = sum(1 for step in steps if step.shows)
    acts = sum(1 for step in steps if step.kind == "act")
    assert len(steps) - acts + shown == fences
    assert {step.kind for step in steps} == {"sh", "act"}
    assert {flag for step in steps for flag in step.flags} == FLAGS


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ("```sh\nfalse\n```", "failed"),
        ("```sh\nfalse | cat\n```", "failed"),
        ("```sh\necho good morning\n```\n\n```text\ngood night\n```", "good night"),
        ("```sh\necho 3 files\n```\n\n```text\n… files made\n```", "files made"),
    ],
)
@pytest.mark.processes
def test_what_is_not_as_the_page_says_is_found(
    server: Server, page: str, fault: str
) -> None:
    with pytest.raises(NotAsThePageSays, match=fault):
        server.follow(one_step(page))


@pytest.mark.processes
def test_a_question_that_never_comes_is_found(server: Server) -> None:
    page = "```sh typed\necho Email:\n```\n\n```text\nPassword: x\n```"
    with pytest.raises(NotAsThePageSays, match="it never asked “Password: ”"):
        server.follow(one_step(page))


@pytest.mark.processes
def test_what_it_shows_may_have_parts_that_differ_each_time(server: Server) -> None:
    page = "```sh\necho 214 files in /opt/quadline\n```\n"
    page += "\n```text\n… files in /opt/quadline\n```"
    server.follow(one_step(page))
    assert server.not_run == []


def test_what_needs_more_is_not_run_and_is_reported(server: Server) -> None:
    server.follow(one_step("```sh needs=root\nfalse\n```"))
    assert server.not_run == ["root: false"]
    assert server.ran == []


def test_words_that_follow_no_command_are_a_fault_of_the_page() -> None:
    with pytest.raises(ValueError, match="follows no command"):
        read_steps("```text\nok\n```")


def test_the_paths_of_a_server_lie_in_the_folder_once(server: Server) -> None:
    moved = server.here("cp /opt/quadline/x /etc/quadline/; curl 127.0.0.1:8000/readyz")
    root = server.root
    assert (
        moved
        == f"cp {root}/opt/quadline/x {root}/etc/quadline/; curl 127.0.0.1:1/readyz"
    )
    assert server.here(moved) == moved
