"""The wheel, in an empty environment and an empty folder, does what the checkout does.

``pipx install`` and ``uvx`` do the same: an environment of its own, and its programs.
"""

import re
import signal
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from quadline.demo import postgres
from quadline.demo.sample import PASSWORD
from tests.architecture.source import ROOT, files
from tests.deploy.first_text import send_first_text
from tests.deploy.package import Installed, bare_environment
from tests.house import PATIENCE, Simulator, eventually, free_ports

pytestmark = pytest.mark.processes

OF_TESTS = {"tests", "conftest.py"}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Empty, and away from the checkout."""
    assert not tmp_path.is_relative_to(ROOT)
    yield tmp_path
    postgres.delete_cluster(tmp_path / "data" / "demo")


@pytest.fixture
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log") / "said"


def test_it_has_every_file_of_the_package_and_nothing_of_the_tests(
    installed: Installed,
) -> None:
    packed = zipfile.ZipFile(installed.wheel).namelist()
    of_package = {name for name in packed if name.startswith("quadline/")}
    assert of_package == {
        str(path)
        for path in files()
        if path.parts[0] == "quadline" and not OF_TESTS & set(path.parts)
    }
    beside = {name.partition(".data/data/share/quadline/")[2] for name in packed}
    assert beside - {""} == {str(path) for path in files() if path.parts[0] == "deploy"}


def test_the_demo_sends_a_first_text_and_stops_in_order(
    installed: Installed, folder: Path, log: Path
) -> None:
    port = free_ports(19600, count=4)
    flags = ["--port", str(port), "--registration-delay", "1"]
    with log.open("w") as output:
        demo = subprocess.Popen(
            [installed.programs / "quadline", "demo", *flags],
            cwd=folder,
            env=bare_environment(folder),
            stdout=output,
            stderr=output,
        )
    try:
        is_ready = f"Quadline is ready: {url(port)}\n"
        eventually(lambda: is_ready in log.read_text() or demo.poll() is not None)
        assert demo.poll() is None, log.read_text()
        number = send_first_text(
            url(port),
            email="maya.alvarez@alder.example",
            password=PASSWORD,
            student="Sally Student-Taynor",
            words="Setup test",
        )
        [text] = eventually(lambda: Simulator(url(port + 1)).accepts())
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(timeout=PATIENCE)
    said = log.read_text()
    assert demo.returncode == 0, said
    assert "Traceback" not in said
    assert said.endswith("Stopped. Everything is kept for the next start.\n")
    assert text["body"].startswith("Setup test")
    assert text["from"] == "+1" + re.sub(r"\D", "", number)
    assert f"What you do is kept in {folder / 'data' / 'demo'}.\n" in said
    assert [path.name for path in folder.iterdir()] == ["data"]


def test_dev_says_that_it_needs_a_checkout(installed: Installed, folder: Path) -> None:
    answer = subprocess.run(
        [installed.programs / "quadline", "dev"],
        cwd=folder,
        env=bare_environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1
    assert "quadline dev needs watchfiles" in answer.stderr
    assert list(folder.iterdir()) == []


def url(port: int) -> str:
    return f"http://127.0.0.1:{port}"
