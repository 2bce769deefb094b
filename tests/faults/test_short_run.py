"""A short run of everything that can go wrong, and the database's own bad days. The long one: make faults MINUTES=10.

Real processes, as in production. A failing run says how it is replayed.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.harness.machines import Database
from tests.faults.harness.nemesis import Blow
from tests.faults.harness.run import fought
from tests.faults.harness.stage import Stage, raised

SEED = 7
SETTLED_WITHIN = 300.0


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    data = tmp_path_factory.mktemp("stage")
    database = Database(data / "database", {"max_wal_size": "64MB", "min_wal_size": "32MB"})
    database.move_to_small_disk()
    with raised(data, database=database) as built:
        yield built


def test_the_promises_hold_while_everything_is_killed_paused_and_cut(stage: Stage) -> None:
    report = fought(stage, seed=SEED, seconds=25, within=SETTLED_WITHIN)
    print(report)
    assert report.holds, str(report)
    assert len(report.seen.accepts) > 20
    assert sum(report.struck.values()) > 5


def test_nothing_is_lost_or_doubled_when_the_database_dies_and_its_disk_is_full(stage: Stage) -> None:
    blows = [
        Blow(3.0, "kill", "database", 1.0, {"signal": "KILL"}),
        Blow(9.0, "fill", "database", 7.0),
        Blow(20.0, "kill", "database", 2.0, {"signal": "QUIT"}),
    ]
    if not stage.database.is_on_small_disk:
        blows = [blow for blow in blows if blow.kind != "fill"]  # not allowed to mount: a full disk is not shown here
    report = fought(stage, seed=SEED + 1, seconds=25, blows=blows, within=SETTLED_WITHIN)
    print(report)
    assert report.holds, str(report)
    assert report.struck["kill database"] == 2
    assert any(message["is_bulk"] for message in report.seen.messages), "in the middle of broadcasts"
    assert stage.database.ran_out_of_space() or not stage.database.is_on_small_disk


def test_a_database_of_this_folder_is_gone_afterwards(tmp_path: Path) -> None:
    database = Database(tmp_path / "short")
    database.start()
    database.kill()
    database.start()
    assert database.is_alive
    database.forget()
    assert not database.is_alive
    assert not database.cluster.data.exists()
