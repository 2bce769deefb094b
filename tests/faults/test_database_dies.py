"""The database's own bad days: killed in the middle of broadcasts, and its disk full.
Real processes, as in production.
"""

from pathlib import Path

import pytest

from tests.faults.harness.machines import Database
from tests.faults.harness.nemesis import Blow
from tests.faults.harness.run import fought
from tests.faults.harness.stage import raised

SEED = 8
SETTLED_WITHIN = 900.0


def test_nothing_is_lost_or_doubled_when_the_database_dies_and_its_disk_is_full(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    data = tmp_path_factory.mktemp("stage")
    database = Database(
        data / "database", {"max_wal_size": "64MB", "min_wal_size": "32MB"}
    )
    database.move_to_small_disk()
    blows = [
        Blow(3.0, "kill", "database", 1.0, {"signal": "KILL"}),
        Blow(9.0, "fill", "database", 7.0),
        Blow(20.0, "kill", "database", 2.0, {"signal": "QUIT"}),
    ]
    if not database.is_on_small_disk:
        # not allowed to mount: a full disk is not shown here
        blows = [blow for blow in blows if blow.kind != "fill"]
    with raised(data, database=database) as stage:
        report = fought(
            stage, seed=SEED, seconds=25, blows=blows, within=SETTLED_WITHIN
        )
        ran_out = database.ran_out_of_space()
    print(report)
    assert report.holds, str(report)
    assert report.struck["kill database"] == 2
    assert any(message["is_bulk"] for message in report.seen.messages), (
        "in the middle of broadcasts"
    )
    assert ran_out or not database.is_on_small_disk


def test_a_database_of_this_folder_is_gone_afterwards(tmp_path: Path) -> None:
    database = Database(tmp_path / "short")
    database.start()
    database.kill()
    database.start()
    assert database.is_alive
    database.forget()
    assert not database.is_alive
    assert not database.cluster.data.exists()
