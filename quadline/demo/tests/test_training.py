"""quadline run without an account of a carrier: training with the simulated one."""

from pathlib import Path
from typing import Any

import pytest

from quadline.config.environment import ENV_FILE
from quadline.demo import launch
from quadline.setup.rules import TRAINING_ACCOUNT
from tests.house import free_ports

Served = dict[str, Any]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Served:
    """What would be started, without starting it."""
    found: Served = {}

    def serve(data: Path, settings: dict[str, str], port: int, **how: Any) -> None:
        found.update(how, settings=settings)

    monkeypatch.setattr(launch, "_serve", serve)
    monkeypatch.setenv(ENV_FILE, "")
    return found


def run(tmp_path: Path) -> None:
    port = free_ports(18400, count=2)
    launch.run_with_settings(["--data", str(tmp_path / "data"), "--port", str(port)])


def test_without_an_account_the_simulated_carrier_is_started(
    served: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("TWILIO_ACCOUNT_SID")
    run(tmp_path)
    [simulator] = served["first"]
    assert simulator.arguments[0] == "simulator"
    assert served["settings"]["TWILIO_ACCOUNT_SID"] == TRAINING_ACCOUNT
    assert served["settings"]["TWILIO_API_URL"] == served["carrier_url"]
    assert not served["with_sample"], "the sample college is the demo's alone"


def test_with_an_account_nothing_is_simulated(served: Served, tmp_path: Path) -> None:
    run(tmp_path)
    assert served["first"] == []
    assert served["carrier_url"] == ""
    assert set(served["settings"]) == {"DATA_DIR"}


def test_the_demo_is_not_called_training() -> None:
    demo = launch._simulated_carrier("http://127.0.0.1:8001")
    assert demo["TWILIO_ACCOUNT_SID"] != TRAINING_ACCOUNT
