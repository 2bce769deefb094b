"""The systemd units: as systemd reads them, and with the settings Quadline has."""

import re
import shutil
from pathlib import Path

import pytest
from dotenv import dotenv_values

from quadline.cli import OWN
from quadline.command_list import of_the_rooms
from quadline.config.environment import ENV_FILE, Environment
from quadline.demo.processes import PROCESS_STOP_SECONDS
from tests.architecture.source import ROOT
from tests.deploy.programs import answer_of, program

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
MAX_EXPOSURE = "20"  # of systemd's 100, by its own weights
# Which of our own programs are where: the verifier asks whether they can be run.
INSTALLED = re.compile(r"^ExecStart=/opt/quadline/\S+", re.MULTILINE)


@pytest.fixture
def as_installed(tmp_path: Path) -> Path:
    """The units in a folder; the programs they start are there, too."""
    for unit in UNITS:
        words = INSTALLED.sub("ExecStart=/bin/true", unit.read_text())
        (tmp_path / unit.name).write_text(words)
    return tmp_path


def settings_of(unit: Path) -> list[tuple[str, str]]:
    return re.findall(r"^(\w+)=(.*)$", unit.read_text(), re.MULTILINE)


def test_systemd_has_nothing_to_say_of_the_units(as_installed: Path) -> None:
    units = [str(path) for path in sorted(as_installed.iterdir())]
    answer = answer_of(program("systemd-analyze"), "verify", *units)
    assert (answer.returncode, answer.stderr) == (0, "")


def test_systemd_would_say_something(as_installed: Path) -> None:
    unit = as_installed / "quadline-web.service"
    unit.write_text(unit.read_text().replace("PrivateTmp=true", "PrivateTemp=true"))
    answer = answer_of(program("systemd-analyze"), "verify", str(unit))
    assert "PrivateTemp" in answer.stderr


@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.name)
def test_a_service_is_shut_in(as_installed: Path, service: Path) -> None:
    analyze = program("systemd-analyze")
    flags = ["--no-pager", "--offline=true", f"--threshold={MAX_EXPOSURE}"]
    answer = answer_of(analyze, "security", *flags, str(as_installed / service.name))
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.name)
def test_what_a_service_starts_is_there(service: Path) -> None:
    settings = dict(settings_of(service))
    started, *arguments = settings["ExecStart"].split()
    if started == "/opt/quadline/bin/quadline":
        assert arguments[0] in OWN.keys() | of_the_rooms().keys()
        assert f"{ENV_FILE}=/etc/quadline/quadline.env" in settings["Environment"]
        assert int(settings["TimeoutStopSec"]) >= PROCESS_STOP_SECONDS
        assert settings["Restart"] == "always"
    else:
        inside = started.removeprefix("/opt/quadline/share/quadline/")
        assert (ROOT / inside).is_file()
    assert settings["User"] == "quadline"


def test_every_setting_of_the_example_is_one_and_it_starts_quadline() -> None:
    written = dotenv_values(DEPLOY / "quadline.env")
    named = {name.lower(): value or "" for name, value in written.items()}
    assert named.keys() <= Environment.model_fields.keys()
    Environment.model_validate(named | {"secret_key": "a" * 64})


def test_the_command_has_the_settings_and_the_user_of_the_services() -> None:
    words = (DEPLOY / "quadline").read_text()
    assert f"{ENV_FILE}=/etc/quadline/quadline.env" in words
    assert "runuser -u quadline" in words
    answer = answer_of("sh", "-n", str(DEPLOY / "quadline"))
    assert (answer.returncode, answer.stderr) == (0, "")


def test_every_file_of_deploy_is_named_in_its_list_and_in_a_page() -> None:
    listed = (DEPLOY / "README.md").read_text()
    pages = "\n".join(path.read_text() for path in (ROOT / "docs").glob("*.md"))
    for path in DEPLOY.rglob("*"):
        name = str(path.relative_to(DEPLOY))
        if path.is_file() and path.name != "README.md":
            assert f"`{name}`" in listed, name
            assert path.name in pages, name


def test_the_programs_can_be_run() -> None:
    for name in ("quadline", "backup.sh"):
        assert shutil.which(str(DEPLOY / name)), name
