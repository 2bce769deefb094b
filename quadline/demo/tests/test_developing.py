"""``quadline dev`` as a developer has it: what is changed in the code
shows, and an error explains itself.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from quadline.demo import ownership, postgres
from quadline.demo.developing import PACKAGE
from quadline.demo.processes import wait_until_answers
from quadline.demo.tests.test_launch import NOT_OF_A_DEMO, of_this_folder
from tests.house import PATIENCE, eventually, free_ports

SIGN_IN = "web/templates/account/login.html"


@dataclass
class Development:
    """A copy of the code in a folder of its own, and ``quadline dev`` that runs it."""

    code: Path
    data: Path
    port: int

    def start(self) -> "subprocess.Popen[str]":
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in NOT_OF_A_DEMO
        }
        command = [
            sys.executable,
            "-m",
            "quadline",
            "dev",
            "--port",
            str(self.port),
            "--data",
            str(self.data),
        ]
        return subprocess.Popen(
            command,
            env=environment,
            cwd=self.code.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def change(self, name: str, old: str, new: str) -> None:
        path = self.code / name
        before = path.read_text()
        assert old in before
        path.write_text(before.replace(old, new))

    def touch(self, name: str) -> None:
        (self.code / name).touch()

    def page(self, path: str) -> str:
        """Its words, also those of an error; none while nobody answers."""
        try:
            with urlopen(
                f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE
            ) as found:
                return str(found.read().decode())
        except HTTPError as error:
            return error.read().decode()
        except OSError:
            return ""


@pytest.fixture
def development(tmp_path: Path) -> Iterator[Development]:
    code, data = tmp_path / "quadline", tmp_path / "data"
    shutil.copytree(
        PACKAGE, code, ignore=shutil.ignore_patterns("__pycache__", "tests")
    )
    yield Development(code, data, free_ports(19100, count=4))
    postgres.delete_cluster(data)


@pytest.mark.processes
@pytest.mark.slow
def test_a_change_of_code_or_template_shows_and_an_error_explains_itself(
    development: Development,
) -> None:
    running = development.start()
    try:
        assert wait_until_answers(
            f"http://127.0.0.1:{development.port}/readyz", seconds=PATIENCE
        )
        assert "Traceback" not in development.page("/accounts/login/")

        development.change(SIGN_IN, "<h1", "<h2>Shown at once</h2><h1")
        assert "Shown at once" in development.page("/accounts/login/"), (
            "a template needs no restart"
        )

        development.change(SIGN_IN, "Shown at once", "{% nonsense %}")
        page = development.page("/accounts/login/")
        assert "TemplateSyntaxError" in page
        assert "nonsense" in page
        development.change(SIGN_IN, "{% nonsense %}", "Fixed")
        assert "Fixed" in development.page("/accounts/login/")

        development.change(
            "web/health.py",
            'HttpResponse("ok", content',
            'HttpResponse("restarted", content',
        )
        eventually(lambda: restarted(development), every=1)
    finally:
        running.send_signal(signal.SIGTERM)
        said = running.communicate(timeout=PATIENCE)[0]
    assert "was changed: starting again." in said
    assert running.returncode == 0, said
    eventually(lambda: not of_this_folder(development.data))


def restarted(development: Development) -> bool:
    """It is touched again: the first change may have come
    before anybody looked for one.
    """
    if development.page("/healthz") == "restarted":
        return True
    development.touch("web/health.py")
    wait_until_answers(f"http://127.0.0.1:{development.port}/readyz", seconds=PATIENCE)
    return development.page("/healthz") == "restarted"


@pytest.mark.processes
def test_it_refuses_a_folder_that_it_did_not_make(development: Development) -> None:
    development.data.mkdir()
    (development.data / "students.csv").write_text("theirs")
    running = development.start()
    said = running.communicate(timeout=PATIENCE)[0]
    assert running.returncode == 1
    assert "holds something that the demo did not make" in said
    assert not ownership.is_demo(development.data)
    assert (development.data / "students.csv").read_text() == "theirs"
