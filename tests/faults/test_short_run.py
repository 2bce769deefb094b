"""A short run of everything that can go wrong. The long one: make faults MINUTES=10.

Real processes, as in production. A failing run says how it is replayed.
"""

import pytest

from tests.faults.harness.run import fought
from tests.faults.harness.stage import raised

SEED = 7
SETTLED_WITHIN = 900.0


def test_the_promises_hold_while_everything_is_killed_paused_and_cut(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with raised(tmp_path_factory.mktemp("stage")) as stage:
        report = fought(stage, seed=SEED, seconds=25, within=SETTLED_WITHIN)
    print(report)
    assert report.holds, str(report)
    assert len(report.seen.accepts) > 20
    assert report.strikes.total() > 5
    assert any(name.startswith("carrier: ") for name in report.strikes), (
        "not only asked for"
    )
