"""Imports and foreign keys only go down, and nobody goes round the rules."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import ForeignKey

from tests.architecture.source import (
    BESIDE,
    FLOORS,
    HOUSE,
    ROOT,
    code_of_the_house,
    floor_of,
    imported_by,
    nodes,
    ours,
    room_of,
)

# The only keys that go up: what is audited was done by somebody, and the trail must not
# depend on the room of people.
UPWARD_KEYS = {"audit.AuditEntry.actor"}
ASK_OUR_OWN = {"quadline/demo/processes.py"}  # whether a process that it started is up
# whether Quadline answers at its own public address
ASKS_OUR_ADDRESS = {"quadline/setup/own_address.py"}
# whether a new password is in one; of no student and no text
ASKS_FOR_BREACHES = {"quadline/accounts/breaches.py"}
ASKS_THE_IDENTITY_PROVIDER = {"quadline/accounts/single_sign_on/bounded_http.py"}
# Twilio's resource "Services"
NAMES_OF_THE_CARRIER = {"quadline/simulator/api/services.py"}
VAGUE_NAMES = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "misc",
    "services",
    "service",
    "managers",
    "manager",
    "base",
}


def test_the_import_contracts_are_kept() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert ", 0 broken" in done.stdout


def test_the_contracts_name_every_room_and_every_rules_file() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"][
        "importlinter"
    ]["contracts"]
    layers = [
        tuple(each.strip().removeprefix("quadline.") for each in line.split("|"))
        for line in contracts[0]["layers"]
    ]
    pure = {
        module
        for contract in contracts
        if "pure" in contract["name"]
        for module in contract["source_modules"]
    }
    rules = {f"quadline.{path.parent.name}.rules" for path in HOUSE.glob("*/rules.py")}

    assert tuple(layers) == FLOORS
    assert rules <= pure


def test_every_room_stands_on_a_floor() -> None:
    rooms = {
        path.stem
        for path in HOUSE.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }

    assert rooms - BESIDE == {room for floor in FLOORS for room in floor}


def test_foreign_keys_point_down() -> None:
    upward = set()
    for model in apps.get_models():
        if not model.__module__.startswith("quadline."):
            continue
        room = room_of(model.__module__)
        for field in model._meta.get_fields():
            target = field.related_model if isinstance(field, ForeignKey) else None
            if not isinstance(target, type) or not target.__module__.startswith(
                "quadline."
            ):
                continue
            other = room_of(target.__module__)
            if other != room and floor_of(other) <= floor_of(room):
                upward.add(f"{room}.{model.__name__}.{field.name}")
    assert upward == UPWARD_KEYS


def test_texts_to_students_are_handed_to_the_carrier_in_one_file() -> None:
    """Nothing but the sender reaches for ``send`` of a carrier, under
    whatever name, so consent cannot be bypassed.

    A probe goes to a phone of the college.
    """
    reaching = set()
    for path in code_of_the_house():
        if "carriers" in path.parts or not any(
            name.startswith("quadline.carriers") for name in imported_by(path)
        ):
            continue
        for node in nodes(path):
            named = isinstance(node, ast.Attribute) and node.attr == "send"
            written = isinstance(node, ast.Constant) and node.value == "send"
            if named or written:
                reaching.add(str(path))
    assert reaching == {
        "quadline/delivery/sending/sender.py",
        "quadline/numbers/probing.py",
    }


def test_a_probe_goes_to_the_phone_of_the_settings_only() -> None:
    texts = [
        node
        for node in nodes(Path("quadline/numbers/probing.py"))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "OutboundText"
    ]
    addressees = [
        ast.unparse(given.value)
        for text in texts
        for given in text.keywords
        if given.arg == "student_phone"
    ]

    assert addressees == ["college_settings().registration_probe_to"] * len(texts)
    assert texts


def test_nobody_else_speaks_to_a_carrier_over_http() -> None:
    clients = (
        "aiohttp",
        "requests",
        "httpx",
        "twilio",
        "urllib.request",
        "urllib3",
        "http.client",
    )
    speaking = {
        str(path)
        for path in code_of_the_house()
        if any(
            f"{name}.".startswith(f"{client}.")
            for name in imported_by(path)
            for client in clients
        )
    }

    assert {path for path in speaking if "simulator" not in path} == {
        "quadline/carriers/twilio.py",
        *ASK_OUR_OWN,
        *ASKS_OUR_ADDRESS,
        *ASKS_FOR_BREACHES,
        *ASKS_THE_IDENTITY_PROVIDER,
    }


def test_only_two_files_know_the_job_engine() -> None:
    knowing = {
        str(path)
        for path in code_of_the_house()
        if any("procrastinate" in name for name in imported_by(path))
    }

    assert knowing == {"quadline/jobs.py", "quadline/worker.py"}


def test_rooms_do_not_send_each_other_signals() -> None:
    signals = (
        "django.dispatch",
        "django.db.models.signals",
        "django.core.signals",
        "django.test.signals",
    )

    assert [
        str(path)
        for path in code_of_the_house()
        if any(name.startswith(signals) for name in imported_by(path))
    ] == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    vague = [
        str(path)
        for path in ours(".py", under="quadline")
        if {path.stem, path.parent.name} & VAGUE_NAMES
    ]

    assert [path for path in vague if path not in NAMES_OF_THE_CARRIER] == []


@pytest.mark.parametrize(
    "path", [path for path in code_of_the_house() if path.name == "rules.py"], ids=str
)
def test_a_rule_reads_no_clock(path: Path) -> None:
    readings = {
        "now",
        "today",
        "utcnow",
        "localtime",
        "localdate",
        "time_ns",
        "monotonic",
    }
    read = [
        node.attr
        for node in nodes(path)
        if isinstance(node, ast.Attribute) and node.attr in readings
    ]

    assert read == []


def test_every_file_says_first_what_lives_in_it() -> None:
    silent = [
        str(path)
        for path in code_of_the_house()
        if path.stat().st_size and not ast.get_docstring(ast.parse(path.read_text()))
    ]

    assert silent == []
